namespace UserProxy.Linux.Tests.Datagrams;

/// <summary>The system's time, but that a test can skip some.</summary>
internal sealed class ShiftedTime : TimeProvider
{
    private long _skipped;

    public void Skip(TimeSpan time) => Interlocked.Add(ref _skipped, (long)(time.TotalSeconds * TimestampFrequency));

    public override long GetTimestamp() => base.GetTimestamp() + Interlocked.Read(ref _skipped);
}
