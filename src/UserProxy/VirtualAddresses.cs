using System.Net;
using Microsoft.Extensions.Logging;

namespace UserProxy;

/// <summary>
/// Counts which virtual IPs the table wants, one declaration at a time, and passes the set on when it has changed: addresses come before their listeners
/// and go after them. Used by the Proxier's loop only.
/// </summary>
internal sealed class VirtualAddresses(IVirtualIPs target, TimeProvider time, ILogger log)
{
    private static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromSeconds(30);

    private readonly Dictionary<IPAddress, int> _declarations = [];

    /// <summary>What the node has to have now: those declared, and until their listeners are closed those that no longer are.</summary>
    private readonly HashSet<IPAddress> _wanted = [];

    private readonly HashSet<IPAddress> _leaving = [];
    private TimeSpan _retryAfter = FirstRetry;
    private string? _failure;
    private bool _grown;
    private bool _known;

    /// <summary>Timestamp of the next try; null when the last one succeeded.</summary>
    public long? RetryAt { get; private set; }

    /// <summary>
    /// There is a table now, so that what it does not declare is wanted by nobody: what a former run left goes, even when nothing comes in its place.
    /// </summary>
    public void TableIsKnown()
    {
        if (_known) return;
        _known = true;
        _grown = true;
    }

    public void Add(IPAddress address)
    {
        int count = _declarations.GetValueOrDefault(address);
        _declarations[address] = count + 1;
        if (count > 0) return;
        _leaving.Remove(address);
        if (_wanted.Add(address)) _grown = true;
    }

    public void Remove(IPAddress address)
    {
        int count = _declarations.GetValueOrDefault(address) - 1;
        if (count > 0)
        {
            _declarations[address] = count;
            return;
        }

        if (_declarations.Remove(address)) _leaving.Add(address);
    }

    /// <summary>To be called before new listeners are bound.</summary>
    public async ValueTask BeforeBindingAsync(CancellationToken cancellationToken)
    {
        bool due = RetryAt <= time.GetTimestamp();
        if (!_grown && !due) return;
        _grown = false;
        await ApplyAsync(cancellationToken);
    }

    /// <summary>To be called when the listeners of removed addresses are closed.</summary>
    public async ValueTask AfterClosingAsync(CancellationToken cancellationToken)
    {
        if (_leaving.Count == 0) return;
        _wanted.ExceptWith(_leaving);
        _leaving.Clear();
        await ApplyAsync(cancellationToken);
    }

    private async ValueTask ApplyAsync(CancellationToken cancellationToken)
    {
        try
        {
            await target.ApplyAsync(_wanted, cancellationToken);
            if (_failure is not null) log.VirtualIPsRestored(_wanted.Count);
            _failure = null;
            RetryAt = null;
            _retryAfter = FirstRetry;
        }
        // Whatever the system has against it, NodePorts are served; and virtual addresses are bound freely, so that they are served once they are there.
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            if (_failure != exception.Message) log.VirtualIPsFailed(_wanted.Count, exception.Message);
            _failure = exception.Message;
            RetryAt = time.GetTimestamp() + (long)(_retryAfter.TotalSeconds * time.TimestampFrequency);
            _retryAfter = _retryAfter * 2 < LongestRetry ? _retryAfter * 2 : LongestRetry;
        }
    }
}
