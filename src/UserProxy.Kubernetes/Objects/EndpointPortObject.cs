using System.Text.Json.Serialization;

namespace UserProxy.Kubernetes.Objects;

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
