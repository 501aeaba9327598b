using System.Globalization;
using System.Net;
using UserProxy.Model;
using UserProxy.Syncing;

namespace UserProxy.Linux.PortInspection;

/// <summary>
/// Who has the ports that the proxy cannot have, for its log, Events and <c>list</c>. Never throws; what cannot be seen is left out. Asked by the Proxier and by the HTTP servers through
/// <see cref="NodeNetwork"/>, from any thread.
/// </summary>
/// <param name="ownPid">Of this process.</param>
/// <param name="printable">Makes a process's name, which it chooses itself, fit for a line.</param>
public sealed class PortOwners(int ownPid, Func<string, string> printable)
{
    /// <summary>A node may have ten thousand processes; nobody waits for this but a line of the log.</summary>
    private static readonly TimeSpan LongestWalk = TimeSpan.FromSeconds(2);

    /// <summary>Connections of one port that are looked at when nobody listens there.</summary>
    private const int MostConnections = 16;

    /// <param name="ports">Of interest.</param>
    /// <param name="withOwners">Whether to find the processes, by a walk over all of them.</param>
    public IReadOnlyList<BoundSocket> Find(IReadOnlySet<(TransportProtocol Protocol, int Port)> ports, bool withOwners)
    {
        using var table = SocketTable.Open();
        var rows = new List<(TransportProtocol Protocol, SocketRow Row)>();
        foreach (var protocol in ports.Select(port => port.Protocol).Distinct())
        {
            rows.AddRange(table.Bound(protocol).Where(row => ports.Contains((protocol, row.Local.Port))).Select(row => (protocol, row)));
        }

        if (!withOwners) return [.. rows.Select(row => ToSocket(row.Protocol, row.Row, owner: null))];
        // An outgoing connection keeps its port from listeners, too. Those that a listener has accepted do not.
        foreach (var (protocol, port) in ports.Where(port => port.Protocol == TransportProtocol.Tcp && !rows.Exists(row => row.Protocol == port.Protocol && row.Row.Local.Port == port.Port)))
        {
            rows.AddRange(table.OfPort(protocol, port).Where(row => row.IsOwned).Take(MostConnections).Select(row => (protocol, row)));
        }

        using var limit = new CancellationTokenSource(LongestWalk);
        var owners = SocketOwners.Find(rows.Select(row => row.Row.Inode).Where(inode => inode != 0).ToHashSet(), limit.Token);
        return [.. rows.Select(row => ToSocket(row.Protocol, row.Row, owners.Of(row.Row.Inode) is [var owner, ..] ? owner : null))];
    }

    private BoundSocket ToSocket(TransportProtocol protocol, SocketRow row, SocketOwner? owner) => new(
        protocol,
        row.Local,
        row.Local.Address.Equals(IPAddress.IPv6Any) && row.IPv6Only == false,
        owner is null ? null : string.Create(CultureInfo.InvariantCulture, $"{printable(owner.Name)} (pid {owner.Pid})"),
        owner?.Pid == ownPid)
    {
        Inode = row.Inode,
    };
}
