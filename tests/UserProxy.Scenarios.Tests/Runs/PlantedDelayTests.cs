namespace UserProxy.Scenarios.Tests.Runs;

/// <summary>A path that is slower by a known time is slower by that time in the report.</summary>
[Collection(nameof(Alone))]
public sealed class PlantedDelayTests
{
    [Fact]
    public async Task PlantedDelay_IsInTheReport()
    {
        const int Delay = 40;
        RunTraces.SkipUnlessAble();
        await using var run = BenchProcess.Start(
            "--smoke", "--only", "latency", "--paths", "userproxy-epoll,planted", "--plant-delay", FormattableString.Invariant($"{Delay}"));

        (await run.EndsAsync()).ShouldBe(0, run.Printed);

        var half = run.Report().Scenarios.Single().Metrics.Single(metric => metric.Name == "p50").Points.Single().Samples;
        half["planted"].Median.ShouldBeGreaterThan(Delay);
        half["userproxy-epoll"].Median.ShouldBeLessThan(Delay);
    }
}
