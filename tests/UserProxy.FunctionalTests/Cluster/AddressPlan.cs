namespace UserProxy.FunctionalTests.Cluster;

/// <summary>Which addresses a <see cref="ClusterNetwork"/> has.</summary>
/// <param name="Lan">The first three numbers of the nodes' and the client's /24.</param>
/// <param name="Pods">The first two numbers of the Pods' /16; each node has a /24 of it.</param>
/// <param name="Lan6">The prefix of the LAN's /64.</param>
/// <param name="Pods6">The prefix of the Pods; each node has a /64 of it.</param>
/// <param name="Routed">What the client sends through node-a, as ip(8) takes it.</param>
internal sealed record AddressPlan(string Lan, string Pods, string Lan6, string Pods6, params string[] Routed)
{
    /// <summary>As real nodes: what nobody has is sent somewhere, and not refused on the spot.</summary>
    public bool NodesHaveDefaultRoutes { get; init; }
}
