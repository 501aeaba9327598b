namespace UserProxy.Counting;

/// <summary>
/// How often something took how long: an array of counters. Adding is two interlocked adds, from any thread; whoever reads sums up. Takes no memory
/// before the first: most Service ports of a cluster are never used on one node.
/// </summary>
public sealed class DurationHistogram(HistogramBounds bounds)
{
    private long[]? _counts;
    private long _ticks;

    public void Add(TimeSpan duration)
    {
        long[] counts = Volatile.Read(ref _counts) ?? Allocate();
        Interlocked.Increment(ref counts[bounds.IndexOf(duration.Ticks)]);
        Interlocked.Add(ref _ticks, duration.Ticks);
    }

    /// <summary>The counts are exact and never go back; the sum may be a little ahead of or behind them.</summary>
    public HistogramReading Read()
    {
        var copy = new long[bounds.Seconds.Count + 1];
        if (Volatile.Read(ref _counts) is { } counts)
        {
            for (int i = 0; i < copy.Length; i++) copy[i] = Volatile.Read(ref counts[i]);
        }

        return new HistogramReading(bounds, copy, (double)Volatile.Read(ref _ticks) / TimeSpan.TicksPerSecond);
    }

    private long[] Allocate()
    {
        var mine = new long[bounds.Seconds.Count + 1];
        return Interlocked.CompareExchange(ref _counts, mine, null) ?? mine;
    }
}
