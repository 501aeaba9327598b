namespace UserProxy.Kubernetes.Objects;

/// <summary>One zone or node named by <see cref="EndpointHints"/>.</summary>
public sealed record NamedHint
{
    public string? Name { get; init; }
}
