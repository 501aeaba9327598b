using System.Net;
using System.Net.Sockets;
using UserProxy.Model;
using UserProxy.Scheduling;
using UserProxy.Syncing;
using UserProxy.Tcp;
using UserProxy.Udp;

namespace UserProxy.Reading;

/// <summary>
/// What a <see cref="Proxier"/> serves and who is connected, for those who only look, from any thread. Everything is made while it is enumerated, one
/// service port or a few connections at a time: a node has tens of thousands of both, and looking must cost traffic nothing.
/// </summary>
public sealed class ProxyView
{
    private readonly ServiceEntries _entries;
    private readonly ConnectionServices _services;
    private readonly DatagramServices _datagrams;

    internal ProxyView(ServiceEntries entries, ConnectionServices services, DatagramServices datagrams)
    {
        _datagrams = datagrams;
        _entries = entries;
        _services = services;
    }

    /// <summary>Service ports in the order of the table; the bytes of endpoints with those of the connections that still run.</summary>
    public IEnumerable<ServiceStatus> Services(Func<ServicePortName, bool> where) =>
        from entry in _entries.Published
        where @where(entry.State.Name)
        select entry.State is TcpPortState tcp ? WithLiveBytes(entry.ToStatus(), tcp.Live) : entry.ToStatus();

    /// <summary>Addresses that cannot be listened on, and those that can in part only, with whoever has the port.</summary>
    public IEnumerable<TableIssue> ListenerIssues() =>
        from entry in _entries.Published
        from slot in entry.Slots
        where slot.Owner?.Entry == entry && slot.Problem is not null
        let name = entry.State.Name
        select new TableIssue($"Service {name.Namespace}/{name.Name}", ServiceProblem.ListenFailed, $"{slot.EndPoint}: {slot.Problem}");

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

    /// <summary>The declared endpoints of a service port, each with what keeps new connections from it; empty when it is not served.</summary>
    public IReadOnlyList<EndpointDetail> Endpoints(ServicePortName name, AddressFamily family)
    {
        if (Find(name, family)?.State.Snapshot is not { } snapshot) return [];
        long now = _services.Time.GetTimestamp();
        return [.. snapshot.Port.Endpoints.Select(endpoint => ToDetail(name, endpoint, snapshot.Roster.Find(endpoint.EndPoint), now))];
    }

    /// <summary>Where <paramref name="client"/> is pinned by session affinity, whether that endpoint is usable or not; null without a valid pin.</summary>
    public IPEndPoint? PinOf(ServicePortName name, AddressFamily family, IPAddress client) =>
        Find(name, family)?.State.Snapshot is { Affinity: { } affinity, Port.AffinityTimeout: { } timeout } ? affinity.FindPin(client, timeout) : null;

    /// <summary>The connections that <paramref name="client"/> has open as max-connections-per-client counts them; 0 without that limit.</summary>
    public int CountedOf(ServicePortName name, AddressFamily family, IPAddress client) =>
        Find(name, family)?.State is TcpPortState tcp ? tcp.Live.CountOf(ClientAddress.From(client)) : 0;

    /// <summary>An endpoint takes over the bytes of a connection when it ends. One that ends in between is missing this once, never counted twice for good.</summary>
    private static ServiceStatus WithLiveBytes(ServiceStatus status, LiveConnections live)
    {
        if (live.Count == 0) return status;
        var bytes = new Dictionary<IPEndPoint, (long In, long Out)>();
        foreach (var connection in live.ToArray())
        {
            if (connection.Endpoint is not { } endpoint) continue;
            var (bytesIn, bytesOut) = bytes.GetValueOrDefault(endpoint.Address);
            bytes[endpoint.Address] = (bytesIn + connection.BytesIn, bytesOut + connection.BytesOut);
        }

        return status with
        {
            Endpoints =
            [
                .. from endpoint in status.Endpoints
                   let running = bytes.GetValueOrDefault(endpoint.Endpoint.EndPoint)
                   select endpoint with { BytesIn = endpoint.BytesIn + running.In, BytesOut = endpoint.BytesOut + running.Out },
            ],
        };
    }

    private EndpointDetail ToDetail(ServicePortName name, Endpoint endpoint, EndpointState? state, long now) => new(
        endpoint,
        (name.Protocol == TransportProtocol.Udp ? _datagrams.Guard : _services.Guard).RefusalOf(name, endpoint),
        state?.IsEjected(now) is true ? _services.Time.GetElapsedTime(now, state.EjectedUntil) : null,
        state?.ConsecutiveFailures ?? 0);

    private static ConnectionStatus ToStatus(Connection connection)
    {
        var endpoint = connection.Endpoint;
        return new ConnectionStatus(
            connection.Service.Name,
            connection.Kind,
            connection.Client.Remote,
            connection.Client.Local,
            endpoint?.Address,
            connection.State,
            endpoint is not null && connection.Service.Snapshot?.Roster.IsCurrent(endpoint) is not true,
            connection.Age,
            connection.Idle,
            connection.BytesIn,
            connection.BytesOut);
    }

    private ServiceEntry? Find(ServicePortName name, AddressFamily family) =>
        Array.Find(_entries.Published, entry => entry.State.Name == name && entry.Declared.Family == family);
}
