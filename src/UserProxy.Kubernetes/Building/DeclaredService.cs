using UserProxy.Kubernetes.Objects;

namespace UserProxy.Kubernetes.Building;

/// <summary>What is written about one Service where the proxy has it from, and about the Pods behind it: read once by <c>verify</c>.</summary>
public sealed record DeclaredService
{
    /// <summary>The API server, or the manifests; null when neither could be read.</summary>
    public string? Source { get; init; }

    /// <summary>Manifests have no Pods, and so nothing that a selector could select.</summary>
    public bool IsOfManifests { get; init; }

    /// <summary>None or one.</summary>
    public required ReadItems<WrittenServiceObject> Service { get; init; }

    /// <summary>Those that carry the Service's name.</summary>
    public required ReadItems<EndpointSliceObject> Slices { get; init; }

    /// <summary>Those that the selector selects.</summary>
    public required ReadItems<PodObject> Pods { get; init; }

    /// <summary>When the selector selects none: those that there are in the namespace.</summary>
    public IReadOnlyList<PodObject> OtherPods { get; init; } = [];

    /// <summary>Of the namespace.</summary>
    public required ReadItems<NetworkPolicyObject> Policies { get; init; }

    /// <summary>Nothing could be read, for one reason.</summary>
    public static DeclaredService Unseen(string reason) => new()
    {
        Service = new([], reason),
        Slices = new([], reason),
        Pods = new([], reason),
        Policies = new([], reason),
    };
}

/// <summary>Objects of one kind, or why they could not be read.</summary>
/// <param name="Items">Empty also when they could not be read.</param>
/// <param name="Unread">Why; null when they were read.</param>
public sealed record ReadItems<T>(IReadOnlyList<T> Items, string? Unread)
{
    public bool WereRead => Unread is null;
}
