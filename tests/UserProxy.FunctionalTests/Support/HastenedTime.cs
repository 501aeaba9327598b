namespace UserProxy.FunctionalTests.Support;

/// <summary>The system's clock, which a test sets forward instead of waiting. Timers stay as they are.</summary>
internal sealed class HastenedTime : TimeProvider
{
    private long _ahead;

    public override long GetTimestamp() => base.GetTimestamp() + Volatile.Read(ref _ahead);

    public void Advance(TimeSpan by) => Interlocked.Add(ref _ahead, (long)(by.TotalSeconds * TimestampFrequency));
}
