using UserProxy.Counting;

namespace UserProxy.App.Servers.Glance;

/// <summary>
/// How long connects took in the last 10 to 20 seconds: what a histogram has counted since. Fewer seconds hold too few connects of most Services for a p99.
/// Used by the <see cref="Sampler"/>'s thread.
/// </summary>
internal sealed class ConnectWindow
{
    private const int HalfWindow = 10;
    private const double Quantile = 0.99;

    private readonly DurationHistogram _histogram;
    private long[] _older;
    private long[] _newer;

    /// <param name="histogram">Of the Service port.</param>
    /// <param name="isNew">All that it has was counted since the last look.</param>
    public ConnectWindow(DurationHistogram histogram, bool isNew)
    {
        _histogram = histogram;
        _older = new long[histogram.Bounds.Seconds.Count + 1];
        _newer = new long[_older.Length];
        if (!isNew) Read(_older);
        _older.CopyTo(_newer, 0);
    }

    /// <summary>Moves on, at each tick.</summary>
    public void Add(int tick)
    {
        if (tick % HalfWindow != 0) return;
        (_older, _newer) = (_newer, _older);
        Read(_newer);
    }

    /// <summary>
    /// As Prometheus' histogram_quantile has it: in proportion within a bucket. The last bound for what is above it; null when nothing was counted.
    /// </summary>
    public double? P99()
    {
        Span<long> counts = stackalloc long[_older.Length];
        long all = 0;
        for (int bucket = 0; bucket < counts.Length; bucket++) all += counts[bucket] = Math.Max(0, CountOf(bucket) - _older[bucket]);
        if (all == 0) return null;
        var bounds = _histogram.Bounds.Seconds;
        double rank = Quantile * all;
        long below = 0;
        for (int bucket = 0; bucket < bounds.Count; bucket++)
        {
            if (below + counts[bucket] >= rank)
            {
                double least = bucket == 0 ? 0 : bounds[bucket - 1];
                return least + ((bounds[bucket] - least) * (rank - below) / counts[bucket]);
            }

            below += counts[bucket];
        }

        return bounds[^1];
    }

    private void Read(long[] counts)
    {
        for (int bucket = 0; bucket < counts.Length; bucket++) counts[bucket] = CountOf(bucket);
    }

    private long CountOf(int bucket)
    {
        // A bucket that is being added to has a count all the same.
        _ = _histogram.TryRead(bucket, out long count, out _);
        return count;
    }
}
