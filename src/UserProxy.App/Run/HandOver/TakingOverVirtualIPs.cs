using System.Net;
using UserProxy.Syncing;

namespace UserProxy.App.Run.HandOver;

/// <summary>
/// Virtual IPs that another process decides about until it has been taken over from: this is where a sync waits for that, as its ports are bound.
/// </summary>
/// <param name="inner">Null where none are served.</param>
/// <param name="predecessor">Asked before the first change.</param>
/// <param name="owned">Called when they are ours.</param>
internal sealed class TakingOverVirtualIPs(IVirtualIPs? inner, Predecessor predecessor, Action owned) : IVirtualIPs
{
    private bool _isOwner;

    public async ValueTask ApplyAsync(IReadOnlySet<IPAddress> wanted, CancellationToken cancellationToken)
    {
        if (!_isOwner)
        {
            await predecessor.TakeOverAsync(cancellationToken);
            _isOwner = true;
            owned();
        }

        if (inner is not null) await inner.ApplyAsync(wanted, cancellationToken);
    }
}
