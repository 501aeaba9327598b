using System.Net;

namespace UserProxy.Linux.PortInspection;

/// <summary>
/// One socket of this network namespace, as sock_diag(7) or /proc/net tells it. IPv4-mapped addresses are given as the IPv4 addresses that they stand for.
/// </summary>
/// <param name="State">Of TCP; see <see cref="SocketState"/> for UDP.</param>
/// <param name="Local">Where it is bound.</param>
/// <param name="Remote">Its peer; the wildcard address and port 0 for none.</param>
/// <param name="ReceiveQueue">Unread bytes, and one for a FIN; of a listener: connections that wait to be accepted.</param>
/// <param name="SendQueue">Of a listener: its backlog, null when the source does not tell.</param>
/// <param name="Uid">The user that made it.</param>
/// <param name="Inode">
/// What /proc/PID/fd names it by; 0 when no process has it. A socket in ESTABLISHED or CLOSE_WAIT without one has never been accepted: close() leads out of
/// both states, and nothing else takes it away. This is seen without any right.
/// </param>
public readonly record struct SocketRow(
    SocketState State, IPEndPoint Local, IPEndPoint Remote, uint ReceiveQueue, uint? SendQueue, uint Uid, ulong Inode)
{
    /// <summary>Datagrams that did not fit into the receive buffer; null when not told.</summary>
    public uint? Drops { get; init; }

    /// <summary>Bytes that the receive buffer holds at most; null when not told.</summary>
    public uint? ReceiveBuffer { get; init; }

    /// <summary>Of an IPv6 listener: IPv4 clients do not reach it (IPV6_V6ONLY); null when not told.</summary>
    public bool? IPv6Only { get; init; }

    /// <summary>Established by the kernel, and no process has taken it.</summary>
    public bool IsUnaccepted => Inode == 0 && (State is SocketState.Established or SocketState.CloseWait);

    /// <summary>A process had it, and has closed it: the kernel alone finishes it. Without an accept nobody could have.</summary>
    public bool WasClosed =>
        Inode == 0 && (State is SocketState.FinWait1 or SocketState.FinWait2 or SocketState.Closing or SocketState.LastAck or SocketState.TimeWait);

    /// <summary>A process has it open.</summary>
    public bool IsOwned => Inode != 0;

    /// <summary>Whether a connection to <paramref name="address"/> would find this listener.</summary>
    public bool Takes(IPAddress address)
    {
        if (Local.Address.Equals(address) || (Local.Address.Equals(IPAddress.Any) && address.AddressFamily == Local.AddressFamily)) return true;
        return Local.Address.Equals(IPAddress.IPv6Any) && (address.AddressFamily == Local.AddressFamily || IPv6Only != true);
    }
}
