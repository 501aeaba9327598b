using FsCheck.Fluent;
using Prometheus;
using UserProxy.App.Servers.Metrics;
using UserProxy.Counting;
using UserProxy.Tests;

namespace UserProxy.App.Tests.Servers.Metrics;

/// <summary>What the registry says of a histogram is what was counted: each bucket's count, and the sum to the tick.</summary>
public sealed class HistogramSeriesTests
{
    private static readonly HistogramBounds Bounds = new(0.0005, 0.001, 0.0025, 0.1, 0.57, 1, 60, 21600);

    /// <summary>A rounding may take the mean of a bucket over its edge: so most durations are edges, and their neighbours.</summary>
    private static readonly long[] Edges = [
        0, 1, .. Bounds.Seconds.SelectMany(bound => (long[])[Ticks(bound) - 1, Ticks(bound), Ticks(bound) + 1]), 10 * Ticks(21600)];

    [Fact]
    public void Update_AnyDurationsInAnyTurns_CountsAndSumAreExact()
    {
        var duration = Gen.Frequency((4, Gen.Elements(Edges)), (1, Gen.Choose(0, int.MaxValue).Select(ticks => (long)ticks)));
        // Each with how often, to which of two sources, and whether it is collected after that.
        var step = from ticks in duration
                   from times in Gen.Choose(1, 7)
                   from source in Gen.Choose(0, 1)
                   from collect in Gen.Elements(true, false)
                   select (ticks, times, source, collect);
        PropertyCheck.ForAll(Gen.ListOf(step), steps =>
        {
            var registry = Prometheus.Metrics.NewCustomRegistry();
            var child = new MetricFamilies(registry).Histogram("waits_seconds", "Waits.", Bounds).WithLabels();
            DurationHistogram[] sources = [new(Bounds), new(Bounds)];
            var series = new HistogramSeries(child, sources);
            List<long> all = [];
            foreach (var (ticks, times, source, collect) in steps.Append((0, 0, 0, true)))
            {
                for (int i = 0; i < times; i++) sources[source].Add(TimeSpan.FromTicks(ticks));
                all.AddRange(Enumerable.Repeat(ticks, times));
                if (!collect) continue;
                series.Update();
                ShouldSay(registry, all);
            }
        });
    }

    /// <summary>A year of scrapes of a busy Service: the sum is as exact as after the first.</summary>
    [Fact]
    public void Update_TwoMillionTimes_SumIsExact()
    {
        var child = new MetricFamilies(Prometheus.Metrics.NewCustomRegistry()).Histogram("waits_seconds", "Waits.", Bounds).WithLabels();
        var source = new DurationHistogram(Bounds);
        var series = new HistogramSeries(child, source);
        long ticks = 0;
        for (int i = 0; i < 2_000_000; i++)
        {
            for (int bucket = 0; bucket < 4; bucket++)
            {
                long each = 3_333 + (bucket * 4_001) + (i % 97);
                source.Add(TimeSpan.FromTicks(each));
                ticks += each;
            }

            series.Update();
        }

        child.Count.ShouldBe(8_000_000);
        ((long)Math.Round(child.Sum * TimeSpan.TicksPerSecond)).ShouldBe(ticks);
    }

    [Fact]
    public async Task Update_WhileOthersAdd_IsExactInTheEnd()
    {
        var registry = Prometheus.Metrics.NewCustomRegistry();
        var child = new MetricFamilies(registry).Histogram("waits_seconds", "Waits.", Bounds).WithLabels();
        var source = new DurationHistogram(Bounds);
        var series = new HistogramSeries(child, source);
        var adding = Enumerable.Range(0, 3).Select(_ => Task.Run(() =>
        {
            for (int i = 0; i < 200_000; i++) source.Add(TimeSpan.FromTicks(Edges[i % Edges.Length]));
        })).ToList();

        while (!adding.TrueForAll(task => task.IsCompleted))
        {
            series.Update();
            (await ScrapeText.OfAsync(registry)).HistogramsShouldFitTogether();
        }

        await Task.WhenAll(adding);
        series.Update();
        ShouldSay(registry, [.. Enumerable.Range(0, 3).SelectMany(_ => Enumerable.Range(0, 200_000).Select(i => Edges[i % Edges.Length]))]);
    }

    private static void ShouldSay(CollectorRegistry registry, List<long> durations)
    {
        var scrape = ScrapeText.OfAsync(registry).GetAwaiter().GetResult();
        foreach (double bound in Bounds.Seconds)
            scrape[FormattableString.Invariant($"waits_seconds_bucket{{le=\"{bound}\"}}")].ShouldBe(
                durations.Count(ticks => ticks <= Ticks(bound)), $"{bound}");
        scrape["waits_seconds_bucket{le=\"+Inf\"}"].ShouldBe(durations.Count);
        scrape["waits_seconds_count"].ShouldBe(durations.Count);
        ((long)Math.Round(scrape["waits_seconds_sum"] * TimeSpan.TicksPerSecond)).ShouldBe(durations.Sum());
    }

    private static long Ticks(double seconds) => (long)Math.Round(seconds * TimeSpan.TicksPerSecond);
}
