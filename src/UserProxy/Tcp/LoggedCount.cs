namespace UserProxy.Tcp;

/// <summary>Counts what happens to accept loops for lack of resources, pauses or refusals, and lets one log line a second through for all of them.</summary>
internal sealed class LoggedCount
{
    private long _total;
    private long _nextLogAt = long.MinValue;

    public long Total => Volatile.Read(ref _total);

    /// <summary>Counts one; true when it should be logged.</summary>
    public bool Count(TimeProvider time)
    {
        Interlocked.Increment(ref _total);
        long now = time.GetTimestamp();
        long next = Volatile.Read(ref _nextLogAt);
        return now >= next && Interlocked.CompareExchange(ref _nextLogAt, now + time.TimestampFrequency, next) == next;
    }
}
