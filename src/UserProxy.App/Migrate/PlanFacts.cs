using System.Net;
using UserProxy.App.Configuration;
using UserProxy.Kubernetes.Building;
using UserProxy.Linux.PortInspection;

namespace UserProxy.App.Migrate;

/// <summary>All that a plan is made from, gathered by <see cref="PlanReader"/>.</summary>
internal sealed record PlanFacts
{
    /// <summary>As <c>run</c> would have them with kube-proxy's configuration and the settings that are planned for.</summary>
    public required RunOptions Options { get; init; }

    /// <summary>Kube-proxy's; null when none was given or found.</summary>
    public ConfigurationFile? KubeProxy { get; init; }

    /// <summary>The fields that the settings to plan for give.</summary>
    public IReadOnlyList<string> Given { get; init; } = [];

    /// <summary>Somebody has said which node it is for.</summary>
    public bool NodeIsNamed { get; init; }

    /// <summary>Null: neither a cluster nor manifests were given.</summary>
    public ClusterSnapshot? Cluster { get; init; }

    /// <summary>The server, or the manifests; null without.</summary>
    public string? Source { get; init; }

    /// <summary>Null: the plan is for another node than this, or not on Linux.</summary>
    public PlanNode? Node { get; init; }
}

/// <summary>What this node holds now.</summary>
/// <param name="Holders">Who has which ports.</param>
/// <param name="Rules">Of kube-proxy.</param>
/// <param name="Addresses">Of its interfaces, without those that only kube-proxy's ipvs mode put there.</param>
internal sealed record PlanNode(PortHolders Holders, KubeProxyRules Rules, IReadOnlyList<IPAddress> Addresses);
