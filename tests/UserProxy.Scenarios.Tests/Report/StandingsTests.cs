using UserProxy.Scenarios.Report;
using UserProxy.Scenarios.Results;

namespace UserProxy.Scenarios.Tests.Report;

/// <summary>Who is compared with whom, and when a difference is called one.</summary>
public sealed class StandingsTests
{
    private static readonly PathInfo[] Paths =
    [
        new("direct", "direct", PathKind.Direct, ""),
        new("nftables", "nftables", PathKind.Kernel, ""),
        new("iptables", "iptables", PathKind.Kernel, ""),
        new("haproxy", "HAProxy", PathKind.Peer, ""),
        new("nginx", "nginx", PathKind.Peer, ""),
        new("own", "UserProxy", PathKind.Own, ""),
    ];

    [Theory]
    [InlineData(true, "nginx", 0.5, 1.25, 0.625)]
    [InlineData(false, "haproxy", 0.5, 1.25, 1.25)]
    public void Ratios_AreOfDirectOfIptablesAndOfTheBestPeer(bool higherIsBetter, string best, double ofDirect, double ofIptables, double ofBestPeer)
    {
        var standings = Of(
            higherIsBetter
                ? Better.Higher
                : Better.Lower, ("direct", [100]), ("nftables", [90]), ("iptables", [40]), ("haproxy", [40]), ("nginx", [80]), ("own", [50]));

        standings.BestPeer!.Value.Path.Name.ShouldBe(best);
        var own = standings.All.Single(one => one.Path.Name == "own");
        own.OfDirect!.Value.Value.ShouldBe(ofDirect);
        own.OfIptables!.Value.Value.ShouldBe(ofIptables);
        own.OfBestPeer!.Value.Value.ShouldBe(ofBestPeer);
    }

    [Theory]
    [InlineData(true, new double[] { 110, 120 }, new double[] { 100, 109 }, nameof(Verdict.Better))]
    [InlineData(false, new double[] { 110, 120 }, new double[] { 100, 109 }, nameof(Verdict.Worse))]
    [InlineData(true, new double[] { 100, 109 }, new double[] { 110, 120 }, nameof(Verdict.Worse))]
    [InlineData(false, new double[] { 100, 109 }, new double[] { 110, 120 }, nameof(Verdict.Better))]
    [InlineData(true, new double[] { 100, 50 }, new double[] { 90, 45 }, nameof(Verdict.Better))]
    [InlineData(true, new double[] { 100, 121 }, new double[] { 110, 120 }, nameof(Verdict.Untold))]
    [InlineData(true, new double[] { 110, 121 }, new double[] { 110, 120 }, nameof(Verdict.Untold))]
    [InlineData(false, new double[] { 1, 1_000 }, new double[] { 110, 120 }, nameof(Verdict.Untold))]
    [InlineData(false, new double[] { 1 }, new double[] { 110, 120 }, nameof(Verdict.Once))]
    [InlineData(false, new double[] { 1, 2 }, new double[] { 110 }, nameof(Verdict.Once))]
    public void Verdict_IsThereWhenEveryTurnSaysTheSame(bool higherIsBetter, double[] own, double[] peer, string expected)
    {
        var standings = Of(higherIsBetter ? Better.Higher : Better.Lower, ("haproxy", [.. peer]), ("own", [.. own]));

        standings.All.Single(one => one.Path.Name == "own").OfBestPeer!.Value.Verdict.ToString().ShouldBe(expected);
        standings.All.Single(one => one.Path.Name == "haproxy").OfBestPeer!.Value.Verdict.ShouldBe(Verdict.Itself);
    }

    /// <summary>The machine was twice as fast in the second turn; that is no difference between the paths, nor a spread of their ratio.</summary>
    [Fact]
    public void Ratio_IsTheMedianOfTheTurnsThatStoodNextToEachOther()
    {
        var standings = Of(Better.Higher, ("haproxy", [50, 100, 80, null]), ("own", [60, 110, null, 70]));

        var ratio = standings.All.Single(one => one.Path.Name == "own").OfBestPeer!.Value;
        ratio.Value.ShouldBe(1.15, tolerance: 1e-9);
        ratio.Range.ShouldBe("1.10-1.20");
        ratio.Verdict.ShouldBe(Verdict.Better);
    }

    [Fact]
    public void Ratio_NoTurnInCommon_IsNone() =>
        Of(Better.Higher, ("haproxy", [50, null]), ("own", [null, 60])).All.Single(one => one.Path.Name == "own").OfBestPeer.ShouldBeNull();

    [Fact]
    public void Ratio_OfNothingOrOfZero_IsNone()
    {
        var standings = Of(Better.Lower, ("direct", [0, 5]), ("iptables", []), ("own", [5, 5]), ("nginx", []));

        standings.BestPeer.ShouldBeNull();
        standings.All.Select(one => one.Path.Name).ShouldBe(["direct", "iptables", "nginx", "own"]);
        foreach (var one in standings.All) (one.OfDirect ?? one.OfIptables ?? one.OfBestPeer).ShouldBeNull(one.Path.Name);
    }

    [Fact]
    public void Points_OutOfOrder_AreInTheOrderOfTheAxis()
    {
        var metric = new MetricResult("m", "ms", Better.Lower, [Point(1_000, ("own", [3])), Point(1, ("own", [1])), Point(100, ("own", [2]))], "Services");

        Standings.Of(Samples.Full with { Paths = Paths }, metric).Select(point => point.At).ShouldBe([1, 100, 1_000]);
    }

    [Fact]
    public void Glance_AGrowingMetric_IsTakenAtItsFarEnd()
    {
        var line = Glance.Of(Samples.Full).Single(line => line.Scenario.Name == "growth-connect");

        line.What.ShouldBe("connect, ms at 10,000 Services");
        line.Text(line.Own).ShouldBe("0.125");
        line.Own!.OfIptables!.Value.Verdict.ShouldBe(Verdict.Better);
    }

    /// <summary>The best of ours would be another one from line to line, and nobody runs two.</summary>
    [Fact]
    public void Glance_AllLines_AreOfOneTransport()
    {
        var report = Samples.Change(
            Samples.Full, (path, sample) => path == "userproxy-sockets" ? sample with { Turns = [.. sample.Turns.Select(turn => turn / 9)] } : sample);

        Glance.OwnPath(report)!.Name.ShouldBe("userproxy-epoll");
        Glance.Of(report).Select(line => line.Own!.Path.Name).Distinct().ShouldBe(["userproxy-epoll"]);
    }

    /// <summary>A line without a value stays empty: no other transport takes its place.</summary>
    [Fact]
    public void Glance_TransportThatGaveNoValue_IsNotReplaced()
    {
        var bulk = Samples.Full with { Scenarios = [Samples.Full.Scenarios.Single(scenario => scenario.Name == "bulk-8")] };
        var broken = Samples.Change(bulk, (path, sample) => path == "userproxy-epoll" ? new Sample([], "it broke") : sample).Scenarios[0];
        var report = Samples.Full with { Scenarios = [.. Samples.Full.Scenarios.Select(scenario => scenario.Name == "bulk-8" ? broken : scenario)] };

        var line = Glance.Of(report).Single(line => line.Scenario.Name == "bulk-8");
        line.Own.ShouldBeNull();
        line.Text(line.Own).ShouldBe("");
        line.Point.BestOwn!.Value.Path.Name.ShouldBe("userproxy-sockets");
    }

    [Theory]
    [InlineData(
        nameof(Samples.Full),
        "UserProxy, epoll is ahead of the best other proxy in 3 of 4 scenarios, behind in 1 and level in 0; it is ahead of kube-proxy's iptables rules in 2 of "
            + "5 scenarios, behind in 3 and level in 0.")]
    [InlineData(nameof(Samples.OnePath), "UserProxy, epoll ran alone: there is nothing to compare it with.")]
    [InlineData(nameof(Samples.Empty), "UserProxy did not take part in this run.")]
    public void Headline_IsOneSentence(string report, string expected) => Headline.Of(
        report switch { nameof(Samples.Full) => Samples.Full, nameof(Samples.OnePath) => Samples.OnePath, _ => Samples.Empty }).ShouldBe(expected);

    [Fact]
    public void Headline_OfOneTurn_SaysThatItKnowsLittle()
    {
        var once = Samples.Change(Samples.Full, (_, sample) => sample with { Turns = [.. sample.Turns.Take(1)] }) with { Repeats = 1 };

        Headline.Of(once).ShouldEndWith("in 3 and level in 0, by one turn each, which tells nothing of the spread.");
    }

    private static Standings Of(Better better, params (string Path, double?[] Turns)[] samples)
    {
        var point = Point(0, samples);
        return new Standings(Paths, new MetricResult("m", "", better, [point]), point);
    }

    private static MetricPoint Point(double at, params (string Path, double?[] Turns)[] samples) =>
        new(at, samples.ToDictionary(sample => sample.Path, sample => new Sample(sample.Turns, sample.Turns.Length == 0 ? "none" : null)));
}
