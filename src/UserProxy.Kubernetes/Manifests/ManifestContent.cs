using UserProxy.Kubernetes.Objects;

namespace UserProxy.Kubernetes.Manifests;

/// <summary>What one file holds: the objects that could be read and what was wrong with the rest.</summary>
public sealed record ManifestContent
{
    /// <summary>False when the file as a whole is no readable manifest; it then has no objects, and its last good state should stand.</summary>
    public bool Parsed { get; init; } = true;

    /// <summary>Nothing but comments and marks.</summary>
    public bool IsEmpty { get; init; }

    /// <summary>Documents of it could not be read, or put down to an object: what they declare is not known.</summary>
    public bool HasUnread { get; init; }

    public IReadOnlyList<ManifestObject> Objects { get; init; } = [];

    /// <summary>Endpoints (v1), which are not read: where each is, to be named when its Service has no slice.</summary>
    public IReadOnlyDictionary<ObjectKey, SourceLine> Endpoints { get; init; } = new Dictionary<ObjectKey, SourceLine>();

    public IReadOnlyList<ManifestProblem> Problems { get; init; } = [];

    /// <summary>The objects that are in the file, but too wrong to be used.</summary>
    public IReadOnlyList<ObjectKey> Broken { get; init; } = [];
}

/// <summary>One object of a manifest: a Service, an EndpointSlice or a Node.</summary>
public sealed record ManifestObject(ObjectKey Key, SourceLine Source, object Item);
