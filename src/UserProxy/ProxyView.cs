using System.Net;
using System.Net.Sockets;
using UserProxy.Model;
using UserProxy.Policy;
using UserProxy.Reading;
using UserProxy.Scheduling;
using UserProxy.Syncing;
using UserProxy.Tcp;
using UserProxy.Udp;

namespace UserProxy;

/// <summary>
/// What a <see cref="Proxier"/> serves and who is connected, for those who only look, from any thread. Everything is made while it is enumerated, one
/// service port or a few connections at a time: a node has tens of thousands of both, and looking must cost traffic nothing.
/// </summary>
public sealed class ProxyView
{
    private readonly ServiceEntries _entries;
    private readonly ConnectionServices _services;
    private readonly DatagramServices _datagrams;
    private readonly TableQueue _queue;
    private readonly AcceptQueueWatch _acceptQueues;
    private readonly VirtualIPSet _virtualIPs;

    internal ProxyView(
        ServiceEntries entries, ConnectionServices services, DatagramServices datagrams, TableQueue queue, AcceptQueueWatch acceptQueues,
        VirtualIPSet virtualIPs)
    {
        _entries = entries;
        _services = services;
        _datagrams = datagrams;
        _queue = queue;
        _acceptQueues = acceptQueues;
        _virtualIPs = virtualIPs;
    }

    /// <summary>Whether tables wait, and when one was last applied.</summary>
    public SyncFacts Sync => _queue.Facts;

    /// <summary>How often an accept loop had to wait for descriptors or memory.</summary>
    public long AcceptPauses => _services.Pauses.Total;

    /// <summary>Accept loops that hang while clients wait, and loops of the transports that hang: a defect that only a new process mends.</summary>
    public int HungAcceptLoops => _acceptQueues.Hung;

    /// <summary>Why virtual IPs are not as they are declared; null when they are.</summary>
    public string? VirtualIPTrouble => _virtualIPs.Failure;

    /// <summary>Service ports in the order of the table.</summary>
    /// <param name="where">Null for all.</param>
    /// <param name="asksKernel">
    /// Once for each listener, of its queue and its drops. Without it <see cref="ListenerReading.ReadQueue"/> does, and drops are not told.
    /// </param>
    public IEnumerable<ServiceReading> Services(Func<ServicePortName, bool>? where = null, bool asksKernel = true)
    {
        foreach (var entry in _entries.Published)
        {
            if (where is null || where(entry.State.Name)) yield return entry.Read(asksKernel, GuardOf(entry.Protocol));
        }
    }

    /// <summary>Also those that are no longer declared and still have connections, sorted by name: what a scrape makes metrics of.</summary>
    public IReadOnlyList<ServiceReading> ServicesAndLeft() => _entries.Read(GuardOf);

    /// <summary>What each of them has counted, also of those that have left and still have connections, in no order; the kernel is not asked.</summary>
    public IEnumerable<ServiceFigures> Figures() =>
        _entries.Published.Select(entry => entry.State).Concat(_entries.Left.Where(state => !state.IsIdle)).Select(state => new ServiceFigures(state));

    /// <summary>
    /// Where the next connection of <paramref name="client"/> to an address of the service port would go, by the live scheduler and its pins, without side
    /// effects; null when it would be refused or dropped, or the service port is not served.
    /// </summary>
    public IPEndPoint? Peek(ServicePortName name, AddressFamily family, ListenAddress listener, IPAddress client)
    {
        if (Find(name, family)?.State.Snapshot is not { } snapshot) return null;
        var plan = ListenerPlan.For(snapshot.Port, listener.Kind);
        if (!plan.Listens || plan.ToAdmission(listener.Address, _services.Own.Scope)?.Admits(client) == false) return null;
        return snapshot.Peek(new Caller(listener.Kind, client, listener.Address))?.Address;
    }

    /// <summary>Addresses that cannot be listened on, and those that can in part only, with whoever has the port.</summary>
    public IEnumerable<TableIssue> ListenerIssues()
    {
        foreach (var entry in _entries.Published)
        {
            foreach (var slot in entry.Slots)
            {
                if (slot.Owner?.Entry != entry || slot.Problem is not { } problem) continue;
                var name = entry.State.Name;
                yield return new TableIssue($"Service {name.Namespace}/{name.Name}", ServiceProblem.ListenFailed, $"{slot.EndPoint}: {problem}");
            }
        }
    }

    /// <summary>Running connections, also those of service ports that are no longer declared; within a service port in no order.</summary>
    public IEnumerable<ConnectionStatus> Connections(Func<ServicePortName, bool> where)
    {
        var left = _entries.Left;
        var served = _entries.Published;
        foreach (var state in served.Select(entry => entry.State).Concat(left).OfType<TcpPortState>().Where(state => where(state.Name)))
        {
            if (state.Live.Count == 0) continue;
            foreach (var connection in state.Live.ToArray()) yield return ToStatus(connection);
        }
    }

    /// <summary>Running UDP sessions, a listener at a time; they are copied by the loops that own them.</summary>
    public async IAsyncEnumerable<SessionStatus> SessionsAsync(Func<ServicePortName, bool> where)
    {
        foreach (var entry in _entries.Published)
        {
            if (entry.Protocol != TransportProtocol.Udp || entry.State.Active == 0 || !where(entry.State.Name)) continue;
            foreach (var slot in entry.Slots)
            {
                if (slot.ServedService != entry.State.Name) continue;
                foreach (var session in await slot.CopySessionsAsync()) yield return session;
            }
        }
    }

    /// <summary>
    /// Whether an endpoint sees the address of a client that comes to an address of the service port; without a client: of one that is none of this node.
    /// </summary>
    public SourceVerdict SourceOf(ServicePort port, ListenAddress listener, Endpoint endpoint, IPAddress? client = null) => client is null
        ? _services.Sources.Of(port, listener.Kind, endpoint)
        : _services.Sources.Of(port, new Caller(listener.Kind, client, listener.Address), endpoint);

    /// <summary>Why no endpoint of a family sees its clients' addresses, although that is asked for; null when they do.</summary>
    public string? SourceObstacle(AddressFamily family) => _services.Sources.Sources.Obstacle(family);

    /// <summary>Why an endpoint of a service port is never dialled, in words; null when it may be. Asks the kernel.</summary>
    public string? RefusalOf(ServicePortName name, Endpoint endpoint) =>
        GuardOf(name.Protocol).RefusalOf(name, endpoint);

    /// <summary>Where <paramref name="client"/> is pinned by session affinity, whether that endpoint is usable or not; null without a valid pin.</summary>
    public IPEndPoint? PinOf(ServicePortName name, AddressFamily family, IPAddress client) =>
        Find(name, family)?.State.Snapshot is { Affinity: { } affinity, Port.AffinityTimeout: { } timeout } ? affinity.FindPin(client, timeout) : null;

    /// <summary>The connections that <paramref name="client"/> has open as max-connections-per-client counts them; 0 without that limit.</summary>
    public int CountedOf(ServicePortName name, AddressFamily family, IPAddress client) =>
        Find(name, family)?.State is TcpPortState tcp ? tcp.Live.CountOf(ClientAddress.From(client)) : 0;

    private static ConnectionStatus ToStatus(Connection connection)
    {
        var endpoint = connection.Endpoint;
        return new ConnectionStatus(
            connection.Service.Name,
            connection.Kind,
            connection.Origin,
            connection.Client.Local,
            endpoint?.Address,
            connection.State,
            endpoint is not null && connection.Service.Snapshot?.Roster.IsCurrent(endpoint) is not true,
            connection.Age,
            connection.Idle,
            connection.BytesIn,
            connection.BytesOut)
        {
            ToldBy = connection.ToldBy,
            Source = connection.Source,
            IsKept = connection.IsKept,
            UniqueId = connection.UniqueId,
        };
    }

    private DialGuard GuardOf(TransportProtocol protocol) => protocol == TransportProtocol.Udp ? _datagrams.Guard : _services.Guard;

    private ServiceEntry? Find(ServicePortName name, AddressFamily family) =>
        Array.Find(_entries.Published, entry => entry.State.Name == name && entry.Declared.Family == family);
}
