using System.Net;
using UserProxy.Linux.PortInspection;
using UserProxy.Model;

namespace UserProxy.App.Tests.Inspect;

/// <summary>Builds the facts of one case: <c>Facts.Of(Facts.Listener(queue: 1)).Probed(...)</c>. Port 30080, the process of inode 1 is called holder.</summary>
internal static class Facts
{
    public const int Port = 30080;

    private static readonly IPEndPoint Nobody = new(IPAddress.Any, 0);

    /// <summary>The process of the connection with inode 6 is the one of listener 5: a worker beside holder.</summary>
    public static SocketOwners Owners { get; } = OwnersOf(
        (1ul, new SocketOwner(4711, "holder", 0, 23, 1024)),
        (2ul, new SocketOwner(4711, "holder", 0, 23, 1024)),
        (5ul, new SocketOwner(4712, "worker", 0, 23, 1024)),
        (6ul, new SocketOwner(4712, "worker", 0, 23, 1024)),
        (9ul, new SocketOwner(4713, "sleeper", 0, 23, 1024) { IsStopped = true }));

    public static SocketOwners OwnersOf(params ReadOnlySpan<(ulong Inode, SocketOwner Owner)> known)
    {
        var owners = new SocketOwners();
        foreach (var (inode, owner) in known) owners.Add(inode, owner);
        return owners;
    }

    public static PortFacts Of(params SocketRow[] sockets) => Of(sockets, sockets);

    public static PortFacts Of(IReadOnlyList<SocketRow> before, IReadOnlyList<SocketRow> after) => new()
    {
        Question = new PortQuestion { Port = Port },
        Before = before,
        After = after,
        Owners = Owners,
        Between = TimeSpan.FromMilliseconds(400),
        CountersBefore = new ListenCounters(7, 9),
        CountersAfter = new ListenCounters(7, 9),
        Source = "sock_diag",
        Elapsed = TimeSpan.FromMilliseconds(123),
    };

    public static PortFacts Udp(this PortFacts facts) => facts with { Question = facts.Question with { Protocol = TransportProtocol.Udp } };

    public static PortFacts Probed(this PortFacts facts, params ProbeFacts[] probes) => facts with { Probes = probes };

    public static PortFacts NotProbed(this PortFacts facts) => facts with { Question = facts.Question with { Probe = false } };

    public static PortFacts WithRule(this PortFacts facts) => facts with
    {
        Rules = [new RuleHint("nft", "ip nat chain out", "tcp dport 30080 dnat to 10.244.1.5:8080")],
    };

    public static PortFacts Overflowing(this PortFacts facts) => facts with { CountersAfter = new ListenCounters(9, 11) };

    public static SocketRow Listener(uint queue = 0, uint? backlog = 128, string address = "0.0.0.0", ulong inode = 1) =>
        new(SocketState.Listen, new IPEndPoint(IPAddress.Parse(address), Port), Nobody, queue, backlog, 0, inode);

    /// <summary>A connection of client number so and so; inode 0 has no owner.</summary>
    public static SocketRow Connection(int client, ulong inode = 0, SocketState state = SocketState.Established, uint unread = 0) =>
        new(state, IPEndPoint.Parse($"127.0.0.1:{Port}"), new IPEndPoint(IPAddress.Loopback, 40000 + client), unread, 0, 0, inode);

    public static SocketRow Datagrams(uint queue, uint drops = 0, ulong inode = 1) =>
        new(SocketState.Closed, IPEndPoint.Parse($"0.0.0.0:{Port}"), Nobody, queue, 0, 0, inode) { Drops = drops };

    public static ProbeFacts Connected(SocketRow? child, string address = "127.0.0.1", string? nat = null) => new()
    {
        Target = new IPEndPoint(IPAddress.Parse(address), Port),
        Outcome = ProbeOutcome.Connected,
        TargetIsLocal = true,
        Child = child,
        AcceptedAfter = child is { IsOwned: true } or { WasClosed: true } ? TimeSpan.FromMilliseconds(2) : null,
        Waited = child is { IsUnaccepted: true } ? TimeSpan.FromSeconds(1) : TimeSpan.FromMilliseconds(2),
        NatTo = nat is null ? null : IPEndPoint.Parse(nat),
    };

    public static ProbeFacts Failed(ProbeOutcome outcome, string address = "127.0.0.1") => new()
    {
        Target = new IPEndPoint(IPAddress.Parse(address), Port),
        Outcome = outcome,
        TargetIsLocal = true,
        ConnectTime = TimeSpan.FromMilliseconds(800),
        Error = "the system's words",
    };
}
