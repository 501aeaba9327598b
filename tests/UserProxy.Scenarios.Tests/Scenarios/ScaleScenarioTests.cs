using UserProxy.Scenarios.Scenarios;

namespace UserProxy.Scenarios.Tests.Scenarios;

/// <summary>What a turn of <see cref="ScaleScenario"/> has seen, as its figures.</summary>
public sealed class ScaleScenarioTests
{
    [Fact]
    public void Readings_AreOneForEachMetric()
    {
        var readings = ScaleScenario.Readings([5, 1, 3], ready: 4.2, atRest: 200, underChanges: 300, still: 0.001, busy: 0.25, sent: 999.5);

        readings.Select(reading => reading.Metric).ShouldBe(new ScaleScenario().Metrics.Select(metric => metric.Name));
        readings.Select(reading => Math.Round(reading.Value, 6)).ShouldBe([3, 3, 4.2, 200, 300, 0.1, 25, 999.5]);
    }

    /// <summary>The slowest of a hundred changes is beyond the 99th part of them.</summary>
    [Fact]
    public void Percentiles_AreThoseOfSortedChanges()
    {
        var readings = ScaleScenario.Readings([.. Enumerable.Range(1, 101).Reverse().Select(number => (double)number)], 0, 0, 0, 0, 0, 0);

        readings[0].Value.ShouldBe(100);
        readings[1].Value.ShouldBe(51);
    }
}
