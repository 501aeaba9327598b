namespace UserProxy.Model;

/// <summary>What the cluster says of the node that this process runs on.</summary>
public sealed record OwnNode(string Name)
{
    /// <summary>False while no Node object of this name is known.</summary>
    public bool IsKnown { get; init; }

    /// <summary>The label <c>topology.kubernetes.io/zone</c>; null when missing or empty.</summary>
    public string? Zone { get; init; }

    /// <summary>
    /// Addresses of Pods on this node: their connections to a Local external address are served from all endpoints (docs/semantics.md 5.2). From
    /// the Node's podCIDRs, else from the configured cluster CIDR. The node's own addresses are not repeated here.
    /// </summary>
    public ValueList<CidrBlock> PodBlocks { get; init; } = [];

    /// <summary>
    /// The node is about to be deleted: load balancers should stop sending new traffic (KEP-3836). False while it is unknown; whether that
    /// counts as leaving too is for the health server to say.
    /// </summary>
    public bool IsLeaving { get; init; }
}
