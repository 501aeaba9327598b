namespace UserProxy.Tcp;

/// <summary>Counts how often accept loops had to pause for lack of resources, and lets one log line a second through for all of them.</summary>
internal sealed class AcceptPauses
{
    private long _total;
    private long _nextLogAt = long.MinValue;

    public long Total => Volatile.Read(ref _total);

    /// <summary>Counts one pause; true when it should be logged.</summary>
    public bool Count(TimeProvider time)
    {
        Interlocked.Increment(ref _total);
        long now = time.GetTimestamp();
        long next = Volatile.Read(ref _nextLogAt);
        return now >= next && Interlocked.CompareExchange(ref _nextLogAt, now + time.TimestampFrequency, next) == next;
    }
}
