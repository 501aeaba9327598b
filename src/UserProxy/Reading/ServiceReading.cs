using System.Net;
using System.Net.Sockets;
using UserProxy.Model;
using UserProxy.Policy;
using UserProxy.Scheduling;
using UserProxy.Serving;
using UserProxy.Tcp;
using UserProxy.Udp;

namespace UserProxy.Reading;

/// <summary>
/// One service port in one address family as it is now, for metrics, the admin socket and commands alike: a copy, but for the counters, which go on counting.
/// Endpoints are counted at once and listed only when asked for, as a scrape reads thousands of these.
/// </summary>
public sealed class ServiceReading
{
    private readonly ServicePortState? _state;
    private readonly ServiceSnapshot? _snapshot;
    private readonly DialGuard? _guard;
    private Endpoint[]? _loops;

    /// <param name="state">What runs.</param>
    /// <param name="listeners">In the order of the declared addresses; none when it is no longer declared.</param>
    /// <param name="guard">Knows our own listeners, without asking the kernel; null leaves open which endpoints lead back.</param>
    internal ServiceReading(ServicePortState state, IReadOnlyList<ListenerReading> listeners, DialGuard? guard = null)
    {
        _state = state;
        _guard = guard;
        _snapshot = state.Snapshot!;
        Port = _snapshot.Port;
        Listeners = listeners;
        Counters = state.Counters;
        Udp = (state as UdpPortState)?.Udp;
        // Bytes before the rest: what is counted in between is in the next scrape.
        (BytesIn, BytesOut) = state.ReadBytes();
        ActiveConnections = state.Active;
        Counts = _snapshot.CountEndpoints();
    }

    /// <summary>Of a service port that is declared and not served.</summary>
    public ServiceReading(ServicePort declared, IReadOnlyList<ListenerReading>? listeners = null, int activeConnections = 0)
    {
        Port = declared;
        Listeners = listeners ?? [];
        Counters = new ServiceCounters();
        ActiveConnections = activeConnections;
    }

    /// <summary>What was declared last, less the endpoints that may not be dialled.</summary>
    public ServicePort Port { get; }

    public ServicePortName Name => Port.Name;

    public AddressFamily Family => Port.Family;

    /// <summary>In the order of the declared addresses.</summary>
    public IReadOnlyList<ListenerReading> Listeners { get; }

    /// <summary>Live.</summary>
    public ServiceCounters Counters { get; }

    /// <summary>Live as well; null for TCP.</summary>
    public UdpCounters? Udp { get; }

    /// <summary>Connections that are accepted and not yet ended, or sessions.</summary>
    public int ActiveConnections { get; }

    /// <summary>From clients to endpoints, of ended and of running connections.</summary>
    public long BytesIn { get; }

    /// <summary>From endpoints to clients.</summary>
    public long BytesOut { get; }

    /// <summary>How many endpoints of which kind.</summary>
    public EndpointCounts Counts { get; }

    /// <summary>Every declared endpoint, read when this is called.</summary>
    public IReadOnlyList<EndpointReading> ReadEndpoints()
    {
        if (_snapshot is not { } snapshot)
            return [.. Port.Endpoints.Select(endpoint => new EndpointReading(endpoint, Health: HealthOfUndialled(endpoint)))];
        return EndpointsOf(_state!, snapshot, _guard);
    }

    /// <summary>
    /// Endpoints that connections would go to, and that are listeners of this proxy: known before the first client. Each address once. Found by the first call,
    /// and kept. Mostly none, and then nothing is made. An address that a route alone makes the node's own is not among them: the dial finds it.
    /// </summary>
    public IReadOnlyList<Endpoint> FindLoops() => _loops ??= LoopsOf();

    private Endpoint[] LoopsOf()
    {
        if (_guard is not { } guard) return [];
        List<Endpoint>? loops = null;
        HashSet<IPEndPoint>? found = null;
        Look(Port.ClusterEndpoints);
        Look(Port.LocalEndpoints);
        return loops is null ? [] : [.. loops];

        void Look(ValueList<Endpoint> endpoints)
        {
            foreach (var endpoint in endpoints.AsSpan())
            {
                if (guard.IsOwnListener(endpoint) && (found ??= []).Add(endpoint.EndPoint)) (loops ??= []).Add(endpoint);
            }
        }
    }

    /// <param name="state">What runs.</param>
    /// <param name="snapshot">Of it.</param>
    /// <param name="guard">As for a reading.</param>
    internal static IReadOnlyList<EndpointReading> EndpointsOf(ServicePortState state, ServiceSnapshot snapshot, DialGuard? guard = null)
    {
        var running = RunningConnections(state);
        var endpoints = snapshot.Port.Endpoints.AsSpan();
        var readings = new EndpointReading[endpoints.Length];
        for (int i = 0; i < readings.Length; i++) readings[i] = Read(endpoints[i], snapshot, running, guard);
        return readings;
    }

    private static EndpointReading Read(
        Endpoint endpoint, ServiceSnapshot snapshot, Dictionary<IPEndPoint, EndpointTraffic>? running, DialGuard? guard)
    {
        if (snapshot.Roster.Find(endpoint.EndPoint) is not { } state)
            return new EndpointReading(endpoint, Health: HealthOfUndialled(endpoint));
        var traffic = running?.GetValueOrDefault(state.Address) ?? default;
        bool isCurrent = snapshot.Roster.IsCurrent(state), leadsBack = isCurrent && guard?.IsOwnListener(state.Address) is true;
        bool isUsed = isCurrent && !leadsBack;
        // What is never dialled is not kept aside for a while.
        var aside = leadsBack ? null : snapshot.Cluster.AsideFor(state);
        return new EndpointReading(
            endpoint,
            isUsed,
            aside,
            state.ConsecutiveFailures,
            state.ActiveConnections,
            state.TotalConnections,
            state.FailedConnects,
            state.BytesIn + traffic.BytesIn,
            state.BytesOut + traffic.BytesOut,
            leadsBack ? EndpointHealth.Failing : isUsed ? HealthOf(state, aside, snapshot, traffic) : HealthOfUnused(endpoint, state),
            leadsBack ? LastDial.Loop : state.LastDial,
            snapshot.Cluster.FailingFor(state),
            snapshot.Cluster.LastDialAgo(state))
        {
            LeadsBack = leadsBack,
            Waiting = traffic.Waiting,
            FailsClients = !leadsBack && state.FailsClients,
            AnswersOthers = !leadsBack && (state.FailsClients ? state.AnswersNode : state.IsFailing && state.AnswersClients),
        };
    }

    private static EndpointHealth HealthOfUndialled(Endpoint endpoint) => endpoint.Ready ? EndpointHealth.Unknown : EndpointHealth.Unready;

    private static EndpointHealth HealthOf(EndpointState state, TimeSpan? aside, ServiceSnapshot snapshot, EndpointTraffic traffic) =>
        aside is not null ? EndpointHealth.Aside
        : state.IsFailing ? EndpointHealth.Failing
        : state.LastDial == LastDial.Answered
            ? traffic.IsSilent(snapshot.Cluster.HeardAgo(state), snapshot.Cluster.LeftUnansweredAgo(state)) ? EndpointHealth.Silent : EndpointHealth.Answering
        : snapshot.Port.Name.Protocol == TransportProtocol.Udp && IsUnanswered(state) ? EndpointHealth.Unanswered
        : EndpointHealth.Unknown;

    /// <summary>It has had sessions. What it sent before a hand-over is counted, and when is not known.</summary>
    private static bool IsUnanswered(EndpointState state) => state is { TotalConnections: > 0, BytesOut: 0 };

    private static EndpointHealth HealthOfUnused(Endpoint endpoint, EndpointState state) =>
        state.ActiveConnections > 0 ? EndpointHealth.Draining : HealthOfUndialled(endpoint);

    /// <summary>
    /// An endpoint takes over the bytes of a connection when it ends. One that ends in between is missing this once, never counted twice for good.
    /// </summary>
    /// <returns>Null when none runs.</returns>
    private static Dictionary<IPEndPoint, EndpointTraffic>? RunningConnections(ServicePortState state)
    {
        if (state is not TcpPortState { Live: { Count: > 0 } live }) return null;
        var traffic = new Dictionary<IPEndPoint, EndpointTraffic>();
        foreach (var connection in live.ToArray())
        {
            if (connection.Endpoint is not { } endpoint) continue;
            traffic[endpoint.Address] = traffic.GetValueOrDefault(endpoint.Address).With(connection.BytesIn, connection.BytesOut, connection.Idle);
        }

        return traffic;
    }
}
