namespace UserProxy.Kubernetes.Manifests;

/// <summary>What can be told of a file without reading it; two equal looks mean the same content, unless it was written just now.</summary>
internal readonly record struct FileLook(string Path, string RealPath, long Length, DateTime Modified)
{
    /// <summary>Null when there is no regular way to the file (a broken link, no permission, a folder of that name).</summary>
    public static FileLook? Of(string path, string? realFolder)
    {
        try
        {
            if (realFolder is null || Manifests.RealPath.Of(realFolder, System.IO.Path.GetFileName(path)) is not { } real) return null;
            var file = new FileInfo(real);
            return file.Exists ? new FileLook(path, real, file.Length, file.LastWriteTimeUtc) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
