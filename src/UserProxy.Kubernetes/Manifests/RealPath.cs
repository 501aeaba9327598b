namespace UserProxy.Kubernetes.Manifests;

/// <summary>
/// Follows every link on the way to a file. A mounted ConfigMap changes by swapping a link above the files (<c>..data</c>), which leaves
/// their own paths, and perhaps their sizes and times, as they were: only the real path tells.
/// </summary>
internal static class RealPath
{
    private const int MaxLinks = 40; // as Linux: path_resolution(7)

    /// <summary>Null when a link leads nowhere or around in a circle; the path itself need not exist.</summary>
    public static string? Of(string path)
    {
        string full = Path.GetFullPath(path);
        string root = Path.GetPathRoot(full)!;
        return Follow(root, full[root.Length..]);
    }

    /// <summary>As <see cref="Of(string)"/> for one name in a folder whose real path is known: a poll of many files walks each way once.</summary>
    public static string? Of(string realFolder, string name) => Follow(realFolder, name);

    private static string? Follow(string current, string path)
    {
        var rest = new Stack<string>();
        Push(path);

        int links = 0;
        while (rest.TryPop(out string? part))
        {
            if (part == "..")
            {
                current = Path.GetDirectoryName(current) ?? current;
                continue;
            }

            string next = Path.Combine(current, part);
            if (new FileInfo(next).LinkTarget is not { } target)
            {
                current = next;
                continue;
            }

            if (++links > MaxLinks) return null;
            if (Path.IsPathRooted(target)) current = Path.GetPathRoot(target)!;
            Push(target);
        }

        return current;

        void Push(string path)
        {
            foreach (string part in path.Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries).Reverse())
            {
                if (part != ".") rest.Push(part);
            }
        }
    }
}
