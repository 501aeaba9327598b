using UserProxy.Scenarios.Report;
using UserProxy.Scenarios.Results;
using UserProxy.Scenarios.Scenarios;

namespace UserProxy.Scenarios.Tests.Runs;

/// <summary>
/// The harness in its smallest form, so that it never rots: real namespaces, servers and loads. Its figures mean nothing here, and so it may have neighbours.
/// </summary>
public abstract class SmokeRun
{
    private protected static void ShouldHaveFigures(BenchReport report)
    {
        foreach (var (scenario, metric, point) in
            from scenario in report.Scenarios from metric in scenario.Metrics from point in metric.Points select (scenario, metric, point))
        {
            string what = $"{scenario.Name}: {metric.Name} at {point.At}";
            point.Samples.Keys.ShouldContain("userproxy-epoll", what);
            foreach (var (path, sample) in point.Samples)
            {
                sample.Values.ShouldNotBeEmpty($"{what}: {path}: {sample.Failure}");
                sample.Values.ShouldAllBe(value => double.IsFinite(value), what);
                if (metric.Unit is "1/s" or "Gbit/s") sample.Median.ShouldBeGreaterThan(0, $"{what}: {path}");
            }
        }
    }
}

public sealed class SmokeTests : SmokeRun
{
    [Fact]
    public async Task Smoke_EveryScenarioHasFiguresForEveryPath_AndNothingIsLeft()
    {
        RunTraces.SkipUnlessAble();
        await using var run = BenchProcess.Start("--smoke");

        (await run.EndsAsync()).ShouldBe(0, run.Printed);

        RunTraces.LeftBy(run.Id).ShouldBeEmpty();
        File.Exists(Path.Combine(run.Out, ReportFiles.PageName)).ShouldBeTrue();
        run.Printed.ShouldContain(Path.Combine(run.Out, ReportFiles.PageName));
        var report = run.Report();
        report.Scenarios.Select(
            scenario => scenario.Name).ShouldBe(AllScenarios.Make().Where(scenario => scenario.From == RunSize.Smoke).Select(scenario => scenario.Name));
        report.Paths.Select(path => path.Name).ShouldBe(["direct", "iptables", "userproxy-epoll"]);
        ShouldHaveFigures(report);
    }
}

public sealed class LargeClusterSmokeTests : SmokeRun
{
    /// <summary>Those that take too long for every run, in their smallest form.</summary>
    [Fact]
    public async Task LargeCluster_HasFigures_AndNothingIsLeft()
    {
        RunTraces.SkipUnlessAble();
        await using var run = BenchProcess.Start("--smoke", "--only", "scale,scrape,soak", "--paths", "userproxy-epoll");

        (await run.EndsAsync()).ShouldBe(0, run.Printed);

        RunTraces.LeftBy(run.Id).ShouldBeEmpty();
        var report = run.Report();
        report.Scenarios.Select(scenario => scenario.Name).ShouldBe(["scale", "scrape", "soak"]);
        ShouldHaveFigures(report);
    }
}

public sealed class OtherPathsSmokeTests : SmokeRun
{
    /// <summary>The userspace mode's rules and relay, and the build that compiles while it runs, in the scenario that it is there for.</summary>
    [Fact]
    public async Task UserspaceAndBothBuilds_HaveFigures_AndNothingIsLeft()
    {
        RunTraces.SkipUnlessAble();
        await using var run = BenchProcess.Start(
            "--smoke", "--only", "connections,cpu-requests,failover,start", "--paths", "direct,userspace,userproxy-epoll,userproxy-jit");

        (await run.EndsAsync()).ShouldBe(0, run.Printed);

        RunTraces.LeftBy(run.Id).ShouldBeEmpty();
        var report = run.Report();
        ShouldHaveFigures(report);
        Paths("connections").ShouldBe(["direct", "userspace", "userproxy-epoll"], ignoreOrder: true);
        Paths("failover").ShouldBe(["userspace", "userproxy-epoll"], ignoreOrder: true);
        Paths("start").ShouldBe(["userproxy-epoll", "userproxy-jit"], ignoreOrder: true);
        var start = report.Scenarios.Single(scenario => scenario.Name == "start");
        foreach (var metric in start.Metrics) metric.Points.Single().Samples.Values.ShouldAllBe(sample => sample.Median > 0, metric.Name);

        IEnumerable<string> Paths(string scenario) => report.Scenarios.Single(one => one.Name == scenario).Metrics[0].Points.Single().Samples.Keys;
    }
}
