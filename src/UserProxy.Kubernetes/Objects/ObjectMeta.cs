using System.Text.Json.Serialization;

namespace UserProxy.Kubernetes.Objects;

/// <summary>
/// The part of every object's metadata that the proxy reads. It is set once, when it is decoded, as all of Services and EndpointSlices is. <c>init</c> would
/// say so, but System.Text.Json hands such properties over as a constructor's arguments, boxed and in an array, and there are very many objects.
/// </summary>
public sealed record ObjectMeta
{
    public string? Name { get; set; }

    public string? Namespace { get; set; }

    /// <summary>Which of the objects that had this name over time; the API gives it, and Events want it.</summary>
    public string? Uid { get; set; }

    public IReadOnlyDictionary<string, string>? Labels { get; set; }

    public IReadOnlyDictionary<string, string>? Annotations { get; set; }

    /// <summary>RFC 3339, from the API server; hardly ever in a manifest.</summary>
    public string? CreationTimestamp { get; set; }

    /// <summary>A time, once the object is on its way out; only its presence counts.</summary>
    public string? DeletionTimestamp { get; set; }

    [JsonIgnore]
    public SourceLine? Source { get; set; }
}
