namespace UserProxy.App.Tests;

/// <summary>A clock whose timers fire after 10 ms, however long they were set for: retries without the wait.</summary>
internal sealed class HastyTime : TimeProvider
{
    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(10);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        base.CreateTimer(callback, state, dueTime == Timeout.InfiniteTimeSpan ? dueTime : Soon, period);
}
