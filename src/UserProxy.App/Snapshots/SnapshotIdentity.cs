using UserProxy.Kubernetes.Building;
using UserProxy.Model;

namespace UserProxy.App.Snapshots;

/// <summary>
/// All that a table depends on beside what is declared: this node, the source, and the settings of the builder. A snapshot of another identity is another
/// table, and is refused: it may hold addresses that are no longer to be served.
/// </summary>
internal sealed record SnapshotIdentity(ValueList<SnapshotFact> Facts)
{
    /// <param name="build">A test asks for each of its properties.</param>
    /// <param name="source">Of which kind, and where.</param>
    public static SnapshotIdentity Of(BuildOptions build, string source) => new(
    [
        new("node", build.NodeName),
        new("source", source),
        new("serve label", build.ServeLabel ?? "none"),
        new("NodePort addresses", build.NodePortAddresses.ToString()),
        new("ClusterIPs", Word(build.ClusterIPs)),
        new("addresses of load balancers", Word(build.LoadBalancerIPs)),
        new("externalIPs", Words(build.ExternalIPs)),
        new("cluster CIDR", Words(build.ClusterCidrs)),
        new("defaults of Services", build.Defaults.ToString()),
    ]);

    /// <summary>What a snapshot of this identity has that is not as <paramref name="wanted"/>, in words; null when all is.</summary>
    public string? DifferenceFrom(SnapshotIdentity wanted)
    {
        foreach (var fact in wanted.Facts)
        {
            string? here = Facts.FirstOrDefault(own => own.Name == fact.Name)?.Value;
            if (here != fact.Value) return $"it was made with {fact.Name} {here ?? "unknown"}, and now it is {fact.Value}";
        }

        return Facts.Count == wanted.Facts.Count ? null : "it was made with settings that are not known here";
    }

    private static string Word(bool served) => served ? "served" : "not served";

    private static string Words(ValueList<CidrBlock> blocks) => blocks.Count == 0 ? "none" : string.Join(',', blocks.Select(block => block.ToString()));
}

/// <summary>One thing that a table depends on.</summary>
internal sealed record SnapshotFact(string Name, string Value);
