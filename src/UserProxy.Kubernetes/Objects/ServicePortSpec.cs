using System.Text.Json.Serialization;

namespace UserProxy.Kubernetes.Objects;

/// <summary>One port of a Service. <c>targetPort</c> is the EndpointSlice controller's business and never read.</summary>
public sealed record ServicePortSpec
{
    public string? Name { get; set; }

    /// <summary>TCP when absent.</summary>
    public string? Protocol { get; set; }

    public int Port { get; set; }

    /// <summary>0 or absent: no NodePort.</summary>
    public int? NodePort { get; set; }

    [JsonIgnore]
    public SourceLine? Source { get; set; }
}
