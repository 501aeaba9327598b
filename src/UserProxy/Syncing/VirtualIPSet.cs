using System.Net;
using Microsoft.Extensions.Logging;
using UserProxy.Counting;

namespace UserProxy.Syncing;

/// <summary>
/// Counts which virtual IPs the table declares, one declaration at a time, and passes the set on when it has changed. Their listeners do not wait for
/// that: they are bound freely before, and closed before the address goes. Used by the Proxier's loop only.
/// </summary>
/// <param name="target">Does the work, which may take as long as a hung nft(8) is given.</param>
/// <param name="wake">Called when work that was not waited for has ended, from any thread.</param>
/// <param name="time">For retries and patience.</param>
/// <param name="log">Told of failures.</param>
/// <param name="patience">How long a sync waits for the work, once; the default is that of production.</param>
internal sealed class VirtualIPSet(IVirtualIPs target, Action wake, TimeProvider time, ILogger log, TimeSpan? patience = null)
{
    private static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromSeconds(30);

    // Thousands of addresses take a tenth of a second.
    private readonly TimeSpan _patience = patience ?? TimeSpan.FromSeconds(3);
    private readonly Dictionary<IPAddress, int> _declarations = [];
    private TimeSpan _retryAfter = FirstRetry;
    private volatile string? _failure;
    private bool _changed;
    private bool _known;

    /// <summary>The work under way, and the addresses that it was given; null when there is none.</summary>
    private (Task Work, HashSet<IPAddress> Wanted)? _applying;

    /// <summary>All that were declared when they were last passed on. Replaced, never changed.</summary>
    public IReadOnlySet<IPAddress> Wanted { get; private set; } = new HashSet<IPAddress>();

    /// <summary>What the last work has failed for; null when it has not. From any thread.</summary>
    public string? Failure => _failure;

    /// <summary>Timestamp of the next try; null when the last one succeeded or is under way.</summary>
    public long? RetryAt { get; private set; }

    /// <summary>
    /// There is a table now. Addresses that a former run left and the table does not declare are removed, even when there are no others.
    /// </summary>
    public void TableIsKnown()
    {
        if (_known) return;
        _known = true;
        _changed = true;
    }

    public void Add(IPAddress address)
    {
        int count = _declarations.GetValueOrDefault(address);
        _declarations[address] = count + 1;
        if (count == 0) _changed = true;
    }

    public void Remove(IPAddress address)
    {
        int count = _declarations.GetValueOrDefault(address) - 1;
        if (count > 0) _declarations[address] = count;
        else if (_declarations.Remove(address)) _changed = true;
    }

    /// <summary>
    /// Called when the listeners of removed addresses are closed. Waits for the work that it starts, but no longer than its patience. Work that takes longer
    /// wakes the loop when it ends, and the next call reads its result.
    /// </summary>
    public async ValueTask ApplyAsync(CancellationToken cancellationToken)
    {
        if (_applying is { } former)
        {
            if (!former.Work.IsCompleted) return;
            await FinishAsync(former.Work, former.Wanted, cancellationToken);
        }

        if (!_changed && !(RetryAt <= time.GetTimestamp())) return;
        _changed = false;
        RetryAt = null;
        // A copy: it may be read until the work ends, and tables come meanwhile.
        HashSet<IPAddress> wanted = [.. _declarations.Keys];
        Wanted = wanted;
        var work = StartAsync(wanted, cancellationToken);
        _applying = (work, wanted);
        if (!work.IsCompleted) await Task.WhenAny(work, Task.Delay(_patience, time, cancellationToken));
        if (work.IsCompleted) await FinishAsync(work, wanted, cancellationToken);
        else _ = work.ContinueWith(_ => wake(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }

    /// <summary>Waits for work that has been cancelled, so that its owner may be disposed of.</summary>
    public async Task StopAsync()
    {
        if (_applying is { } applying) await applying.Work.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task StartAsync(HashSet<IPAddress> wanted, CancellationToken cancellationToken) => await target.ApplyAsync(wanted, cancellationToken);

    private async ValueTask FinishAsync(Task work, HashSet<IPAddress> wanted, CancellationToken cancellationToken)
    {
        _applying = null;
        try
        {
            await work;
            if (_failure is not null) log.VirtualIPsRestored(wanted.Count);
            _failure = null;
            RetryAt = null;
            _retryAfter = FirstRetry;
        }
        // Whatever the system has against it, NodePorts are served; and virtual addresses are bound freely, so that they are served once they are there.
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            if (_failure != exception.Message) log.VirtualIPsFailed(wanted.Count, exception.Message);
            _failure = exception.Message;
            RetryAt = time.After(_retryAfter);
            _retryAfter = _retryAfter.Doubled(LongestRetry);
        }
    }
}
