using Prometheus;
using UserProxy.Counting;

namespace UserProxy.App.Metrics;

/// <summary>
/// One series of a histogram family: hands what its sources have counted since the last time over to the registry, bucket by bucket. Sources only ever grow; where others take
/// their place a new series begins. One thread at a time.
/// </summary>
/// <param name="child">Observed by nobody else.</param>
/// <param name="sources">Of the same bounds: the address families of one Service port are one series.</param>
internal sealed class HistogramSeries(Histogram.Child child, params DurationHistogram[] sources)
{
    private readonly IReadOnlyList<double> _bounds = sources[0].Bounds.Seconds;
    private readonly (long Count, long Ticks)[] _taken = new (long, long)[sources[0].Bounds.Seconds.Count + 1];
    private long _ticks;

    public void Update()
    {
        for (int bucket = 0; bucket < _taken.Length; bucket++)
        {
            if (!TryRead(bucket, out long count, out long ticks)) continue;
            long added = count - _taken[bucket].Count;
            if (added == 0) continue;
            _ticks += ticks - _taken[bucket].Ticks;
            _taken[bucket] = (count, ticks);
            // What the sum lacks, and not the sum of this bucket: so roundings do not add up.
            double lacking = ((double)_ticks / TimeSpan.TicksPerSecond) - child.Sum;
            child.Observe(Math.Clamp(lacking / added, Lowest(bucket), Highest(bucket)), added);
        }
    }

    /// <summary>False for a bucket that is being added to all the time: the next collection has it.</summary>
    private bool TryRead(int bucket, out long count, out long ticks)
    {
        (count, ticks) = (0, 0);
        foreach (var source in sources)
        {
            var wait = default(SpinWait);
            long some, their;
            while (!source.TryRead(bucket, out some, out their))
            {
                if (wait.NextSpinWillYield) return false;
                wait.SpinOnce();
            }

            count += some;
            ticks += their;
        }

        return true;
    }

    /// <summary>A mean that a rounding took over the edge belongs into its bucket all the same. A bound belongs to the bucket below it (le).</summary>
    private double Lowest(int bucket) => bucket == 0 ? double.NegativeInfinity : Math.BitIncrement(_bounds[bucket - 1]);

    private double Highest(int bucket) => bucket == _bounds.Count ? double.PositiveInfinity : _bounds[bucket];
}
