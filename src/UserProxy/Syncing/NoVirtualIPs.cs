using System.Net;

namespace UserProxy.Syncing;

/// <summary>Leaves the node's addresses alone: without the privilege for routes, or where something else makes the virtual IPs local.</summary>
public sealed class NoVirtualIPs : IVirtualIPs
{
    public static NoVirtualIPs Instance { get; } = new();

    public ValueTask ApplyAsync(IReadOnlySet<IPAddress> wanted, CancellationToken cancellationToken) => default;
}
