using System.Collections.Concurrent;

namespace UserProxy.App.Tests;

/// <summary>A clock whose timers fire after 10 ms, however long they were set for: retries without the wait.</summary>
internal sealed class HastyTime : TimeProvider
{
    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(10);

    /// <summary>Takes its time: what a busy machine must not miss.</summary>
    public TimeSpan? ButFor { get; init; }

    /// <summary>What timers were set for.</summary>
    public ConcurrentQueue<TimeSpan> Waits { get; } = new();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        if (dueTime == Timeout.InfiniteTimeSpan) return base.CreateTimer(callback, state, dueTime, period);
        Waits.Enqueue(dueTime);
        return base.CreateTimer(callback, state, dueTime == ButFor ? dueTime : Soon, period);
    }
}
