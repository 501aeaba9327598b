namespace UserProxy.Kubernetes.Manifests;

/// <summary>
/// The named paths and all their files over time: sees what changed, reads only that, and remembers the last good state of what broke or
/// vanished. Not thread-safe; one enumeration of <see cref="ManifestSource"/> owns it. Those who only look, such as <c>check</c>, refresh one once.
/// </summary>
public sealed class ManifestFiles
{
    /// <summary>The problem of a file that was named and is empty, which may be meant.</summary>
    public const string Nothing = "there is nothing in it: no Kubernetes object";

    private readonly List<NamedPath> _paths;
    private readonly TimeProvider _time;
    private ManifestState _state = new();
    private bool _first = true;

    /// <param name="paths">Of files and folders.</param>
    /// <param name="time">Tells whether a file was written just now.</param>
    /// <param name="given">What some of the paths hold: a pipe has nothing to give a second time.</param>
    public ManifestFiles(IEnumerable<string> paths, TimeProvider time, IReadOnlyDictionary<string, byte[]>? given = null)
    {
        _time = time;
        _paths = [.. paths.DistinctBy(Path.GetFullPath).Select(path => new NamedPath(path, given?.GetValueOrDefault(path)))];
    }

    /// <summary>Whether a <see cref="Refresh()"/> may find something new; cheap.</summary>
    public bool Look() => LooksDifferent() | _paths.Exists(path => path.Files.Values.Any(file => file.MustReread));

    /// <summary>Whether the paths look different from the last look.</summary>
    public bool LooksDifferent()
    {
        bool different = false;
        foreach (var path in _paths)
        {
            var now = path.LookNow();
            different |= !now.Equals(path.Look);
            path.Look = now;
        }

        return different;
    }

    /// <summary>The state after the last look; the same object when nothing has changed.</summary>
    public ManifestState Refresh()
    {
        if (_first) LooksDifferent();
        bool changed = _first;
        _first = false;
        foreach (var path in _paths) changed |= Refresh(path);
        if (!changed) return _state;

        // A file that is reached by two of the paths is one file.
        var files = _paths
            .SelectMany(path => path.Files)
            .Select(file => (Path: Path.GetFullPath(file.Key), File: file.Value))
            .DistinctBy(file => file.Path)
            .OrderBy(file => file.Path, StringComparer.Ordinal)
            .Select(file => (file.File.Good, file.File.Problems));
        return _state = ManifestState.Merge(files, _paths.Select(path => path.Problem).OfType<ManifestProblem>());
    }

    private bool Refresh(NamedPath path)
    {
        var look = path.Look!;
        bool changed = path.IsMissing == look.Exists;
        path.IsMissing = !look.Exists;
        if (path.IsMissing) return changed; // it keeps its last state until it is back

        var present = look.Files.Select(file => file.Path).Concat(look.Unreadable).ToHashSet();
        foreach (string gone in path.Files.Keys.Where(file => !present.Contains(file)).ToList())
        {
            path.Files.Remove(gone);
            changed = true;
        }

        var now = _time.GetUtcNow();
        foreach (var file in look.Files) changed |= path.FileAt(file.Path).Update(file, now);
        foreach (string file in look.Unreadable) changed |= path.FileAt(file).MarkUnreadable();
        return changed;
    }

    private sealed class NamedPath(string name, byte[]? given)
    {
        public PathLook? Look { get; set; }

        public bool IsMissing { get; set; }

        public Dictionary<string, ManifestFile> Files { get; } = [];

        /// <summary>
        /// What is wrong with the path as a whole. A file of a folder may be empty; one that was named was meant to hold something, as for kubectl. One that
        /// has held something may be emptied.
        /// </summary>
        public ManifestProblem? Problem =>
            IsMissing && Files.Count > 0 ? new(name, 0, "", "the path is gone or cannot be read; what it last held is still served")
            : IsMissing ? new(name, 0, "", "the path does not exist or cannot be read; it is watched for")
            : Files.GetValueOrDefault(name) is { Good.IsEmpty: true, IsEmptied: false, Problems.Count: 0 } ? new(name, 0, "", Nothing)
            : null;

        public PathLook LookNow() => given is null ? PathLook.Of(name) : new PathLook(name, true, [new FileLook(name, name, given.Length, default)], []);

        public ManifestFile FileAt(string path)
        {
            if (!Files.TryGetValue(path, out var file)) Files.Add(path, file = new ManifestFile(path, given));
            return file;
        }
    }
}
