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

        histogram.Add(TimeSpan.FromSeconds(seconds));

        var reading = histogram.Read();
        reading.Counts[bucket].ShouldBe(1);
        reading.Count.ShouldBe(1);
        reading.SumSeconds.ShouldBe(seconds, 1e-7);
    }

    [Fact]
    public void Read_Unused_IsAllZero() => new DurationHistogram(Bounds).Read().Counts.ShouldBe([0, 0, 0, 0]);

    [Fact]
    public void Add_FromManyThreads_LosesNothing()
    {
        var histogram = new DurationHistogram(Bounds);

        Parallel.For(0, 100_000, i => histogram.Add(TimeSpan.FromMilliseconds(i % 4)));

        histogram.Read().Counts.ShouldBe([50_000, 50_000, 0, 0]);
        histogram.Read().SumSeconds.ShouldBe(150, 1e-6);
    }

    [Fact]
    public void Plus_TwoReadings_AddsBucketByBucket()
    {
        var one = new DurationHistogram(Bounds);
        var other = new DurationHistogram(Bounds);
        one.Add(TimeSpan.FromSeconds(1));
        other.Add(TimeSpan.FromSeconds(1));
        other.Add(TimeSpan.FromSeconds(3));

        var sum = one.Read() + other.Read();

        sum.Counts.ShouldBe([0, 0, 2, 1]);
        sum.SumSeconds.ShouldBe(5);
    }
}
