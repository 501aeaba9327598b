namespace UserProxy.Kubernetes.Objects;

/// <summary>A v1 Node, only the fields that the proxy reads: of this node, its labels, addresses and what is to become of it.</summary>
public sealed record NodeObject
{
    public ObjectMeta Metadata { get; init; } = new();

    public NodeSpec? Spec { get; init; }

    public NodeStatus? Status { get; init; }
}

/// <summary>The <c>spec</c> part of <see cref="NodeObject"/>.</summary>
public sealed record NodeSpec
{
    public string? PodCIDR { get; init; }

    /// <summary>One a family; holds <see cref="PodCIDR"/> too.</summary>
    public IReadOnlyList<string>? PodCIDRs { get; init; }

    public IReadOnlyList<NodeTaint>? Taints { get; init; }
}

/// <summary>One taint of a node; neither its value nor its effect is asked for.</summary>
public sealed record NodeTaint
{
    public string? Key { get; init; }
}

/// <summary>The <c>status</c> part of <see cref="NodeObject"/>.</summary>
public sealed record NodeStatus
{
    public IReadOnlyList<NodeAddress>? Addresses { get; init; }
}

/// <summary>One address of a node; <see cref="Type"/> is InternalIP, ExternalIP, Hostname and others.</summary>
public sealed record NodeAddress
{
    public string? Type { get; init; }

    public string? Address { get; init; }
}
