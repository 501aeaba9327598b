using Microsoft.Extensions.Logging;
using UserProxy.Counting;
using UserProxy.Tcp;

namespace UserProxy.Syncing;

/// <summary>The last thing that a Proxier does: lets running connections end by themselves for a while, then resets the rest.</summary>
internal sealed class ProcessDrain(TimeProvider time, ILogger log)
{
    /// <summary>How long connections may take to end after a drain has reset them. A connection that dials is counted until its dial ends.</summary>
    private static readonly TimeSpan LongestReset = TimeSpan.FromSeconds(2);

    /// <summary>To be called when nothing listens any more. <paramref name="abort"/> ends the waiting, not the resets.</summary>
    public async Task<DrainReport> RunAsync(TcpPortState[] states, TimeSpan timeout, CancellationToken abort)
    {
        // Those accepted last are on their way to be counted; who is missed here would be neither waited for nor reset.
        await WaitUntilAsync(() => states.All(state => state.Live.Arriving == 0), LongestReset, CancellationToken.None);
        int running = states.Sum(state => state.Live.Count);
        if (running == 0) return new DrainReport(0, 0);
        log.Draining(running, timeout.TotalSeconds);
        await WaitUntilAsync(() => states.All(state => state.Live.Count == 0), timeout, abort);
        var left = states.SelectMany(state => state.Live.ToArray()).ToList();
        foreach (var connection in left) connection.Drain();
        // The process may end when this returns, and the kernel would close with FIN what has not been reset by then.
        await WaitUntilAsync(() => states.All(state => state.Live.Count == 0), LongestReset, CancellationToken.None);
        var report = new DrainReport(running - left.Count, left.Count);
        log.Drained(report.Finished, report.Reset);
        return report;
    }

    private async Task WaitUntilAsync(Func<bool> condition, TimeSpan timeout, CancellationToken abort)
    {
        long deadline = time.After(timeout);
        while (!condition() && time.GetTimestamp() < deadline && !abort.IsCancellationRequested)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), time, abort).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}

/// <summary>How the running connections ended after the stop: by themselves within the drain timeout, or by reset.</summary>
public readonly record struct DrainReport(int Finished, int Reset);
