using UserProxy.Linux.Kernel;
using UserProxy.Linux.Netlink;
using UserProxy.Linux.PortInspection;

namespace UserProxy.Linux.Transparent;

/// <summary>
/// Finds what goes on over bridges under clients' addresses: the kernel is asked for sockets with <see cref="TransparentMarks.Bridged"/> (sock_diag(7)), in the
/// network namespace in which it was opened. Nothing is counted at a dial, and a process that hands over is asked about as well. One caller at a time:
/// <see cref="TransparentSources"/>.
/// </summary>
internal sealed class BridgedFlows : IDisposable
{
    /// <summary>As many as a set of <see cref="MarkScript"/> holds.</summary>
    private const int Most = 262_144;

    private const byte Tcp = 6, Udp = 17;

    private readonly NetlinkQuery? _query;

    private BridgedFlows(NetlinkQuery? query) => _query = query;

    public static BridgedFlows Open()
    {
        try
        {
            return new(NetlinkQuery.Open(Libc.NETLINK_SOCK_DIAG));
        }
        catch (IOException)
        {
            return new(query: null);
        }
    }

    /// <summary>All that the kernel tells of: without tcp_diag or udp_diag none of that protocol.</summary>
    public HashSet<BridgedFlow> Read()
    {
        var sockets = new List<BridgedFlow>();
        foreach (int family in (int[])[Libc.AF_INET, Libc.AF_INET6])
        {
            foreach (byte protocol in (byte[])[Tcp, Udp]) Read(family, protocol, sockets);
        }

        if (sockets.Count == 0) return [];
        var bridges = BridgeLinks.Read();
        var gates = sockets.Select(socket => (socket.Endpoint, socket.IsIPv6)).Distinct().ToDictionary(end => end, end => GateTo(end.Endpoint, end.IsIPv6));
        return [.. sockets.Select(socket => socket with { Gate = gates[(socket.Endpoint, socket.IsIPv6)] }).Where(flow => flow.Gate.Length > 0)];

        // Without one nothing could be handed up.
        string GateTo(UInt128 endpoint, bool isIPv6) =>
            bridges.GetValueOrDefault(RouteLookup.WayTo(DiagMessages.AddressOf(endpoint, isIPv6)).Interface, "");
    }

    public void Dispose() => _query?.Dispose();

    private void Read(int family, byte protocol, List<BridgedFlow> sockets)
    {
        try
        {
            _query?.Ask(
                (buffer, sequence) => DiagMessages.WriteMarked(buffer, family, protocol, TransparentMarks.Bridged, sequence),
                message =>
                {
                    if (message.Type == DiagMessages.ByFamily && sockets.Count < Most && DiagMessages.ReadEnds(message.Payload) is { } ends)
                        sockets.Add(new(family == Libc.AF_INET6, protocol, ends.Local, ends.Remote, DiagMessages.ReadPorts(message.Payload), ""));
                    return message.Type != DiagMessages.Done;
                });
        }
        catch (IOException)
        {
        }
    }
}
