using UserProxy.Counting;

namespace UserProxy.Tests.Counting;

public sealed class DurationHistogramTests
{
    private static readonly HistogramBounds Bounds = new(0.001, 0.1, 2);

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0.001, 0)]
    [InlineData(0.0011, 1)]
    [InlineData(0.1, 1)]
    [InlineData(2, 2)]
    [InlineData(2.1, 3)]
    [InlineData(1e6, 3)]
    public void Add_Duration_CountsInTheFirstBucketThatHoldsIt(double seconds, int bucket)
    {
        var histogram = new DurationHistogram(Bounds);
        var duration = TimeSpan.FromSeconds(seconds);

        histogram.Add(duration);

        for (int each = 0; each < 4; each++) Read(histogram, each).ShouldBe(each == bucket ? (1, duration.Ticks) : (0, 0));
    }

    /// <summary>0.57 s in binary are a little less than 5,700,000 ticks.</summary>
    [Fact]
    public void Add_ExactlyABound_IsBelowIt()
    {
        double[] seconds = [.. Enumerable.Range(1, 1000).Select(hundredth => hundredth / 100.0)];
        for (int bound = 0; bound < seconds.Length; bound++)
        {
            var histogram = new DurationHistogram(new HistogramBounds(seconds));
            histogram.Add(TimeSpan.FromMilliseconds(10 * (bound + 1)));
            Read(histogram, bound).Count.ShouldBe(1, $"{seconds[bound]}");
        }
    }

    [Fact]
    public void TryRead_Unused_IsAllZero() => Read(new DurationHistogram(Bounds), 3).ShouldBe((0, 0));

    [Fact]
    public void Add_FromManyThreads_LosesNothing()
    {
        var histogram = new DurationHistogram(Bounds);

        Parallel.For(0, 100_000, i => histogram.Add(TimeSpan.FromMilliseconds(i % 4)));

        Read(histogram, 0).ShouldBe((50_000, 25_000 * TimeSpan.TicksPerMillisecond));
        Read(histogram, 1).ShouldBe((50_000, 125_000 * TimeSpan.TicksPerMillisecond));
    }

    /// <summary>All durations are the same: a sum that is not their number times that belongs to another count.</summary>
    [Fact]
    public async Task TryRead_WhileOthersAdd_GivesCountsAndSumsThatBelongTogether()
    {
        const int threads = 3, times = 300_000;
        var histogram = new DurationHistogram(Bounds);
        var adding = Enumerable.Range(0, threads).Select(_ => Task.Run(() =>
        {
            for (int i = 0; i < times; i++) histogram.Add(TimeSpan.FromTicks(7));
        })).ToList();

        long last = 0;
        while (!adding.TrueForAll(task => task.IsCompleted))
        {
            if (!histogram.TryRead(0, out long count, out long ticks)) continue;
            ticks.ShouldBe(7 * count);
            count.ShouldBeGreaterThanOrEqualTo(last);
            last = count;
        }

        await Task.WhenAll(adding);
        Read(histogram, 0).ShouldBe((threads * times, 7 * threads * times));
    }

    private static (long Count, long Ticks) Read(DurationHistogram histogram, int bucket)
    {
        histogram.TryRead(bucket, out long count, out long ticks).ShouldBeTrue();
        return (count, ticks);
    }
}
