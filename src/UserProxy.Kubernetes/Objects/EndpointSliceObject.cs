using System.Text.Json.Serialization;

namespace UserProxy.Kubernetes.Objects;

/// <summary>A discovery.k8s.io/v1 EndpointSlice, only the fields that the proxy reads.</summary>
public sealed record EndpointSliceObject
{
    public ObjectMeta Metadata { get; set; } = new();

    /// <summary>IPv4, IPv6 or FQDN.</summary>
    public string? AddressType { get; set; }

    public IReadOnlyList<EndpointPortObject>? Ports { get; set; }

    public IReadOnlyList<EndpointObject>? Endpoints { get; set; }
}

/// <summary>One port of an EndpointSlice: the number that the Pods really listen on.</summary>
public sealed record EndpointPortObject
{
    public string? Name { get; set; }

    public string? Protocol { get; set; }

    /// <summary>Absent or 0 is reserved for "all ports" and ignored, as in kube-proxy.</summary>
    public int? Port { get; set; }

    [JsonIgnore]
    public SourceLine? Source { get; set; }
}
