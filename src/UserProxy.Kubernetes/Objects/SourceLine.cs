namespace UserProxy.Kubernetes.Objects;

/// <summary>Where an object was written, when it came from a manifest: issues point there. Objects of the API have none.</summary>
public sealed record SourceLine(string File, long Line)
{
    public override string ToString() => $"{File}:{Line}";
}
