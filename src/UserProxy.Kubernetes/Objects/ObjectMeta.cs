using System.Text.Json.Serialization;

namespace UserProxy.Kubernetes.Objects;

/// <summary>The part of every object's metadata that the proxy reads.</summary>
public sealed record ObjectMeta
{
    public string? Name { get; init; }

    public string? Namespace { get; init; }

    /// <summary>Which of the objects that had this name over time; the API gives it, and Events want it.</summary>
    public string? Uid { get; init; }

    public IReadOnlyDictionary<string, string>? Labels { get; init; }

    public IReadOnlyDictionary<string, string>? Annotations { get; init; }

    /// <summary>RFC 3339, from the API server; hardly ever in a manifest.</summary>
    public string? CreationTimestamp { get; init; }

    /// <summary>A time, once the object is on its way out; only its presence counts.</summary>
    public string? DeletionTimestamp { get; init; }

    [JsonIgnore]
    public SourceLine? Source { get; init; }
}
