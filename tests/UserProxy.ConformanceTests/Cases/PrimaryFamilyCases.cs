using UserProxy.ConformanceTests.Cluster;

namespace UserProxy.ConformanceTests.Cases;

/// <summary>Over the family that a Service of one family has.</summary>
public sealed class PrimaryFamilyCases(ConformanceCluster cluster) : GranularCases(cluster, 0)
{
    private protected override string Group => "Networking ";
}
