namespace UserProxy.Kubernetes.Objects;

/// <summary>The zones and nodes whose clients should prefer an endpoint.</summary>
public sealed record EndpointHints
{
    public IReadOnlyList<NamedHint>? ForZones { get; init; }

    public IReadOnlyList<NamedHint>? ForNodes { get; init; }
}

/// <summary>One zone or node named by <see cref="EndpointHints"/>.</summary>
public sealed record NamedHint
{
    public string? Name { get; init; }
}
