using System.Globalization;
using System.Net;
using UserProxy.Model;
using UserProxy.Syncing;

namespace UserProxy.Linux.PortInspection;

/// <summary>
/// Who has the ports that the proxy cannot have, for its log, Events, status and <c>list</c>. Never throws; what cannot be seen is left out. Asked by the
/// Proxier and by the HTTP servers through <see cref="NodeNetwork"/>, from any thread.
/// </summary>
/// <param name="ownPid">Of this process.</param>
/// <param name="printable">Makes a process's name, which it chooses itself, fit for a line.</param>
public sealed class PortOwners(int ownPid, Func<string, string> printable)
{
    /// <summary>Connections of one port whose owners are looked for; most are those of the port's own clients.</summary>
    private const int MostConnections = 4096;

    /// <summary>Ports whose connections are looked at without finding processes: every second, and the kernel walks over all sockets for each.</summary>
    private const int MostWithConnections = 8;

    /// <summary>A node may have ten thousand processes; nobody waits for this but a line of the log.</summary>
    public TimeSpan LongestWalk { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Of TCP what listens or is bound; and connections, the ones that the kernel alone still keeps as well, at addresses where nobody listens: they keep a
    /// port from listeners, too.
    /// </summary>
    /// <param name="ports">Of interest.</param>
    /// <param name="withOwners">Whether to find the processes, by a walk over all of them. Without it the connections of a few ports alone are told.</param>
    public IReadOnlyList<BoundSocket> Find(IReadOnlySet<(TransportProtocol Protocol, int Port)> ports, bool withOwners)
    {
        using var table = SocketTable.Open();
        var rows = new List<(TransportProtocol Protocol, SocketRow Row)>();
        foreach (var protocol in ports.Select(port => port.Protocol).Distinct())
        {
            rows.AddRange(table.Holding(protocol).Where(row => ports.Contains((protocol, row.Local.Port))).Select(row => (protocol, row)));
        }

        var listeners = rows.Where(row => row.Row.State == SocketState.Listen).ToLookup(row => row.Row.Local.Port, row => row.Row);
        foreach (var (protocol, port) in ports.Where(port => port.Protocol == TransportProtocol.Tcp).Take(withOwners ? int.MaxValue : MostWithConnections))
        {
            rows.AddRange(
                from row in table.AllOfPort(protocol, port).Where(IsConnection).Take(MostConnections)
                where !listeners[port].Any(listener => listener.Takes(row.Local.Address))
                select (protocol, row));
        }

        if (!withOwners) return [.. rows.Select(row => ToSocket(row.Protocol, row.Row, owner: null))];
        using var limit = new CancellationTokenSource(LongestWalk);
        var owners = SocketOwners.Find(rows.Select(row => row.Row.Inode).Where(inode => inode != 0).ToHashSet(), limit.Token);
        return [.. rows.Select(row => ToSocket(row.Protocol, row.Row, owners.Of(row.Row.Inode) is [var owner, ..] ? owner : null))
            .GroupBy(socket => (socket.Protocol, socket.Local.Port))
            .SelectMany(WithoutAccepted)];
    }

    /// <summary>A handshake that has come in holds nothing.</summary>
    private static bool IsConnection(SocketRow row) =>
        row.State is not (SocketState.Listen or SocketState.Bound or SocketState.Closed or SocketState.SynReceived or SocketState.Unknown);

    /// <summary>A listener of others is reason enough.</summary>
    private static IEnumerable<BoundSocket> WithoutAccepted(IEnumerable<BoundSocket> ofPort)
    {
        var sockets = ofPort.ToList();
        return sockets[0].Protocol == TransportProtocol.Tcp && sockets.Exists(socket => socket.ConnectedTo is null && !socket.IsOurs)
            ? sockets.Where(socket => socket.ConnectedTo is null)
            : sockets;
    }

    private BoundSocket ToSocket(TransportProtocol protocol, SocketRow row, SocketOwner? owner) => new(
        protocol,
        row.Local,
        row.Local.Address.Equals(IPAddress.IPv6Any) && row.IPv6Only == false,
        owner is null ? null : string.Create(CultureInfo.InvariantCulture, $"{printable(owner.Name)} (pid {owner.Pid})"),
        owner?.Pid == ownPid)
    {
        Inode = row.Inode,
        Answers = row.State is SocketState.Listen || (protocol == TransportProtocol.Udp && row.State == SocketState.Closed),
        ConnectedTo = row.State is SocketState.Listen or SocketState.Bound or SocketState.Closed ? null : row.Remote,
        IsKept = protocol == TransportProtocol.Tcp && row.WasClosed,
    };
}
