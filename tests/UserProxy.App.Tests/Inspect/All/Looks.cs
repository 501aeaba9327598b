using System.Net;
using UserProxy.App.Inspect;
using UserProxy.App.Inspect.All;
using UserProxy.Linux.PortInspection;
using UserProxy.Model;

namespace UserProxy.App.Tests.Inspect.All;

/// <summary>
/// Builds the facts of one look at a node: <c>Looks.Of(Looks.Tcp(30080, queue: 129, ...))</c>. Inode 1 is held by holder, 5 by worker, as in
/// <see cref="Facts"/>.
/// </summary>
internal static class Looks
{
    public static readonly DateTimeOffset Now = new(2026, 11, 29, 12, 0, 0, TimeSpan.Zero);

    public static readonly KnownPorts Known = new(
        "/etc/userproxy/services",
        [
            Port("shop", "web", "http", "NodePort", 30080), Port("shop", "db", "", "NodePort", 30081), Port("shop", "web", "", KnownPorts.HealthCheck, 32000),
            new KnownPort("kube-system", "dns", "dns", "ClusterIP", TransportProtocol.Udp, IPAddress.Parse("10.96.0.10"), 53),
        ]);

    /// <summary>Something of everything that printers have to tell apart.</summary>
    public static NodeFacts Full { get; } = Of(
        Tcp(22, backlog: 128, inode: 7, established: 2),
        Tcp(30080, queue: 129, backlog: 128, waiting: 129, abandoned: 127, peers: [("10.0.1.7", 80, 79), ("10.0.1.8", 49, 48)]),
        Tcp(30081, queue: 3, backlog: 4096, waiting: 3, peers: [("2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", 3, 0)]),
        Tcp(31000, backlog: 4096, inode: 2, established: 4, held: 240, peers: [("10.0.1.9", 244, 240)]),
        Tcp(32000, backlog: 4096, inode: 0, established: 1),
        Udp(53, inode: 5, address: "10.96.0.10"),
        Udp(45000, inode: 5)) with
    {
        Peers = [Peer("10.0.1.9", 244, 240), Peer("10.0.1.7", 80, 79), Peer("10.0.1.8", 49, 48)],
        CountersBefore = [new("ListenOverflows", 30), new("ListenDrops", 30)],
        CountersAfter = [new("ListenOverflows", 31), new("ListenDrops", 31)],
        Settings =
        [
            (QueueSettings.MostWaiting, "128"), (QueueSettings.ResetsOnOverflow, "0"), (QueueSettings.OwnPorts, "32768 60999"),
            (QueueSettings.ReservedPorts, ""),
        ],
        WithoutListener = new ConnectionCounts { Established = 12, CloseWait = 1, UnreadBytes = 5 },
        Unseen = ["owners: the descriptors of 12 processes of other users cannot be read without root"],
    };

    public static NodeFacts Of(params ListeningAddress[] listening) => new()
    {
        Listening = listening,
        Owners = Facts.Owners,
        Source = "sock_diag",
        Between = TimeSpan.FromMilliseconds(400),
        Elapsed = TimeSpan.FromMilliseconds(123.4),
    };

    public static NodeReport Report(NodeFacts facts, DateTimeOffset? at = null) =>
        NodeJudge.Judge(facts, Known, UserNames.Read("/nonexistent"), "node-1", at ?? Now);

    public static NodeReport Report(params ListeningAddress[] listening) => Report(Of(listening));

    /// <param name="port">At 0.0.0.0.</param>
    /// <param name="queue">Of its socket, at both readings.</param>
    /// <param name="backlog">Of its socket.</param>
    /// <param name="inode">Of its socket.</param>
    /// <param name="established">Accepted connections.</param>
    /// <param name="held">Accepted connections in CLOSE_WAIT.</param>
    /// <param name="waiting">Connections that nobody has accepted.</param>
    /// <param name="abandoned">Those of them in CLOSE_WAIT.</param>
    /// <param name="peers">Address, connections, CLOSE_WAIT.</param>
    public static ListeningAddress Tcp(
        int port, uint queue = 0, uint backlog = 128, ulong inode = 1, int established = 0, int held = 0, int waiting = 0, int abandoned = 0,
        (string Address, int Connections, int CloseWait)[]? peers = null)
    {
        SocketRow[] sockets = [Listener(port, queue, backlog, inode)];
        SocketRow[] connections =
        [
            .. Enumerable.Range(0, Math.Min(waiting, 4)).Select(client => Connection(port, client, 0, client < abandoned)),
            .. Enumerable.Range(10, Math.Min(held, 4)).Select(client => Connection(port, client, 2, closed: true)),
            .. Enumerable.Range(20, Math.Min(established, 4)).Select(client => Connection(port, client, 2, closed: false)),
        ];
        return Address(TransportProtocol.Tcp, sockets, sockets, connections) with
        {
            Connections = new ConnectionCounts
            {
                Established = established + waiting - abandoned,
                CloseWait = held + abandoned,
                Waiting = waiting,
                Abandoned = abandoned,
                UnreadBytes = 252L * (abandoned + held),
            },
            Peers = [.. (peers ?? []).Select(peer => Peer(peer.Address, peer.Connections, peer.CloseWait))],
            PeerAddresses = peers?.Length ?? 0,
        };
    }

    /// <summary>Several sockets at one port: queue before, queue after, inode.</summary>
    public static ListeningAddress Shared(int port, params (uint Before, uint After, ulong Inode)[] sockets) => Address(
        TransportProtocol.Tcp,
        [.. sockets.Select(socket => Listener(port, socket.Before, 128, socket.Inode))],
        [.. sockets.Select(socket => Listener(port, socket.After, 128, socket.Inode))],
        [Connection(port, 1, 2, closed: false)]) with
    {
        Connections = new ConnectionCounts { Established = 1 },
    };

    public static ListeningAddress Udp(int port, uint queue = 0, ulong inode = 1, uint drops = 0, string address = "0.0.0.0")
    {
        SocketRow[] sockets =
        [
            new(SocketState.Closed, new IPEndPoint(IPAddress.Parse(address), port), new IPEndPoint(IPAddress.Any, 0), queue, 0, 0, inode) { Drops = drops },
        ];
        return Address(TransportProtocol.Udp, sockets, sockets, []);
    }

    public static PeerCount Peer(string address, int connections, int closeWait) =>
        new(IPAddress.Parse(address), connections, closeWait, 252L * closeWait);

    private static ListeningAddress Address(
        TransportProtocol protocol, SocketRow[] before, SocketRow[] after, SocketRow[] connections) => new()
        {
            Protocol = protocol,
            Local = before[0].Local,
            Facts = Facts.Of([.. before, .. connections], [.. after, .. connections]) with
            {
                Question = new PortQuestion { Port = before[0].Local.Port, Protocol = protocol, Probe = false },
            },
        };

    private static SocketRow Listener(int port, uint queue, uint backlog, ulong inode) =>
        new(SocketState.Listen, new IPEndPoint(IPAddress.Any, port), new IPEndPoint(IPAddress.Any, 0), queue, backlog, 0, inode);

    private static SocketRow Connection(int port, int client, ulong inode, bool closed) => new(
        closed ? SocketState.CloseWait : SocketState.Established, new IPEndPoint(IPAddress.Loopback, port), new IPEndPoint(IPAddress.Loopback, 40000 + client),
        closed ? 252u : 0, 0, 0, inode);

    private static KnownPort Port(string space, string name, string portName, string kind, int port) =>
        new(space, name, portName, kind, TransportProtocol.Tcp, IPAddress.Any, port);
}
