namespace UserProxy.Kubernetes.Manifests;

/// <summary>A file that is no readable manifest; caught by <see cref="ManifestReader"/>, never seen outside.</summary>
internal sealed class ManifestFormatException(long line, string message) : Exception(message)
{
    public long Line { get; } = line;
}
