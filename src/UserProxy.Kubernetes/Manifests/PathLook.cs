using System.IO.Enumeration;

namespace UserProxy.Kubernetes.Manifests;

/// <summary>
/// One look at a path that the user named: its files, or that it is missing. Files that cannot be looked at are in
/// <see cref="Unreadable"/>: they are there, so what was read from them before must not go.
/// </summary>
internal sealed record PathLook(string Path, bool Exists, IReadOnlyList<FileLook> Files, IReadOnlyList<string> Unreadable)
{
    private static readonly string[] Extensions = [".yaml", ".yml", ".json"];

    public static PathLook Of(string path)
    {
        try
        {
            if (Directory.Exists(path))
            {
                var names = new FileSystemEnumerable<string>(path, (ref FileSystemEntry entry) => entry.ToSpecifiedFullPath())
                {
                    ShouldIncludePredicate = (ref FileSystemEntry entry) => !entry.IsDirectory && IsManifest(entry.FileName),
                };
                return Of(path, [.. names]);
            }

            return File.Exists(path) ? Of(path, [path]) : new PathLook(path, false, [], []);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new PathLook(path, false, [], []);
        }
    }

    public bool Equals(PathLook? other) =>
        other is not null && Path == other.Path && Exists == other.Exists && Files.SequenceEqual(other.Files) && Unreadable.SequenceEqual(other.Unreadable);

    public override int GetHashCode() => HashCode.Combine(Path, Exists, Files.Count);

    /// <summary>Not what an editor or a copy leaves lying about while it works, nor what is hidden (a ConfigMap's own <c>..data</c>).</summary>
    private static bool IsManifest(ReadOnlySpan<char> name)
    {
        if (name is ['.' or '#', ..] or [.., '~']) return false;
        foreach (string extension in Extensions)
        {
            if (name.EndsWith(extension, StringComparison.Ordinal)) return true;
        }

        return false;
    }

    private static PathLook Of(string path, List<string> files)
    {
        files.Sort(StringComparer.Ordinal);
        var looks = new List<FileLook>(files.Count);
        var unreadable = new List<string>();
        string? realFolder = files.Count == 0 ? null : RealPath.Of(System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(files[0]))!);
        foreach (string file in files)
        {
            if (FileLook.Of(file, realFolder) is { } look) looks.Add(look);
            else unreadable.Add(file);
        }

        return new PathLook(path, true, looks, unreadable);
    }
}
