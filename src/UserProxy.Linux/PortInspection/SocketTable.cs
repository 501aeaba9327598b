using System.Net;
using UserProxy.Linux.Kernel;
using UserProxy.Linux.Netlink;
using UserProxy.Model;

namespace UserProxy.Linux.PortInspection;

/// <summary>
/// The sockets of the network namespace in which it was opened: by sock_diag(7), or by /proc/net when the kernel has none of it or a sandbox denies it. Needs
/// no right. Never throws: what cannot be read is empty, and <see cref="Trouble"/> says why. One caller at a time.
/// </summary>
internal sealed class SocketTable : IDisposable
{
    private const int Tcp = 6, Udp = 17;
    private const uint AllStates = uint.MaxValue;

    // Tens of thousands on a busy port, and they say nothing about who handles it.
    private const uint WithoutTimeWait = AllStates & ~(1u << (int)SocketState.TimeWait);

    private const uint Listening = 1u << (int)SocketState.Listen;

    // All that are or were between two ends: the kernel then leaves out its table of listeners.
    private const uint Connected = WithoutTimeWait & ~(Listening | (1u << (int)SocketState.Bound) | (1u << (int)SocketState.Closed));

    private readonly string _procNet;
    private NetlinkQuery? _query;

    private SocketTable(NetlinkQuery? query, string procNet)
    {
        _query = query;
        _procNet = procNet;
    }

    /// <summary>Where the answers come from, for the reader of the evidence.</summary>
    public string Source => _query is null ? _procNet : "sock_diag";

    /// <summary>Why nothing could be read; null while something could.</summary>
    public string? Trouble { get; private set; }

    /// <param name="procNet">For tests; /proc/net.</param>
    /// <param name="netlink">Off: as if the kernel had no sock_diag.</param>
    public static SocketTable Open(string procNet = "/proc/net", bool netlink = true)
    {
        try
        {
            return new SocketTable(netlink ? NetlinkQuery.Open(Libc.NETLINK_SOCK_DIAG) : null, procNet);
        }
        catch (IOException)
        {
            return new SocketTable(null, procNet);
        }
    }

    /// <summary>Those of TCP in CLOSE_WAIT, of all ports; null without sock_diag.</summary>
    public static List<SocketRow>? InCloseWait()
    {
        try
        {
            using var query = NetlinkQuery.Open(Libc.NETLINK_SOCK_DIAG);
            var rows = new List<SocketRow>();
            Ask(query, TransportProtocol.Tcp, default, 1u << (int)SocketState.CloseWait, rows.Add);
            return rows;
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>All but TIME_WAIT with this local port.</summary>
    public List<SocketRow> OfPort(TransportProtocol protocol, int port) => Read(protocol, SocketPorts.At(port), WithoutTimeWait);

    /// <summary>Of TCP those with this local port that the kernel alone has.</summary>
    public List<SocketRow> InTimeWait(int port) => Read(TransportProtocol.Tcp, SocketPorts.At(port), 1u << (int)SocketState.TimeWait);

    /// <summary>All with this local port, TIME_WAIT as well.</summary>
    public List<SocketRow> AllOfPort(TransportProtocol protocol, int port) => Read(protocol, SocketPorts.At(port), AllStates);

    /// <summary>
    /// What keeps others from binding: of TCP what listens, or is bound and does not listen (kernels from 6.8 on list that), of UDP all. Connections
    /// are another matter, see <see cref="OfPort"/>.
    /// </summary>
    public List<SocketRow> Holding(TransportProtocol protocol) =>
        Read(
            protocol, SocketPorts.At(0), protocol == TransportProtocol.Tcp
                ? (1u << (int)SocketState.Listen) | (1u << (int)SocketState.Bound)
                : WithoutTimeWait);

    /// <summary>What takes clients, at any port: of TCP what listens, of UDP all that are bound.</summary>
    public List<SocketRow> TakingClients(TransportProtocol protocol) =>
        Read(protocol, default, protocol == TransportProtocol.Tcp ? Listening : WithoutTimeWait);

    /// <summary>
    /// All TCP connections but those in TIME_WAIT, without their memory, one after the other: a node may have more than one would keep. False when the kernel's
    /// answer broke off.
    /// </summary>
    public bool VisitConnections(Action<SocketRow> visit)
    {
        if (_query is not { } query)
        {
            ReadFiles(TransportProtocol.Tcp, default, Connected, visit);
            return Trouble is null;
        }

        try
        {
            Ask(query, TransportProtocol.Tcp, default, Connected, visit, withMemory: false);
            return true;
        }
        catch (IOException e)
        {
            Trouble = e.Message;
            return false;
        }
    }

    /// <summary>The other ends, as far as they are on this node, of TCP connections from a local port.</summary>
    public List<SocketRow> PeersOf(int port) => Read(TransportProtocol.Tcp, SocketPorts.PeersOf(port), AllStates);

    public void Dispose() => _query?.Dispose();

    private List<SocketRow> Read(TransportProtocol protocol, SocketPorts ports, uint states)
    {
        var rows = new List<SocketRow>();
        if (_query is { } query)
        {
            try
            {
                Ask(query, protocol, ports, states, rows.Add);
                return rows;
            }
            catch (IOException)
            {
                // No tcp_diag or udp_diag module, or a sandbox: from now on the other way.
                query.Dispose();
                _query = null;
                rows.Clear();
            }
        }

        ReadFiles(protocol, ports, states, rows.Add);
        return rows;
    }

    private static void Ask(
        NetlinkQuery query, TransportProtocol protocol, SocketPorts ports, uint states, Action<SocketRow> visit, bool withMemory = true)
    {
        foreach (int family in (ReadOnlySpan<int>)[Libc.AF_INET, Libc.AF_INET6])
        {
            query.Ask(
                (buffer, sequence) =>
                {
                    DiagMessages.WriteDump(buffer, family, protocol == TransportProtocol.Tcp ? Tcp : Udp, ports, states, sequence, withMemory);
                    return DiagMessages.RequestLength;
                },
                message =>
                {
                    // Of sockets that are bound and do not listen the kernel lists all, whatever port is asked for.
                    if (message.Type == DiagMessages.ByFamily
                        && DiagMessages.ReadRow(message.Payload) is { } row && ports.Match(row.Local.Port, row.Remote.Port))
                        visit(WithoutClosed(row, protocol));
                    return message.Type != DiagMessages.Done;
                });
        }
    }

    /// <summary>A TCP socket in CLOSE is listed for one reason: it has a port. Of UDP it is the state of all that are not connected.</summary>
    private static SocketRow WithoutClosed(SocketRow row, TransportProtocol protocol) =>
        protocol == TransportProtocol.Tcp && row.State == SocketState.Closed ? row with { State = SocketState.Bound } : row;

    private void ReadFiles(TransportProtocol protocol, SocketPorts ports, uint states, Action<SocketRow> visit)
    {
        bool udp = protocol == TransportProtocol.Udp;
        // The kernel writes such a file in pieces: a socket that comes between two of them moves a row behind it into both.
        var seen = new HashSet<(IPEndPoint Local, IPEndPoint Remote, ulong Inode)>();
        int read = 0;
        foreach (string name in udp ? (string[])["udp", "udp6"] : ["tcp", "tcp6"])
        {
            try
            {
                foreach (string line in File.ReadLines(Path.Combine(_procNet, name)))
                {
                    if (ProcNet.ReadLine(line, udp, ports) is not { } row) continue;
                    // The files hold all states.
                    if ((states & (1u << (int)row.State)) != 0 && seen.Add((row.Local, row.Remote, row.Inode))) visit(row);
                }

                read++;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // A node without IPv6 has no such file; without both nothing is known.
                if (read == 0) Trouble = e.Message;
            }
        }

        if (read > 0) Trouble = null;
    }
}
