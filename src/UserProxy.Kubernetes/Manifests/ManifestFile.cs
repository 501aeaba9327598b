namespace UserProxy.Kubernetes.Manifests;

/// <summary>
/// One file over time: its last good content and what is wrong with its present one. Written by <see cref="ManifestFiles"/> alone.
/// </summary>
/// <param name="path">The file.</param>
/// <param name="given">What it holds, when it has been read already.</param>
internal sealed class ManifestFile(string path, byte[]? given)
{
    // The clock of a file system ticks in milliseconds: two writes inside one tick look alike. A file that was this young when it was
    // read is read once more when it has aged.
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(2);

    /// <summary>Objects, in a problem.</summary>
    private const int MostNamed = 3;

    private FileLook? _look;

    /// <summary>What was read last, to tell a touched file from a changed one. Kept whole: a hash would bring in a crypto library of 5 MB.</summary>
    private byte[] _bytes = [];

    /// <summary>What is served from this file.</summary>
    public ManifestContent Good { get; private set; } = new();

    public IReadOnlyList<ManifestProblem> Problems { get; private set; } = [];

    /// <summary>
    /// Its looks do not tell. Either it was read so soon after it was written that a second write could have gone unseen; or it could not be read, and the
    /// looks do not show the permission that was missing.
    /// </summary>
    public bool MustReread { get; private set; }

    /// <summary>It declared something, and comments and marks alone are left: somebody wishes it so.</summary>
    public bool IsEmptied { get; private set; }

    private bool HasObjects => Good.Objects.Count > 0;

    /// <summary>True when something has changed.</summary>
    public bool Update(FileLook look, DateTimeOffset now)
    {
        if (_look == look && !MustReread) return false;

        _look = look;
        MustReread = (now - look.Modified).Duration() < Settling;
        // Of length 0 are also pipes and devices, and opening one of them would wait for ever.
        if (look.Length == 0)
        {
            if (!HasObjects) return Take([], ManifestReader.ReadBytes(path, []));
            // Most often the first half of a write in place (`generator > file`): its second half must not find the ports closed.
            return !MustReread && Take([], Emptied());
        }

        var bytes = given ?? [];
        if (given is null && ManifestReader.TryReadFile(path, out bytes) is { } unreadable)
        {
            MustReread = true;
            return Take([], unreadable);
        }

        if (bytes.AsSpan().SequenceEqual(_bytes)) return false;
        return Take(bytes, HasObjects && bytes.AsSpan().IndexOfAnyExcept(" \t\r\n"u8) < 0 ? Emptied() : ManifestReader.ReadBytes(path, bytes));
    }

    /// <summary>The file is there, but cannot be looked at.</summary>
    public bool MarkUnreadable()
    {
        if (_look is null && Problems.Count > 0) return false;
        _look = null;
        MustReread = false;
        return Take([], new ManifestContent { Parsed = false, Problems = [new ManifestProblem(path, 0, "", "cannot be read")] });
    }

    /// <summary>
    /// Nothing in a file that declared something: a full disk, or a generator that failed, more likely than somebody's wish. Who does wish it leaves a comment
    /// or a mark in it, or deletes it.
    /// </summary>
    private ManifestContent Emptied() => new()
    {
        Parsed = false,
        Problems = [new ManifestProblem(path, 0, "", "there is nothing in it any more (where that is meant, delete it or leave a comment in it)")],
    };

    private bool Take(byte[] bytes, ManifestContent content)
    {
        _bytes = bytes;
        if (!content.Parsed)
        {
            string served = HasObjects ? "what it last held is still served" : "nothing is served from it";
            Problems = [.. content.Problems.Select(problem => problem with { Message = $"{problem.Message.TrimEnd('.')}; {served}" })];
            return true;
        }

        IsEmptied = content.IsEmpty && (HasObjects || IsEmptied);
        KeepBroken(content);
        return true;
    }

    /// <summary>
    /// An object that went bad in an edit keeps its last good form, as a whole file does: a slip stops no traffic. In a document that cannot be read may be
    /// any of those that are missed.
    /// </summary>
    private void KeepBroken(ManifestContent content)
    {
        var broken = content.Broken.ToHashSet();
        var read = content.Objects.Select(one => one.Key).ToHashSet();
        List<ManifestObject> kept = [.. Good.Objects.Where(old => !read.Contains(old.Key) && (content.HasUnread || broken.Contains(old.Key)))];
        Problems = WithKeptNote(content.Problems, [.. kept.Select(one => one.Key).Where(key => !broken.Contains(key)).Distinct()]);
        Good = kept.Count == 0 ? content : content with { Objects = [.. content.Objects, .. kept] };
    }

    /// <summary>Of those that nothing else is said of, once: somebody may have deleted one, and wonder that it is served still.</summary>
    private static IReadOnlyList<ManifestProblem> WithKeptNote(IReadOnlyList<ManifestProblem> problems, List<ObjectKey> kept)
    {
        if (kept.Count == 0 || problems.FirstOrDefault(problem => problem is { Subject: null, IsNote: false }) is not { } unplaced) return problems;
        string named = string.Join(", ", kept.Take(MostNamed)) + (kept.Count > MostNamed ? $" and {kept.Count - MostNamed} more" : "");
        string message = unplaced.Message.EndsWith('?') ? $"{unplaced.Message} What" : $"{unplaced.Message.TrimEnd('.')}; what";
        message += $" is missed in this file is still served ({named})";
        return [.. problems.Select(problem => ReferenceEquals(problem, unplaced) ? problem with { Message = message } : problem)];
    }
}
