using System.Net;

namespace UserProxy.Syncing;

/// <summary>
/// Makes this node answer for virtual IPs (ClusterIPs, load balancer and external IPs): by local routes, or not at all. Called by the Proxier's loop
/// only, one call at a time.
/// </summary>
public interface IVirtualIPs
{
    /// <summary>
    /// Makes the virtual IPs of this node exactly <paramref name="wanted"/>: adds and removes the difference. The set may be read until the task ends. Called
    /// when the set has changed, or after a failure. Throws when a part of it failed; it is called again later.
    /// </summary>
    ValueTask ApplyAsync(IReadOnlySet<IPAddress> wanted, CancellationToken cancellationToken);
}

/// <summary>Leaves the node's addresses alone: without the privilege for routes, or where something else makes the virtual IPs local.</summary>
public sealed class NoVirtualIPs : IVirtualIPs
{
    public static NoVirtualIPs Instance { get; } = new();

    public ValueTask ApplyAsync(IReadOnlySet<IPAddress> wanted, CancellationToken cancellationToken) => default;
}
