using UserProxy.Scenarios.Report;
using UserProxy.Scenarios.Results;

namespace UserProxy.Scenarios.Tests.Report;

/// <summary>The table of direct, kube-proxy's modes and UserProxy.</summary>
public sealed class OverheadTests
{
    private static readonly PathInfo[] Paths =
    [
        new("direct", "direct", PathKind.Direct, ""), new("iptables", "iptables mode", PathKind.Kernel, ""),
        new("userspace", "userspace mode (rebuilt)", PathKind.Ancestor, ""), new("haproxy", "HAProxy", PathKind.Peer, "", "3.2.4"),
        new("userproxy-epoll", "UserProxy (epoll)", PathKind.Own, ""),
    ];

    private static readonly BenchReport Report = Samples.Full with
    {
        Paths = Paths,
        Scenarios =
        [
            Scenario("requests-100b-64", "requests/s", [100, 100, 100], [90, 95, 92], [40, 50, 45], [60, 60, 60], [70, 80, 75]),
            Scenario("latency-100b", "p50", [0.10, 0.20, 0.10], [0.12, 0.22, 0.12], [0.4, 0.5, 0.6], [0.2, 0.2, 0.2], [0.16, 0.27, 0.15]),
        ],
    };

    [Fact]
    public void Rows_AreDirectModesAndOurs_WithWhatThisMachineLacks()
    {
        var overhead = Overhead.Of(Report).ShouldNotBeNull();

        overhead.Rows.Select(row => row.Label).ShouldBe(["direct", "iptables mode", "userspace mode (rebuilt)", "UserProxy (epoll)", "ipvs mode"]);
        overhead.Rows[^1].Missing.ShouldBe("this kernel has no IPVS (CONFIG_IP_VS)");
        overhead.Rows[1].OfDirect!.Value.Value.ShouldBe(0.92, tolerance: 1e-9);
    }

    /// <summary>Of turns that stood next to each other: the machine was slower in the second.</summary>
    [Fact]
    public void AddedLatency_IsTheDifferenceOfEachTurn()
    {
        var row = Overhead.Of(Report)!.Rows.Single(row => row.Label == "UserProxy (epoll)");

        row.AtHalf.ShouldNotBeNull().ShouldSatisfyAllConditions(
            added => added.Median.ShouldBe(0.06, tolerance: 1e-9), added => added.Least.ShouldBe(0.05, tolerance: 1e-9),
            added => added.Most.ShouldBe(0.07, tolerance: 1e-9), added => $"{added}".ShouldBe("+0.0600 (+0.0500 to +0.0700)"));
        row.AtSlow.ShouldBeNull();
        Overhead.Of(Report)!.Rows[0].AtHalf.ShouldBeNull();
    }

    [Fact]
    public void RunWithoutAModeOfKubeProxy_HasNoSuchTable()
    {
        Overhead.Of(Report with { Paths = [Paths[0], Paths[4]] }).ShouldBeNull();
        Overhead.Of(Report with { Paths = Paths[1..] }).ShouldBeNull();
        Overhead.Of(Report with { Scenarios = [] }).ShouldBeNull();
    }

    private static ScenarioResult Scenario(string name, string metric, params double?[][] turns)
    {
        var samples = Paths.Zip(turns).ToDictionary(pair => pair.First.Name, pair => new Sample(pair.Second));
        return new ScenarioResult(name, name, "Requests", "", "", [new MetricResult(metric, "", Better.Higher, [new MetricPoint(0, samples)])]);
    }
}
