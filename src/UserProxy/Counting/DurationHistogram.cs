namespace UserProxy.Counting;

/// <summary>
/// How often something took how long: a count and a sum for each bucket. Adding is three interlocked adds, from any thread; whoever reads sums up. Takes no
/// memory before the first: most Service ports of a cluster are never used on one node.
/// </summary>
public sealed class DurationHistogram(HistogramBounds bounds)
{
    private Bucket[]? _buckets;

    public HistogramBounds Bounds => bounds;

    public void Add(TimeSpan duration)
    {
        ref var bucket = ref (Volatile.Read(ref _buckets) ?? Allocate())[bounds.IndexOf(duration.Ticks)];
        Interlocked.Increment(ref bucket.Begun);
        Interlocked.Add(ref bucket.Ticks, duration.Ticks);
        Interlocked.Increment(ref bucket.Done);
    }

    /// <summary>
    /// A count and a sum that belong together; neither ever goes back. False while something is being added to that bucket: that takes some nanoseconds.
    /// </summary>
    public bool TryRead(int bucket, out long count, out long ticks)
    {
        (count, ticks) = (0, 0);
        if (Volatile.Read(ref _buckets) is not { } buckets) return true;
        count = Volatile.Read(ref buckets[bucket].Done);
        ticks = Volatile.Read(ref buckets[bucket].Ticks);
        // All that had begun by now were done before the sum was read: nobody was at it in between.
        return Volatile.Read(ref buckets[bucket].Begun) == count;
    }

    /// <summary>Counts and sums of all buckets, for another process; empty before the first.</summary>
    public long[] Copy()
    {
        if (Volatile.Read(ref _buckets) is not { } buckets) return [];
        long[] copy = new long[2 * buckets.Length];
        for (int i = 0; i < buckets.Length; i++) (copy[2 * i], copy[(2 * i) + 1]) = (Volatile.Read(ref buckets[i].Done), Volatile.Read(ref buckets[i].Ticks));
        return copy;
    }

    /// <summary>What another process has counted.</summary>
    public void Add(long[] copy)
    {
        if (copy.Length != 2 * (bounds.Seconds.Count + 1)) return;
        var buckets = Volatile.Read(ref _buckets) ?? Allocate();
        for (int i = 0; i < buckets.Length; i++)
        {
            Interlocked.Add(ref buckets[i].Begun, copy[2 * i]);
            Interlocked.Add(ref buckets[i].Ticks, copy[(2 * i) + 1]);
            Interlocked.Add(ref buckets[i].Done, copy[2 * i]);
        }
    }

    private Bucket[] Allocate()
    {
        var mine = new Bucket[bounds.Seconds.Count + 1];
        return Interlocked.CompareExchange(ref _buckets, mine, null) ?? mine;
    }

    private struct Bucket
    {
        public long Begun;
        public long Ticks;
        public long Done;
    }
}
