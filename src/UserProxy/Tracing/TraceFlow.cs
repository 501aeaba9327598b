using System.Net;
using UserProxy.Model;
using UserProxy.Policy;

namespace UserProxy.Tracing;

/// <summary>
/// One connection or UDP session that somebody follows: who it is, and what tells its readers of it. Made when it arrives by <see cref="TraceFeed.Begin"/>; a
/// connection that nobody follows has none. Its events are told by the one that owns it, in order.
/// </summary>
public sealed class TraceFlow
{
    private readonly TraceReader[] _readers;
    private readonly long _startedAt;
    private readonly TimeProvider _time;
    private IPEndPoint? _local;
    private int? _localPort;
    private TimeSpan? _firstIn;
    private TimeSpan? _firstOut;
    private readonly Lock _firstBytes = new();
    private TcpLeg? _clientLeg;
    private TcpLeg? _endpointLeg;

    internal TraceFlow(
        TraceReader[] readers, long id, ServicePortName service, ListenerKind kind, IPEndPoint client, IPEndPoint listener, IPEndPoint? toldBy, long startedAt,
        TimeProvider time)
    {
        _readers = readers;
        _startedAt = startedAt;
        _time = time;
        (Id, Service, Kind, Client, Listener, ToldBy) = (id, service, kind, client, listener, toldBy);
        ArrivedAt = time.GetUtcNow() - After;
    }

    /// <summary>Among all that were followed since the process began.</summary>
    public long Id { get; }

    public ServicePortName Service { get; }

    /// <summary>By which of the Service's addresses it came.</summary>
    public ListenerKind Kind { get; }

    /// <summary>As a load balancer has told, if one has.</summary>
    public IPEndPoint Client { get; }

    /// <summary>The address that the client connected to.</summary>
    public IPEndPoint Listener { get; }

    /// <summary>The load balancer that has told <see cref="Client"/>, which is the socket's other end then; null when nobody has.</summary>
    public IPEndPoint? ToldBy { get; }

    public DateTimeOffset ArrivedAt { get; }

    /// <summary>What who reads has made of all of the above, for the next event: the same for every reader.</summary>
    public object? Shown { get; set; }

    internal TimeSpan After => _time.GetElapsedTime(_startedAt);

    /// <summary>The first byte for one side has been written. Called once for each side, by its half of the relay.</summary>
    public void FirstByte(bool toEndpoint)
    {
        // Two halves may run at once, and events are in the order of their times.
        lock (_firstBytes)
        {
            var after = After;
            if (toEndpoint) _firstIn = after;
            else _firstOut = after;
            Offer(new FirstByteEvent(this, after, toEndpoint));
        }
    }

    /// <summary>Its sockets are about to be closed: what the kernel knows of them is told with the end.</summary>
    public void Closes(TcpLeg? client, TcpLeg? endpoint) => (_clientLeg, _endpointLeg) = (client, endpoint);

    internal void Arrived(TimeSpan? queued) => Offer(new ArrivalEvent(this, After, queued));

    internal void Dialled(int attempt, IPEndPoint endpoint, ConnectOutcome outcome, long dialledAt, IPEndPoint? local)
    {
        _local = local;
        Offer(new DialEvent(this, After, attempt, endpoint, outcome, _time.GetElapsedTime(dialledAt), local));
    }

    internal void BeganSession(IPEndPoint endpoint, int? localPort)
    {
        _localPort = localPort;
        Offer(new SessionEvent(this, After, endpoint, localPort));
    }

    internal void Ended(string reason, IPEndPoint? endpoint, long bytesIn, long bytesOut, string? uniqueId) =>
        Offer(new EndEvent(this, After, reason, endpoint, bytesIn, bytesOut)
        {
            Local = _local,
            FirstByteIn = _firstIn,
            FirstByteOut = _firstOut,
            ClientLeg = _clientLeg,
            EndpointLeg = _endpointLeg,
            UniqueId = uniqueId,
        });

    internal void EndedSession(
        string reason, IPEndPoint endpoint, (long Datagrams, long Bytes) towardsEndpoint, (long Datagrams, long Bytes) towardsClient, string? uniqueId) =>
        Offer(new EndEvent(this, After, reason, endpoint, towardsEndpoint.Bytes, towardsClient.Bytes)
        {
            LocalPort = _localPort,
            DatagramsIn = towardsEndpoint.Datagrams,
            DatagramsOut = towardsClient.Datagrams,
            UniqueId = uniqueId,
        });

    internal void Offer(TraceEvent next)
    {
        foreach (var reader in _readers) reader.Offer(next);
    }
}
