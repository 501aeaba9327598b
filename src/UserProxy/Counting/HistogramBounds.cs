namespace UserProxy.Counting;

/// <summary>The upper bounds of a histogram's buckets, ascending; one object for all histograms of a kind.</summary>
public sealed class HistogramBounds
{
    private readonly long[] _ticks;

    public HistogramBounds(params double[] seconds)
    {
        Seconds = seconds;
        _ticks = Array.ConvertAll(seconds, bound => (long)Math.Round(bound * TimeSpan.TicksPerSecond));
    }

    /// <summary>As metrics show them, without the last bucket, which has no bound.</summary>
    public IReadOnlyList<double> Seconds { get; }

    /// <summary>The bucket of a duration; a bound belongs to the bucket below it (le).</summary>
    internal int IndexOf(long ticks)
    {
        int place = Array.BinarySearch(_ticks, ticks);
        return place < 0 ? ~place : place;
    }
}
