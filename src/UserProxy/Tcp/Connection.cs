using System.Diagnostics;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using UserProxy.Model;
using UserProxy.Policy;
using UserProxy.ProxyProtocol;
using UserProxy.Scheduling;
using UserProxy.Serving;
using UserProxy.Tracing;

namespace UserProxy.Tcp;

/// <summary>
/// The life of one TCP client: pick, dial with retry on other endpoints, relay, account. Started by a <see cref="ServiceListener"/>, runs on the
/// client's own scheduler, and is the only owner of the client until a relay takes over.
/// </summary>
/// <param name="service">The service port that it came to.</param>
/// <param name="kind">By which of the port's addresses.</param>
/// <param name="admission">Whom the listener let in when it was accepted; null is everyone.</param>
/// <param name="client">The accepted socket.</param>
/// <param name="services">What all connections share.</param>
internal sealed class Connection(
    TcpPortState service, ListenerKind kind, Admission? admission, TransportConnection client, ConnectionServices services)
{
    private static readonly ConnectionAbortedException Refused = new("refused by the proxy");

    /// <summary>For a PROXY protocol header to come: the specification has receivers wait for 3 s, so that a SYN or a header may be sent once more.</summary>
    private static readonly TimeSpan HeaderTime = TimeSpan.FromSeconds(5);

    private const int Dialling = 0, Relaying = 1, Cut = 2;

    private readonly long _startedAt = services.Time.GetTimestamp();
    private volatile Relay? _relay;
    private volatile EndpointState? _endpoint;
    private volatile bool _drained;
    private volatile ToldClient? _told;
    private volatile TransportConnection? _backend;
    private long _id;

    /// <summary>Null unless somebody follows it.</summary>
    private TraceFlow? _trace;

    /// <summary>Who decides over the client: the dial that is under way, until it hands over to a relay or a drain comes first.</summary>
    private int _phase;

    public TransportConnection Client { get; } = client;

    /// <summary>Who the client is: as a listed load balancer has told, else the other end of the socket.</summary>
    public IPEndPoint Origin => _told?.Client ?? Client.Remote;

    /// <summary>The load balancer that has told <see cref="Origin"/>; null when nobody has.</summary>
    public IPEndPoint? ToldBy => _told is null ? null : Client.Remote;

    /// <summary>What its endpoint sees as its client: an address of this node, or <see cref="Origin"/>'s; null before it is connected.</summary>
    public IPEndPoint? Source => _backend?.Local;

    /// <summary>Its endpoint sees the client's own address.</summary>
    public bool IsKept { get; private set; }

    /// <summary>What its endpoint knows it by; null unless one was told or sent in a header.</summary>
    public string? UniqueId => _told?.UniqueIdText ?? (Volatile.Read(ref _id) is > 0 and var id ? services.Ids.TextOf(id) : null);

    /// <summary>The endpoint that it is relayed to, or that is being dialled for it; null before the first dial.</summary>
    public EndpointState? Endpoint => _endpoint;

    public TimeSpan Age => services.Time.GetElapsedTime(_startedAt);

    /// <summary>The service port that it came to, which may no longer be declared.</summary>
    public TcpPortState Service => service;

    /// <summary>By which of the port's addresses it came.</summary>
    public ListenerKind Kind => kind;

    public ConnectionState State =>
        _relay is not { } relay ? ConnectionState.Dialling : relay.IsHalfClosed ? ConnectionState.HalfClosed : ConnectionState.Established;

    /// <summary>Since a byte was last moved or acknowledged, to half a second; while it is dialled for, since it was accepted.</summary>
    public TimeSpan Idle => _relay?.Idle ?? Age;

    public long BytesIn => _relay?.BytesIn ?? 0;

    public long BytesOut => _relay?.BytesOut ?? 0;

    /// <summary>Its place in <see cref="LiveConnections"/>, touched only there.</summary>
    internal int Place { get; set; }

    internal bool CountedPerClient { get; set; }

    /// <summary>Hands the connection to its own scheduler, so that the accept loop goes on at once.</summary>
    public void Start()
    {
        service.Live.Announce();
        Client.Scheduler.Schedule(static connection => _ = ((Connection)connection!).RunAsync(), this);
    }

    /// <summary>
    /// Resets both sides because its endpoint left the Service or the process ends; a dial does not keep the client waiting. From any thread.
    /// </summary>
    public void Drain()
    {
        _drained = true;
        if (Interlocked.CompareExchange(ref _phase, Cut, Dialling) == Dialling) Client.Abort(Refused);
        else _relay?.Reset(EndReason.Drained);
    }

    private async Task RunAsync()
    {
        service.Counters.CountAccepted();
        var snapshot = service.Snapshot!;
        // The kernel has discarded the SYNs of others, unless it cannot filter, or the filter came when this one was in the queue already.
        bool admitted = admission is null || admission.Admits(Client.Remote.Address);
        bool isTold = snapshot.Settings.IsBalancer(Client.Remote.Address);
        bool isAdded = service.Live.TryAdd(this, snapshot.Settings, admitted, isTold);
        // Else its client is not known yet.
        if (!isTold || !isAdded) Trace(snapshot);
        if (!isAdded)
        {
            AbortClient();
            Account(new RelayResult(0, 0, EndReason.Limit));
            return;
        }

        RelayResult result;
        try
        {
            if (await ReachAsync(snapshot, isTold) is not { } failure)
            {
                // Not awaited: while bytes are moved, nothing of the dial is kept in memory.
                _ = RelayAsync(_relay!);
                return;
            }

            result = new RelayResult(0, 0, failure);
        }
        catch (Exception exception)
        {
            result = Fail(exception);
        }

        Leave(result);
    }

    /// <summary>Finds an endpoint that answers and makes the relay to it; says why there is none.</summary>
    private async ValueTask<EndReason?> ReachAsync(ServiceSnapshot snapshot, bool isTold)
    {
        if (isTold)
        {
            var refusal = await ReadProxyHeaderAsync(snapshot.Settings);
            Trace(snapshot);
            if (refusal is not null)
            {
                AbortClient();
                return refusal;
            }
        }

        var (backend, failure, endedAt) = await DialAsync(snapshot);
        if (backend is null)
        {
            // RST, not FIN: a FIN would say that an endpoint had nothing to say.
            AbortClient();
            return failure;
        }

        if (Interlocked.CompareExchange(ref _phase, Relaying, Dialling) != Dialling)
        {
            backend.Abort(Refused);
            _endpoint!.Closed(0, 0);
            return EndReason.Drained;
        }

        if (!isTold && snapshot.Settings.AcceptProxyProtocol.Count > 0 && SendsHeader())
        {
            backend.Abort(Refused);
            _endpoint!.Closed(0, 0);
            AbortClient();
            return RefuseHeader(ProxyHeaderFault.NotListed);
        }

        if (snapshot.Settings.ProxyProtocol is { } version) SendProxyHeader(backend, version, snapshot.Settings.ProxyV2Options);
        _backend = backend;
        service.Counters.ConnectDuration.Add(services.Time.GetElapsedTime(_startedAt, endedAt));
        _relay = services.Transport.CreateRelay(Client, backend, new(snapshot.Settings.IdleTimeout, snapshot.Settings.HalfCloseTimeout)
        {
            Trace = _trace,
        });
        return null;
    }

    /// <summary>Begins to tell of it, if somebody follows such connections.</summary>
    private void Trace(ServiceSnapshot snapshot)
    {
        if (!services.Traces.IsRead) return;
        var age = Age;
        _trace = services.Traces.Begin(snapshot.Port, kind, Origin, Client.Local, ToldBy, _startedAt);
        // Nothing has been sent to it: the kernel says since when it has been one.
        if (_trace is not null) _trace.Arrived(Client.ReadLeg() is { } leg ? TimeSpan.FromTicks(Math.Max(0, (leg.SinceSent - age).Ticks)) : null);
    }

    private void AbortClient()
    {
        _trace?.Closes(Client.ReadLeg(), null);
        Client.Abort(Refused);
    }

    /// <summary>Reads who the client is from its load balancer; says why it is not served.</summary>
    private async ValueTask<EndReason?> ReadProxyHeaderAsync(ServiceSettings settings)
    {
        var reader = new ProxyHeaderReader();
        await services.Transport.ReadHeaderAsync(Client, reader, HeaderTime);
        if (_drained) return EndReason.Drained;
        if (reader.Header is not { } header) return reader.Fault is { } fault ? RefuseHeader(fault) : EndReason.ClientReset;
        if (header.Command == ProxyCommand.Proxy) _told = ToldClient.Of(header);
        // Its health checks come from itself, whichever way it says so; a client that it cannot name has to be let in by ranges.
        bool isItsOwn = header.Command == ProxyCommand.Local || (_told is not null && settings.IsBalancer(Origin.Address));
        bool admitted = isItsOwn || admission is null || admission.AdmitsTold(Origin.Address);
        return admitted && service.Live.TryCountClient(this, settings) ? null : EndReason.Limit;
    }

    /// <summary>Somebody who is not listed has begun with a header: its own Service believes none of it, and a Pod must not either.</summary>
    private bool SendsHeader()
    {
        Span<byte> first = stackalloc byte[ProxyHeaderV2.Signature.Length];
        return ProxyHeader.IsBegunBy(first[..Client.Peek(first)]);
    }

    private EndReason RefuseHeader(ProxyHeaderFault fault)
    {
        services.Log.ProxyHeaderRefused(service.Name, Client.Remote, Client.Local, fault.Words());
        return EndReason.ProxyHeader;
    }

    private void SendProxyHeader(TransportConnection backend, ProxyProtocolVersion version, ProxyV2Options options)
    {
        Span<byte> header = stackalloc byte[ProxyHeaderV2.MaxWritten];
        var destination = _told?.Destination ?? Client.Local;
        if (version == ProxyProtocolVersion.V1)
        {
            backend.SendFirst(header[..ProxyHeaderV1.Write(header, Origin, destination)], Client);
            return;
        }

        byte[]? id = _told?.UniqueId;
        if (id is null)
        {
            _id = services.Ids.Next();
            id = Encoding.ASCII.GetBytes(services.Ids.TextOf(_id));
        }

        int length = ProxyHeaderV2.Write(header, Origin, destination, isDatagram: false, id, options, service.Name);
        backend.SendFirst(header[..length], Client);
    }

    private async Task RelayAsync(Relay relay)
    {
        RelayResult result;
        try
        {
            // Drain may have come since the hand-over and seen no relay to reset. With the barriers (its own is the exchange) one of the two sees the other.
            Interlocked.MemoryBarrier();
            if (_drained) relay.Reset(EndReason.Drained);
            result = await relay.RunAsync();
        }
        catch (Exception exception)
        {
            result = Fail(exception);
        }

        _endpoint!.Closed(relay.BytesIn, relay.BytesOut);
        Leave(result);
    }

    /// <summary>Not a network failure (those are values): a defect. One connection pays for it, and it is not silent.</summary>
    private RelayResult Fail(Exception exception)
    {
        services.Log.ConnectionFault(exception, service.Name, Client.Remote);
        if (_relay is { } relay) relay.Reset(EndReason.NoEndpoint);
        else Client.Abort(Refused);
        return new RelayResult(0, 0, EndReason.NoEndpoint);
    }

    private void Leave(RelayResult result)
    {
        service.Live.Remove(this);
        Account(result);
    }

    private void Account(RelayResult result)
    {
        services.Descriptors.ReturnConnection();
        services.Transport.Memory.ReturnConnection();
        service.Counters.CountClosed(result.Reason);
        _trace?.Ended(result.Reason.Name(), _endpoint?.Address, result.BytesIn, result.BytesOut, UniqueId);
        long now = services.Time.GetTimestamp();
        var age = services.Time.GetElapsedTime(_startedAt, now);
        if (_relay is not null)
        {
            service.Counters.ConnectionDuration.Add(age);
            if (result.BytesOut > 0) _endpoint!.Heard(now);
            else if (result.BytesIn > 0 && (age >= EndpointState.Patience || result.Reason == EndReason.Idle)) _endpoint!.LeftUnanswered(now);
        }

        if (_told is null && _id == 0 && !IsKept)
        {
            services.Log.ConnectionEnded(
                service.Name, Client.Remote, Client.Local, _endpoint?.Address, result.Reason.Name(), result.BytesIn, result.BytesOut, age.TotalMilliseconds);
        }
        else if (services.Log.IsEnabled(LogLevel.Debug))
        {
            services.Log.ToldConnectionEnded(
                service.Name, Origin, Client.Local, _endpoint?.Address, result.Reason.Name(), result.BytesIn, result.BytesOut, age.TotalMilliseconds,
                ToldBy?.ToString() ?? "-", UniqueId ?? "-", Source?.ToString() ?? "-");
        }
    }

    /// <summary>Tries endpoints, none of which has seen a byte of the client. Says when the one was reached, so that the clock is read once for all.</summary>
    private async ValueTask<(TransportConnection? Backend, EndReason Failure, long EndedAt)> DialAsync(ServiceSnapshot snapshot)
    {
        int hops = services.Hops.Next(Client.ReadHops());
        if (hops == HopBound.None)
        {
            services.Loops.ReportNoHopLeft(service, Client.Remote);
            return (null, EndReason.Loop, 0);
        }

        var tries = new DialTries(service, kind, Client, snapshot.Settings, services, _told?.Client.Address);
        var options = new DialOptions(snapshot.Settings.ConnectTimeout)
        {
            Hops = hops,
            Asker = tries,
            MoreTime = static tries => ((DialTries)tries).MoreTime(),
        };
        var failed = ConnectOutcome.Connected;
        while (!_drained && tries.Next(_trace) is { } endpoint)
        {
            if (tries.Attempts > 1) service.Counters.CountConnectRetry(failed);
            _endpoint = endpoint;
            long dialledAt = _trace is null ? 0 : services.Time.GetTimestamp();
            DialSource? source = null;
            var dial = services.Guard.FaultOf(endpoint.Address) is { } fault ? fault
                : (source = services.Sources.SourceFor(snapshot.Port, tries.Caller, Origin, endpoint)) is { } kept
                    ? await DialAsync(endpoint.Address, options with { Source = kept })
                    : await services.Transport.DialAsync(endpoint.Address, Client, options);
            _trace?.Dialled(tries.Attempts, endpoint.Address, dial.Outcome, dialledAt, dial.Connection?.Local);
            switch (dial.Outcome)
            {
                case ConnectOutcome.Connected:
                    long now = services.Time.GetTimestamp();
                    endpoint.DialSucceeded(now, source is not null);
                    return (dial.Connection, default, now);
                case ConnectOutcome.ClientLeft:
                    endpoint.DialAbandoned();
                    return (null, _drained ? EndReason.Drained : EndReason.ClientReset, 0);
                case ConnectOutcome.Loop:
                    services.Loops.ReportOwnListener(service, endpoint.Address);
                    tries.Failed(endpoint, dial.Outcome, isKept: source is not null);
                    break;
                case ConnectOutcome.Refused or ConnectOutcome.TimedOut or ConnectOutcome.Unreachable:
                case ConnectOutcome.NoSourcePort or ConnectOutcome.NoDescriptor or ConnectOutcome.NoMemory or ConnectOutcome.LocalFault:
                    tries.Failed(endpoint, dial.Outcome, hops, source is not null);
                    break;
                default:
                    throw new UnreachableException();
            }

            failed = dial.Outcome;
            service.Counters.CountConnectFailure(failed);
            services.Log.DialFailed(service.Name, endpoint.Address, dial.Outcome, tries.Attempts);
        }

        return (null, _drained ? EndReason.Drained : failed == ConnectOutcome.Loop ? EndReason.Loop : EndReason.NoEndpoint, 0);
    }

    /// <summary>
    /// Leaves with the client's address, and with its port where that is free: another connection of it, by another address of the Service, may have it.
    /// </summary>
    private async ValueTask<DialResult> DialAsync(IPEndPoint endpoint, DialOptions options)
    {
        var dial = await services.Transport.DialAsync(endpoint, Client, options);
        if (dial.Outcome == ConnectOutcome.NoSourcePort && options.Source is { Address.Port: not 0 } source)
            dial = await services.Transport.DialAsync(endpoint, Client, options with { Source = source.WithAnyPort() });
        IsKept = dial.Outcome == ConnectOutcome.Connected;
        return dial;
    }
}
