using System.Runtime.InteropServices;
using UserProxy.Policy;

namespace UserProxy.Serving;

/// <summary>What a listening socket needs besides its address.</summary>
public sealed record ListenOptions
{
    public static ListenOptions Default { get; } = new();

    /// <summary>
    /// Bind although no interface has the address (IP_FREEBIND, ip(7)): a virtual IP is a route, which IPv6 demands it for, and which may come later than the
    /// listener. Without effect where the system does not have it.
    /// </summary>
    public bool FreeBind { get; init; }

    public PortSharing Sharing { get; init; }

    /// <summary>In force before the socket listens. Null lets everyone in.</summary>
    public Admission? Admission { get; init; }

    /// <summary>
    /// Bound to the address already, by a predecessor: they are taken instead of binding, and are the transport's from now on. One for TCP, which is in LISTEN.
    /// </summary>
    public IReadOnlyList<SafeHandle> Inherited { get; init; } = [];

    /// <summary>Asked when the socket is to be closed.</summary>
    public SocketSharing Shared { get; init; } = new();
}
