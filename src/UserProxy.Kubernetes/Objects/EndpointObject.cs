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

    /// <summary>Empty when it is no Pod.</summary>
    public PodReference TargetRef { get; init; }

    [JsonIgnore]
    public SourceLine? Source { get; init; }
}
