using Microsoft.Extensions.Logging;
using UserProxy.Linux.Host;

namespace UserProxy.App.Run;

/// <summary>
/// Looks at what the kernel counts against the container's limit of memory, which is more than any budget can know: buffers of sockets, the collector's slack.
/// While hardly anything is left, nobody new is let in and pins are forgotten (docs/decisions/0051): a process at its limit is killed with all of its
/// connections. Started by the composition root.
/// </summary>
internal sealed class MemoryWatch : IAsyncDisposable
{
    /// <summary>Between two looks: connections that come meanwhile are counted.</summary>
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(250);

    /// <summary>Between two collections that are asked for: garbage counts against the limit, and the collector need not know that it is short.</summary>
    private static readonly TimeSpan CollectEvery = TimeSpan.FromSeconds(10);

    /// <summary>The most that is left free; of a smaller limit an eighth.</summary>
    private const long MostFree = 256L << 20;

    private readonly Proxier _proxier;
    private readonly Func<(long Used, long Limit)?> _read;
    private readonly Action _collect;
    private readonly ILogger _log;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;
    private long? _collectedAt;

    /// <param name="proxier">Told when memory is short, and when it is not any more.</param>
    /// <param name="read">Bytes that are used, of how many.</param>
    /// <param name="collect">Asks the collector to give back what it can.</param>
    /// <param name="log">Told of both.</param>
    /// <param name="time">Paces the looks.</param>
    internal MemoryWatch(Proxier proxier, Func<(long Used, long Limit)?> read, Action collect, ILogger log, TimeProvider time) =>
        (_proxier, _read, _collect, _log, _time) = (proxier, read, collect, log, time);

    /// <summary>Null where no limit binds the process.</summary>
    public static MemoryWatch? Start(Proxier proxier, ILogger log, TimeProvider time)
    {
        if (!OperatingSystem.IsLinux() || MemoryCgroup.OfThisProcess() is not { } cgroup) return null;
        // In the background: its connections go on.
        var watch = new MemoryWatch(proxier, cgroup.Read, () => GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: false), log, time);
        watch._running = watch.WatchAsync();
        return watch;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task WatchAsync()
    {
        using var timer = new PeriodicTimer(Period, _time);
        while (await timer.WaitForNextTickAsync(_stop.Token)) Look();
    }

    internal void Look()
    {
        if (_read() is not var (used, limit)) return;
        long free = Math.Min(limit / 8, MostFree);
        bool wasShort = _proxier.Memory.IsShort;
        // What ended it must not begin it again.
        bool isShort = used > limit - free - (wasShort ? free / 4 : 0);
        if (isShort != wasShort)
        {
            _proxier.Memory.IsShort = isShort;
            if (isShort) _log.MemoryShort(used, limit);
            else _log.MemoryThereAgain(used, limit);
        }

        if (!isShort) return;
        _proxier.RemoveOldestPins();
        if (_collectedAt is { } at && _time.GetElapsedTime(at) < CollectEvery) return;
        _collectedAt = _time.GetTimestamp();
        _collect();
    }
}
