using System.Threading.Channels;

namespace UserProxy.Kubernetes.Tests.Client;

/// <summary>A clock whose timers go off when a test says so.</summary>
internal sealed class HeldTimers : TimeProvider
{
    private readonly Channel<(Action Fire, TimeSpan Due)> _timers = Channel.CreateUnbounded<(Action, TimeSpan)>();

    /// <summary>Waits for a timer, and lets it go off. Returns what it was set to.</summary>
    public async Task<TimeSpan> FireFirstAsync()
    {
        var (fire, due) = await _timers.Reader.ReadAsync(TestContext.Current.CancellationToken);
        fire();
        return due;
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        _timers.Writer.TryWrite((() => callback(state), dueTime));
        return base.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }
}
