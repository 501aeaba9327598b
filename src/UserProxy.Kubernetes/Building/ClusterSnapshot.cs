using UserProxy.Kubernetes.Objects;

namespace UserProxy.Kubernetes.Building;

/// <summary>What a cluster, or manifests in its place, held at one moment: read by <c>migrate plan</c>, which follows nothing.</summary>
public sealed record ClusterSnapshot
{
    /// <summary>All of them, also those that a proxy leaves to others.</summary>
    public IReadOnlyList<ServiceObject> Services { get; init; } = [];

    public IReadOnlyList<EndpointSliceObject> EndpointSlices { get; init; } = [];

    /// <summary>No Service was left out: what is not there is not declared.</summary>
    public bool HasAllServices { get; init; } = true;

    /// <summary>The node of the asked name; null when there is none.</summary>
    public NodeObject? Node { get; init; }

    /// <summary>Nodes could be listed, whether the one was among them or not.</summary>
    public bool NodesWereRead { get; init; } = true;

    /// <summary>There are Nodes.</summary>
    public bool HasNodes { get; init; }

    /// <summary>In a cluster's place: there need be no Node in them.</summary>
    public bool IsOfManifests { get; init; }

    /// <summary>Null when they could not be counted.</summary>
    public int? NetworkPolicies { get; init; }

    /// <summary>What could not be read and why, in words for the user.</summary>
    public IReadOnlyList<string> Unseen { get; init; } = [];
}
