using System.Net;
using System.Net.Sockets;
using UserProxy.Policy;
using UserProxy.Scheduling;
using UserProxy.Serving;

namespace UserProxy.Udp;

/// <summary>
/// All UDP sessions of one loop: who belongs together, who gets which endpoint, and when it is over. Every member is called on the loop's own thread, by the
/// datagram transport, which does the sending; there are no system calls in here. Timestamps are those of the <see cref="TimeProvider"/>, read once
/// for a batch.
/// </summary>
public sealed class SessionTable
{
    /// <summary>Also how late a session may end: one that is busy is moved to the back of its lists this often, not with every datagram.</summary>
    private static readonly TimeSpan Grain = TimeSpan.FromMilliseconds(125);

    /// <summary>How long a port that was left is not used again towards the same endpoint: as long as the kernel's TIME_WAIT, twice what anybody waits for a DNS answer.</summary>
    private static readonly TimeSpan PortRest = TimeSpan.FromSeconds(60);

    /// <summary>The same for one that is owed no answer, when many are open; <see cref="AnswerTime"/> when no more can be had.</summary>
    private static readonly TimeSpan ShortPortRest = TimeSpan.FromSeconds(5);

    /// <summary>How long the answer to a datagram may be on its way: a full table rather gives up sessions that wait for none. Also as long as the network may double one.</summary>
    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(1);

    /// <summary>How long a port that serves nobody stays open: longer than it rests, as the kernel may give a closed one's number to the next that is opened.</summary>
    private static readonly TimeSpan PortIdle = TimeSpan.FromSeconds(75);

    /// <summary>Sessions of the loop for which there is memory in any case: with none no UDP Service would be served.</summary>
    private const int Assured = 64;

    private readonly DatagramServices _services;
    private readonly SessionLimits _limits;
    private readonly long _grain;
    private readonly long _answerTime;
    private readonly UpstreamPorts _ports4;
    private readonly UpstreamPorts _ports6;

    /// <summary>Listeners with sessions.</summary>
    private readonly List<ListenerSessions> _active = [];

    private readonly Dictionary<ClientAddress, SessionList> _byClient = [];
    private readonly Stack<UdpSession> _unusedSessions = new();
    private readonly Stack<SessionList> _unusedLists = new();

    internal SessionTable(DatagramServices services, SessionLimits limits, IUpstreamSockets sockets)
    {
        _services = services;
        _limits = limits;
        _grain = Units(Grain);
        _answerTime = Units(AnswerTime);
        _ports4 = CreatePorts(AddressFamily.InterNetwork, sockets);
        _ports6 = CreatePorts(AddressFamily.InterNetworkV6, sockets);
    }

    /// <summary>Sessions, those included that wait for their client's next datagram to be given an endpoint.</summary>
    public int Count { get; private set; }

    /// <summary>The listener's socket has left the loop.</summary>
    public void Detach(ListenerSessions sessions, long now)
    {
        foreach (var session in sessions.ToArray()) End(session, SessionEnd.Closed, now);
    }

    /// <summary>
    /// A client's datagram: where it goes. Finds its session, or begins one. False when it is to be dropped, which has been counted then.
    /// </summary>
    public bool TryForward(ListenerSessions sessions, in SessionKey key, int length, long now, out UpstreamTarget target)
    {
        var listener = sessions.Listener;
        if (sessions.TryFind(key, out var session))
        {
            bool isCurrent = ReferenceEquals(session.Snapshot, listener.Service.Snapshot) && ReferenceEquals(session.Admission, listener.Admission);
            if ((!isCurrent || session.Peer is null) && !TryRenew(ref session, now)) return Drop(out target);
            if (session.Class == SessionClass.Answered) sessions.Promote(session, SessionClass.Established);
        }
        else if (!TryBegin(sessions, key, default, now, out session))
        {
            return Drop(out target);
        }

        session.DatagramsIn++;
        session.BytesIn += length;
        session.Endpoint.Moved(length, 0);
        sessions.Counters.CountIn(length);
        Touch(session, now);
        target = new UpstreamTarget(session.Peer!.Address, session.Port);
        return true;
    }

    /// <summary>A client's datagram whose hops are used up: a router would drop it, too. It is counted, and has gone round most likely.</summary>
    public void DropLast(ListenerSessions sessions, in SessionKey key)
    {
        _services.Loops.NoHopLeft(sessions.Listener.Service, key.Client.ToEndPoint());
        Refuse(sessions, DatagramDrop.Loop);
    }

    /// <summary>
    /// An endpoint's datagram: which client gets it. False when no session talks to <paramref name="endpoint"/> by this port: it came too late, or is forged.
    /// </summary>
    public bool TryAnswer(int port, in DatagramAddress endpoint, int length, long now, out ClientTarget target)
    {
        if (PortsOf(endpoint.Family).Find(port, endpoint) is not { Listener: { } sessions } session)
        {
            PortsOf(endpoint.Family).MetStray(port, endpoint, now);
            _services.CountUnexpected();
            target = default;
            return false;
        }

        target = new ClientTarget(sessions, session.Key.Client, session.Key.Local);
        if (session.Class == SessionClass.Unanswered) sessions.Promote(session, SessionClass.Answered);
        session.Endpoint.Answered();
        session.Endpoint.Moved(0, length);
        session.DatagramsOut++;
        session.BytesOut += length;
        sessions.Counters.CountOut(length);
        Touch(session, now);
        int responses = session.Snapshot.Settings.UdpResponses;
        if (responses > 0 && session.DatagramsOut >= responses * session.DatagramsIn) End(session, SessionEnd.Responses, now);
        return true;
    }

    /// <summary>
    /// An endpoint's host said that nobody is there (ICMP), or it cannot be reached: a failed dial. The session's next datagram goes to another endpoint.
    /// </summary>
    /// <param name="port">Our port that it was sent from.</param>
    /// <param name="endpoint">Where it was sent to.</param>
    /// <param name="outcome">What was said.</param>
    /// <param name="now">Timestamp.</param>
    /// <param name="by">Whose host said so. Ports are shared, so any Pod knows one: what a stranger says ends a session, and is not held against the endpoint.</param>
    public void EndpointRefused(int port, in DatagramAddress endpoint, ConnectOutcome outcome, long now, ClientAddress by = default)
    {
        if (PortsOf(endpoint.Family).Find(port, endpoint) is not { Listener: { } sessions } session) return;
        var listener = sessions.Listener;
        var client = session.Key.Client.ToEndPoint();
        bool isFirstHand = by == default || by == endpoint.Address || _services.Own.Scope.IsOwnAddress(by.ToIPAddress());
        if (isFirstHand) session.Snapshot.EndpointsFor(listener.Address.Kind, client.Address, session.Key.Local.ToIPAddress(), _services.Own).Refused(session.Endpoint);
        listener.Service.Counters.CountConnectFailure(outcome);
        _services.Log.DatagramRefused(listener.Service.Name, session.Endpoint.Address, client, outcome);
        LeaveEndpoint(session, now);
    }

    /// <summary>The endpoints of the listener's Service, or its clients, have changed: sessions of what is gone end now, and not when their client comes again.</summary>
    public void Revalidate(ListenerSessions sessions, long now)
    {
        foreach (var session in sessions.ToArray())
        {
            if (session.Peer is not null && !Renewed(session, out var end)) End(session, end, now);
        }
    }

    public SessionCopy Copy(ListenerSessions sessions) => new(sessions, _services.Time);

    /// <summary>Ends what has been quiet for too long. To be called a few times a second.</summary>
    public void Sweep(long now)
    {
        for (int i = _active.Count - 1; i >= 0; i--)
        {
            if (i >= _active.Count) continue;
            var sessions = _active[i];
            var settings = sessions.Listener.Service.Snapshot!.Settings;
            Expire(sessions, SessionClass.Unanswered, settings.UdpUnansweredTimeout, SessionEnd.Unanswered, now);
            Expire(sessions, SessionClass.Answered, settings.UdpIdleTimeout, SessionEnd.Idle, now);
            Expire(sessions, SessionClass.Established, settings.UdpIdleTimeout, SessionEnd.Idle, now);
        }

        ForgetUnused();
        _ports4.Sweep(now, Units(PortIdle));
        _ports6.Sweep(now, Units(PortIdle));
    }

    /// <summary>So many of all sessions may be established before they make room for others.</summary>
    internal static bool AreNearlyAll(int established, int all) => established > 0 && established * 5 >= all * 4;

    /// <summary>As many as are in use are kept for those to come.</summary>
    private void ForgetUnused()
    {
        int most = Math.Max(Assured, Count);
        int surplus = _unusedSessions.Count - most;
        for (int i = 0; i < surplus; i++) _unusedSessions.Pop();
        if (surplus > 0) _services.Memory.ReturnSession(surplus * MemoryBudget.PerSession);
        while (_unusedLists.Count > most) _unusedLists.Pop();
    }

    private void Expire(ListenerSessions sessions, SessionClass @class, TimeSpan timeout, SessionEnd end, long now)
    {
        // A session may have been active for as long as a grain after it was listed.
        long before = now - Units(timeout) - _grain;
        while (sessions.Oldest(@class) is { } session && session.ListedAt <= before) End(session, end, now);
    }

    private bool TryBegin(ListenerSessions sessions, in SessionKey key, ReadOnlySpan<EndpointState> tried, long now, out UdpSession session)
    {
        session = null!;
        var listener = sessions.Listener;
        var admission = listener.Admission;
        var client = key.Client.ToEndPoint();
        if (key.Client.Port == 0) return Refuse(sessions, DatagramDrop.Unanswerable);
        if (admission is not null && !admission.Admits(client.Address)) return Refuse(sessions, DatagramDrop.NotAdmitted);
        if (_services.Guard.IsOwnListener(client)) return Refuse(sessions, DatagramDrop.Loop);
        var snapshot = listener.Service.Snapshot!;
        var endpoints = snapshot.EndpointsFor(listener.Address.Kind, client.Address, key.Local.ToIPAddress(), _services.Own);
        var state = snapshot.Pick(endpoints, client.Address, tried);
        // With one endpoint there is no other to try.
        if (state is null && tried.Length > 0) state = snapshot.Pick(endpoints, client.Address, []);
        if (state is null) return Refuse(sessions, DatagramDrop.NoEndpoint);
        if (_services.Guard.FaultOf(state.Address) is { } fault)
        {
            state.DialAbandoned();
            if (fault == ConnectOutcome.Loop) _services.Loops.OwnListener(listener.Service, state.Address);
            // As a connection does: one that is an own listener costs no client of the others an answer.
            return tried.Length + 1 < snapshot.Settings.ConnectAttempts
                ? TryBegin(sessions, key, [.. tried, state], now, out session)
                : Refuse(sessions, fault == ConnectOutcome.Loop ? DatagramDrop.Loop : DatagramDrop.NoEndpoint);
        }

        session = Rent(now);
        if (!TryPlace(session, state, now))
        {
            _unusedSessions.Push(session);
            state.DialAbandoned();
            return Refuse(sessions, DatagramDrop.NoPort);
        }

        MakeRoom(sessions, key.Client.Address, now);
        session.Snapshot = snapshot;
        session.Admission = admission;
        session.Begin(sessions, key, ClientListOf(key.Client.Address), now);
        Enter(session);
        state.Opened();
        return true;
    }

    /// <summary>One that is not in use, or a new one while there is memory for it; else the one that is worth least is given up, as when the table is full.</summary>
    private UdpSession Rent(long now)
    {
        if (_unusedSessions.TryPop(out var unused)) return unused;
        if (Count < Assured) _services.Memory.TakeSession(MemoryBudget.PerSession);
        else if (!_services.Memory.TryTakeSession(MemoryBudget.PerSession))
        {
            End(Largest().Least(now - _answerTime), SessionEnd.EvictedTotal, now);
            return _unusedSessions.Pop();
        }

        return new UdpSession();
    }

    private bool TryPlace(UdpSession session, EndpointState state, long now)
    {
        var address = DatagramAddress.From(state.Address);
        var ports = PortsOf(address.Family);
        if (!ports.TryTake(address, session, now, out var peer, out int port))
        {
            if (peer.ChooseVictim(ports.Count, now - _answerTime) is not { } victim) return false;
            End(victim, SessionEnd.EvictedPort, now);
            // The port of one that may still be answered has to rest: it is for those who come later.
            if (!ports.TryTake(address, session, now, out peer, out port)) return false;
        }

        session.Place(state, peer, port);
        return true;
    }

    private void MakeRoom(ListenerSessions sessions, ClientAddress client, long now)
    {
        if (_byClient.TryGetValue(client, out var ofClient) && ofClient.Count >= _limits.PerClient) End(ofClient.First!, SessionEnd.EvictedClient, now);
        if (sessions.Count >= _limits.PerListener) End(sessions.Least(now - _answerTime), SessionEnd.EvictedListener, now);
        if (Count >= _limits.Total) End(Largest().Least(now - _answerTime), SessionEnd.EvictedTotal, now);
    }

    /// <summary>Who has most pays for a table that is full.</summary>
    private ListenerSessions Largest()
    {
        var largest = _active[0];
        foreach (var sessions in _active)
        {
            if (sessions.Count > largest.Count) largest = sessions;
        }

        return largest;
    }

    /// <summary>A session whose Service has changed since its last datagram, or whose endpoint has refused it: goes on as it is, or anew with another endpoint.</summary>
    private bool TryRenew(ref UdpSession session, long now)
    {
        // One without a peer has ended already, but for its entry.
        var end = SessionEnd.Refused;
        if (session.Peer is not null && Renewed(session, out end)) return true;
        var (sessions, key, refusedBy) = (session.Listener!, session.Key, session.Peer is null ? session.Endpoint : null);
        End(session, end, now);
        return TryBegin(sessions, key, refusedBy is null ? [] : [refusedBy], now, out session);
    }

    private bool Renewed(UdpSession session, out SessionEnd end)
    {
        var listener = session.Listener!.Listener;
        var (snapshot, admission) = (listener.Service.Snapshot!, listener.Admission);
        var client = session.Key.Client.ToEndPoint().Address;
        end = SessionEnd.NotAdmitted;
        if (admission is not null && !admission.Admits(client)) return false;
        end = SessionEnd.EndpointLeft;
        if (!snapshot.EndpointsFor(listener.Address.Kind, client, session.Key.Local.ToIPAddress(), _services.Own).Contains(session.Endpoint)) return false;
        session.Snapshot = snapshot;
        session.Admission = admission;
        return true;
    }

    private void Enter(UdpSession session)
    {
        var sessions = session.Listener!;
        sessions.Add(session);
        session.Client.Add(session);
        Count++;
        sessions.Counters.CountStarted();
        sessions.Listener.Service.Counters.CountAccepted();
        if (sessions.ActiveIndex >= 0) return;
        sessions.ActiveIndex = _active.Count;
        _active.Add(sessions);
    }

    private void End(UdpSession session, SessionEnd end, long now)
    {
        var sessions = session.Listener!;
        if (session.Peer is null) end = SessionEnd.Refused;
        else LeaveEndpoint(session, now);
        if (_services.Log.IsEnabled(Microsoft.Extensions.Logging.LogLevel.Debug)) LogEnd(session, end, now);
        sessions.Remove(session);
        session.Client.Remove(session);
        if (session.Client.Count == 0)
        {
            _byClient.Remove(session.Key.Client.Address);
            _unusedLists.Push(session.Client);
        }

        Count--;
        sessions.Counters.CountEnded(end);
        session.Clear();
        _unusedSessions.Push(session);
        if (sessions.Count == 0) Deactivate(sessions);
    }

    private void Deactivate(ListenerSessions sessions)
    {
        var last = _active[^1];
        _active[sessions.ActiveIndex] = last;
        last.ActiveIndex = sessions.ActiveIndex;
        _active.RemoveAt(_active.Count - 1);
        sessions.ActiveIndex = -1;
    }

    /// <summary>Gives back the port and settles the endpoint's account.</summary>
    private void LeaveEndpoint(UdpSession session, long now)
    {
        // Where no answer is to come, its last datagram counts; else one may come for as long as anybody waits for it from now on.
        PortsOf(session.Peer!.Address.Family).Return(session.Peer, session.Port, session.IsSettled, session.IsSettled ? session.ActiveAt : now);
        session.Endpoint.Closed(0, 0);
        session.LosePlace();
    }

    private void Touch(UdpSession session, long now)
    {
        session.ActiveAt = now;
        if (now - session.ListedAt < _grain) return;
        session.ListedAt = now;
        session.Listener!.MoveToBack(session);
        session.Client.MoveToBack(session);
    }

    private SessionList ClientListOf(ClientAddress client)
    {
        if (_byClient.TryGetValue(client, out var list)) return list;
        list = _unusedLists.TryPop(out var unused) ? unused : new SessionList(ofClient: true);
        _byClient[client] = list;
        return list;
    }

    private void LogEnd(UdpSession session, SessionEnd end, long now)
    {
        var listener = session.Listener!.Listener;
        _services.Log.SessionEnded(
            listener.Service.Name,
            session.Key.Client.ToEndPoint(),
            new IPEndPoint(session.Key.Local.ToIPAddress(), listener.Address.Port),
            session.Endpoint.Address,
            end.Name(),
            session.BytesIn,
            session.BytesOut,
            _services.Time.GetElapsedTime(session.StartedAt, now).TotalMilliseconds);
    }

    private static bool Refuse(ListenerSessions sessions, DatagramDrop drop)
    {
        sessions.Counters.CountDropped(drop);
        return false;
    }

    private static bool Drop(out UpstreamTarget target)
    {
        target = default;
        return false;
    }

    private UpstreamPorts CreatePorts(AddressFamily family, IUpstreamSockets sockets) =>
        new(port => sockets.TryOpen(family, port), port => sockets.Close(family, port), Units(PortRest), Units(ShortPortRest), _answerTime, _limits.AmplePorts);

    private UpstreamPorts PortsOf(AddressFamily family) => family == AddressFamily.InterNetwork ? _ports4 : _ports6;

    private long Units(TimeSpan time) => (long)(time.TotalSeconds * _services.Time.TimestampFrequency);
}
