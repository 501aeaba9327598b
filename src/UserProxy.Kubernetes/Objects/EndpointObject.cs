using System.Text.Json.Serialization;

namespace UserProxy.Kubernetes.Objects;

/// <summary>One endpoint of an EndpointSlice. Only the first address counts, as in kube-proxy.</summary>
public sealed record EndpointObject
{
    public IReadOnlyList<string>? Addresses { get; set; }

    public EndpointConditions? Conditions { get; set; }

    public string? NodeName { get; set; }

    public string? Zone { get; set; }

    public EndpointHints? Hints { get; set; }

    /// <summary>Empty when it is no Pod.</summary>
    public PodReference TargetRef { get; set; }

    [JsonIgnore]
    public SourceLine? Source { get; set; }
}

/// <summary>As written; the meaning of an absent condition is the builder's business.</summary>
public sealed record EndpointConditions
{
    public bool? Ready { get; set; }

    public bool? Serving { get; set; }

    public bool? Terminating { get; set; }
}

/// <summary>The zones and nodes whose clients should prefer an endpoint.</summary>
public sealed record EndpointHints
{
    public IReadOnlyList<NamedHint>? ForZones { get; set; }

    public IReadOnlyList<NamedHint>? ForNodes { get; set; }
}

/// <summary>One zone or node named by <see cref="EndpointHints"/>.</summary>
public sealed record NamedHint
{
    public string? Name { get; set; }
}
