using System.Net;
using System.Net.Sockets;
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
    /// Whether a routing rule for the protocol or a port leaves the packet without a route, where the address has one. False when the kernel does not say.
    /// </summary>
    /// <param name="address">Where the packet goes.</param>
    /// <param name="protocol">TCP or UDP.</param>
    /// <param name="source">The port that it comes from; 0 for none in particular.</param>
    /// <param name="target">The port that it goes to; 0 for none in particular.</param>
    public static bool IsStoppedByPort(IPAddress address, ProtocolType protocol, int source, int target) =>
        WayTo(address).Kind is RouteKind.Link or RouteKind.Local && Ask(address, (byte)protocol, (ushort)source, (ushort)target).Kind == RouteKind.None;

    /// <summary>
    /// As <see cref="IsLocal"/>, with the interface; <see cref="RouteKind.Unknown"/> when the kernel does not say. Packets are looked up without a mark, as
    /// Pods' and clients' come.
    /// </summary>
    internal static RouteWay WayTo(IPAddress address) => Ask(address, protocol: 0, source: 0, target: 0);

    private static RouteWay Ask(IPAddress address, byte protocol, ushort source, ushort target)
    {
        // Without NLM_F_DUMP one message answers, and send(2) returns when it is queued.
        const int BufferLength = 4096;
        int descriptor = Libc.RouteSocket(blocking: false);
        if (descriptor < 0) return default;
        using var socket = new FileHandle(descriptor);
        byte* buffer = stackalloc byte[BufferLength];
        int length = RouteMessages.WriteLookup(new Span<byte>(buffer, BufferLength), address, sequence: 1, protocol, source, target);
        if (Libc.Send(descriptor, buffer, length) < 0) return default;
        int received = Libc.Receive(descriptor, buffer, BufferLength);
        if (received < 0) return default;
        var messages = new NetlinkMessages(new ReadOnlySpan<byte>(buffer, received));
        return messages.MoveNext() ? RouteMessages.ReadWay(messages.Current) : default;
    }
}
