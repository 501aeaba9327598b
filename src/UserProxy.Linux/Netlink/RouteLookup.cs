using System.Net;
using UserProxy.Linux.Kernel;
using UserProxy.Linux.VirtualIPs;

namespace UserProxy.Linux.Netlink;

/// <summary>
/// Asks the kernel where a packet would go (RTM_GETROUTE of rtnetlink(7)). Some microseconds, on a socket of its own: for the rare dial that may be a loop, by
/// the proxy's dial guard, on any thread.
/// </summary>
public static unsafe class RouteLookup
{
    /// <summary>
    /// Whether the address is this node's, be it by a route alone (AnyIP, <c>ip route add local</c>). False when the kernel does not say: the bound on hops
    /// ends what goes round then.
    /// </summary>
    public static bool IsLocal(IPAddress address) => WayTo(address).Kind == RouteKind.Local;

    /// <summary>
    /// As <see cref="IsLocal"/>, with the interface; <see cref="RouteKind.Unknown"/> when the kernel does not say. Packets are looked up without a mark, as
    /// Pods' and clients' come.
    /// </summary>
    internal static RouteWay WayTo(IPAddress address)
    {
        // Without NLM_F_DUMP one message answers, and send(2) returns when it is queued.
        const int BufferLength = 4096;
        int descriptor = Libc.RouteSocket(blocking: false);
        if (descriptor < 0) return default;
        using var socket = new FileHandle(descriptor);
        byte* buffer = stackalloc byte[BufferLength];
        int length = RouteMessages.WriteLookup(new Span<byte>(buffer, BufferLength), address, sequence: 1);
        if (Libc.Send(descriptor, buffer, length) < 0) return default;
        int received = Libc.Receive(descriptor, buffer, BufferLength);
        if (received < 0) return default;
        var messages = new NetlinkMessages(new ReadOnlySpan<byte>(buffer, received));
        return messages.MoveNext() ? RouteMessages.ReadWay(messages.Current) : default;
    }
}
