using System.Text.Json.Serialization;

namespace UserProxy.Kubernetes.Objects;

/// <summary>One endpoint of an EndpointSlice. Only the first address counts, as in kube-proxy.</summary>
public sealed record EndpointObject
{
    public IReadOnlyList<string>? Addresses { get; init; }

    public EndpointConditions? Conditions { get; init; }

    public string? NodeName { get; init; }

    public string? Zone { get; init; }

    public EndpointHints? Hints { get; init; }

    /// <summary>Empty when it is no Pod. Not <c>init</c>: see <see cref="EndpointConditions"/>.</summary>
    public PodReference TargetRef { get; set; }

    [JsonIgnore]
    public SourceLine? Source { get; init; }
}

/// <summary>
/// As written; the meaning of an absent condition is the builder's business. Values have setters: System.Text.Json hands an <c>init</c> property over as a
/// constructor's argument, which boxes each of them, and there are very many endpoints.
/// </summary>
public sealed record EndpointConditions
{
    public bool? Ready { get; set; }

    public bool? Serving { get; set; }

    public bool? Terminating { get; set; }
}

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
