using System.Text;
using UserProxy.Kubernetes.Manifests;

namespace UserProxy.Kubernetes.Client.Access;

/// <summary>
/// The files that an access was made of, with what they held: should it be made anew? Filled while the access is made, asked by
/// <see cref="AccessFollower"/>.
/// </summary>
internal sealed class AccessFiles
{
    private readonly Dictionary<string, byte[]> _read = new(StringComparer.Ordinal);

    /// <summary>Reads a file and remembers it.</summary>
    /// <returns>Null, or why it cannot be read.</returns>
    public ManifestContent? TryRead(string path, out byte[] content)
    {
        var unreadable = ManifestReader.TryReadFile(path, out content);
        if (unreadable is null && HoldsSomething(path)) _read[path] = content;
        return unreadable;
    }

    /// <exception cref="ClusterAccessException">It cannot be read.</exception>
    public string Text(string path) =>
        TryRead(path, out byte[] content) is { } unreadable
            ? throw new ClusterAccessException(unreadable.Problems[0].ToString())
            : Encoding.UTF8.GetString(content);

    /// <summary>Those that hold something else now. One that is missing or empty is in the middle of being replaced.</summary>
    public IReadOnlyList<string> Changed() =>
        [.. _read.Where(
            file => HoldsSomething(file.Key) && ManifestReader.TryReadFile(file.Key, out var now) is null && !now.AsSpan().SequenceEqual(file.Value)).Select(
                file => file.Key)];

    /// <summary>Not so a pipe: what came out of it cannot be read again, and opening one would wait.</summary>
    private static bool HoldsSomething(string path)
    {
        try
        {
            var file = new FileInfo(path);
            file = file.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? file;
            return file is { Exists: true, Length: > 0 };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
