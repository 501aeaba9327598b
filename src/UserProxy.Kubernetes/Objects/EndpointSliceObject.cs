namespace UserProxy.Kubernetes.Objects;

/// <summary>A discovery.k8s.io/v1 EndpointSlice, only the fields that the proxy reads.</summary>
public sealed record EndpointSliceObject
{
    public ObjectMeta Metadata { get; init; } = new();

    /// <summary>IPv4, IPv6 or FQDN.</summary>
    public string? AddressType { get; init; }

    public IReadOnlyList<EndpointPortObject>? Ports { get; init; }

    public IReadOnlyList<EndpointObject>? Endpoints { get; init; }
}
