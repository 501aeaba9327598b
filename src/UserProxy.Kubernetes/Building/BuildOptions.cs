using System.Net;
using UserProxy.Model;

namespace UserProxy.Kubernetes.Building;

/// <summary>What <see cref="ServiceTableBuilder"/> must know about this node and its configuration.</summary>
public sealed record BuildOptions
{
    public required string NodeName { get; init; }

    public NodePortAddresses NodePortAddresses { get; init; } = NodePortAddresses.Any;

    /// <summary>The node's addresses now; a source that is given a function to read them fills this in itself.</summary>
    public IReadOnlyList<IPAddress> LocalAddresses { get; init; } = [];

    /// <summary>Holds where a Service has no annotation.</summary>
    public ServiceSettings Defaults { get; init; } = ServiceSettings.Default;

    /// <summary>
    /// The value of <c>service.kubernetes.io/service-proxy-name</c> that a Service must carry to be served; null: serve those that do not
    /// carry the label at all.
    /// </summary>
    public string? ServeLabel { get; init; }

    /// <summary>Listen on ClusterIPs.</summary>
    public bool ClusterIPs { get; init; }

    /// <summary>Why not, for people: the setting, a right that is missing, another owner; null where nobody has said.</summary>
    public string? ClusterIPsOffBecause { get; init; }

    /// <summary>Listen on the addresses that load balancers gave (<c>status.loadBalancer</c>).</summary>
    public bool LoadBalancerIPs { get; init; }

    /// <summary>
    /// The blocks in which a Service may choose its externalIPs; empty: none are served. Whoever may write a Service may write any address
    /// there, and so take over somebody else's (CVE-2020-8554).
    /// </summary>
    public ValueList<CidrBlock> ExternalIPs { get; init; } = [];

    /// <summary>Where the Pods of the cluster are (kube-proxy's clusterCIDR); taken for this node's Pods while its Node object does not say.</summary>
    public ValueList<CidrBlock> ClusterCidrs { get; init; } = [];

    internal bool ServesVirtualAddresses => ClusterIPs || LoadBalancerIPs || ExternalIPs.Count > 0;

    /// <summary>Whether a table depends on the addresses that the node has now: no virtual one may be among them.</summary>
    internal bool NeedsLocalAddresses => ServesVirtualAddresses || NodePortAddresses.NeedsLocalAddresses;
}
