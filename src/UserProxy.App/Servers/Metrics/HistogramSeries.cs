using Prometheus;
using UserProxy.Counting;

namespace UserProxy.App.Servers.Metrics;

/// <summary>
/// One series of a histogram family: hands what its sources have counted since the last time over to the registry, bucket by bucket. Sources only ever grow;
/// one that leaves has handed over what it had. One thread at a time.
/// </summary>
/// <param name="child">Observed by nobody else.</param>
/// <param name="sources">Of the same bounds: the address families of one Service port are one series.</param>
internal sealed class HistogramSeries(Histogram.Child child, params DurationHistogram[] sources)
{
    private readonly IReadOnlyList<double> _bounds = sources[0].Bounds.Seconds;
    private readonly List<Source> _sources = [.. sources.Select(source => new Source(source))];
    private long _ticks;

    public void Update()
    {
        foreach (var source in _sources) Take(source);
    }

    public void Join(DurationHistogram source) => _sources.Add(new Source(source));

    public void Leave(DurationHistogram source)
    {
        var leaving = _sources.Find(each => each.Histogram == source)!;
        Take(leaving);
        _sources.Remove(leaving);
    }

    private void Take(Source source)
    {
        for (int bucket = 0; bucket < source.Taken.Length; bucket++)
        {
            if (!TryRead(source.Histogram, bucket, out long count, out long ticks)) continue;
            long added = count - source.Taken[bucket].Count;
            if (added == 0) continue;
            _ticks += ticks - source.Taken[bucket].Ticks;
            source.Taken[bucket] = (count, ticks);
            // What the sum lacks, and not the sum of this bucket: so roundings do not add up.
            double lacking = ((double)_ticks / TimeSpan.TicksPerSecond) - child.Sum;
            child.Observe(Math.Clamp(lacking / added, Lowest(bucket), Highest(bucket)), added);
        }
    }

    /// <summary>False for a bucket that is being added to all the time: the next collection has it.</summary>
    private static bool TryRead(DurationHistogram source, int bucket, out long count, out long ticks)
    {
        var wait = default(SpinWait);
        while (!source.TryRead(bucket, out count, out ticks))
        {
            if (wait.NextSpinWillYield) return false;
            wait.SpinOnce();
        }

        return true;
    }

    /// <summary>A mean that a rounding took over the edge belongs into its bucket all the same. A bound belongs to the bucket below it (le).</summary>
    private double Lowest(int bucket) => bucket == 0 ? double.NegativeInfinity : Math.BitIncrement(_bounds[bucket - 1]);

    private double Highest(int bucket) => bucket == _bounds.Count ? double.PositiveInfinity : _bounds[bucket];

    /// <param name="Histogram">Counts.</param>
    /// <param name="Taken">What was handed over, of each bucket and the one above the last bound.</param>
    private sealed record Source(DurationHistogram Histogram, (long Count, long Ticks)[] Taken)
    {
        public Source(DurationHistogram histogram)
            : this(histogram, new (long, long)[histogram.Bounds.Seconds.Count + 1])
        {
        }
    }
}
