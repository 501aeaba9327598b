using UserProxy.ConformanceTests.Cluster;

namespace UserProxy.ConformanceTests.Cases;

/// <summary>Over the other one, where the cluster has it. Upstream: dual_stack.go, Secondary IP Family.</summary>
public sealed class SecondaryFamilyCases(ConformanceCluster cluster) : GranularCases(cluster, 1)
{
    private protected override string Group => "IPv6DualStack ";
}
