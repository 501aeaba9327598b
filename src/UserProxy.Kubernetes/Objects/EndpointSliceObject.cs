using System.Text.Json.Serialization;

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

/// <summary>One port of an EndpointSlice: the number that the Pods really listen on.</summary>
public sealed record EndpointPortObject
{
    public string? Name { get; init; }

    public string? Protocol { get; init; }

    /// <summary>Absent or 0 is reserved for "all ports" and ignored, as in kube-proxy.</summary>
    public int? Port { get; init; }

    [JsonIgnore]
    public SourceLine? Source { get; init; }
}
