using UserProxy.Policy;
using UserProxy.Scheduling;

namespace UserProxy.Udp;

/// <summary>
/// All UDP sessions of one loop: who belongs together, who gets which endpoint, and when it is over. Every member is called on the loop's own thread, by the
/// datagram transport, which does the sending; there are no system calls in here. Timestamps are those of the <see cref="TimeProvider"/>, read once
/// for a batch. How a session begins, finds room and ends is told by its parts.
/// </summary>
public sealed class SessionTable
{
    private readonly DatagramServices _services;
    private readonly SessionTimes _times;
    private readonly UpstreamPools _pools;
    private readonly SessionRegister _register = new();
    private readonly SessionEnding _ending;
    private readonly SessionRoom _room;
    private readonly SessionBeginning _beginning;
    private readonly SessionExpiry _expiry;

    internal SessionTable(DatagramServices services, SessionLimits limits, int mostResting, IUpstreamSockets sockets)
    {
        _services = services;
        _times = new SessionTimes(services.Time);
        _pools = new UpstreamPools(sockets, _times, limits.AmplePorts, mostResting, services.Unrested, services.Guard.Listeners);
        _ending = new SessionEnding(services, _register, _pools);
        _expiry = new SessionExpiry(_times, _register, _ending);
        _room = new SessionRoom(services, limits, _times, _register, _pools, _ending, _expiry);
        _beginning = new SessionBeginning(services, _register, _room, _ending, sockets);
    }

    /// <summary>All sessions. Some have no endpoint until their client's next datagram.</summary>
    public int Count => _register.Count;

    /// <summary>
    /// Where a client's datagram goes. Finds its session, or begins one. False when the datagram is to be dropped; the drop has been counted.
    /// </summary>
    public bool TryForward(ListenerSessions sessions, in SessionKey key, int length, long now, out UpstreamTarget target)
    {
        target = default;
        var listener = sessions.Listener;
        if (sessions.TryFind(key, out var session))
        {
            bool isCurrent = ReferenceEquals(session.Snapshot, listener.Service.Snapshot) && ReferenceEquals(session.Admission, listener.Admission);
            bool isLost = session.Source is not null && _services.Sources.IsGivenUp(session.Pool.Family);
            if ((!isCurrent || !session.IsPlaced || isLost) && !_beginning.TryRenew(ref session, now)) return false;
            if (session.Class is SessionClass.Answered or SessionClass.Done) sessions.Promote(session, SessionClass.Established);
        }
        else if (!_beginning.TryBegin(sessions, key, default, now, out session))
        {
            return false;
        }

        session.DatagramsIn++;
        session.BytesIn += length;
        session.Endpoint.Moved(length, 0);
        sessions.Counters.CountIn(length);
        Touch(session, now);
        target = new UpstreamTarget(session.Target, session.Pool, session.Port) { Header = session.Header };
        return true;
    }

    /// <summary>A client's datagram whose hops are used up: a router would drop it, too. It is counted, and has gone round most likely.</summary>
    public void DropLast(ListenerSessions sessions, in SessionKey key)
    {
        _services.Loops.ReportNoHopLeft(sessions.Listener.Service, key.Client.ToEndPoint());
        sessions.Refuse(DatagramDrop.Loop);
    }

    /// <summary>
    /// Which client gets an endpoint's datagram. False when no session talks to <paramref name="endpoint"/> by this port: the datagram came too late, from
    /// another address than was asked, or is forged.
    /// </summary>
    public bool TryAnswer(PoolKey pool, int port, in DatagramAddress endpoint, int length, long now, out ClientTarget target)
    {
        if (_pools.Find(pool, port, endpoint) is not { Listener: { } sessions } session)
        {
            _pools.MetStray(pool, port, endpoint, now);
            _services.CountUnexpected();
            target = default;
            return false;
        }

        target = new ClientTarget(sessions, session.Key.Client, session.Key.Local);
        if (session.Class == SessionClass.Unanswered) sessions.Promote(session, SessionClass.Answered);
        session.Endpoint.Answered(now, session.Source is not null);
        session.Endpoint.Moved(0, length);
        session.DatagramsOut++;
        session.BytesOut += length;
        sessions.Counters.CountOut(length);
        Touch(session, now);
        if (session.HasAllResponses)
        {
            // With many ports open its own could not go to others at once: a client that goes on keeps it, instead of using up one with each question.
            if (pool.IsKept || _pools.Of(pool).AreMany(now)) sessions.Promote(session, SessionClass.Done);
            else _ending.End(session, SessionEnd.Responses, now);
        }

        return true;
    }

    /// <summary>
    /// An endpoint's host said that nobody is there (ICMP), or it cannot be reached: a failed dial. The session's next datagram goes to another endpoint.
    /// </summary>
    /// <param name="pool">Of the port.</param>
    /// <param name="port">Our port that it was sent from.</param>
    /// <param name="endpoint">Where it was sent to.</param>
    /// <param name="outcome">What was said.</param>
    /// <param name="now">Timestamp.</param>
    /// <param name="by">
    /// The host that refused. Ports are shared, so any Pod knows one. The word of a stranger ends a session, but is not held against the endpoint.
    /// </param>
    public void EndpointRefused(PoolKey pool, int port, in DatagramAddress endpoint, ConnectOutcome outcome, long now, ClientAddress by = default)
    {
        if (_pools.Find(pool, port, endpoint) is not { Listener: { } sessions } session) return;
        var listener = sessions.Listener;
        var client = session.Key.Client.ToEndPoint();
        bool isFirstHand = by == default || by == endpoint.Address || _services.Own.Scope.IsOwnAddress(by.ToIPAddress());
        if (isFirstHand)
        {
            session.Snapshot.Refused(listener.CallerOf(client.Address, session.Key), session.Endpoint);
            session.Endpoint.Note(outcome.ToLastDial(), now, session.Source is not null);
        }

        listener.Service.Counters.CountConnectFailure(outcome);
        _services.Log.DatagramRefused(listener.Service.Name, session.Endpoint.Address, client, outcome);
        _ending.LeaveEndpoint(session, now);
    }

    /// <summary>
    /// The listener's endpoints, or the clients that it lets in, have changed. Sessions that are no longer allowed end now, not at their next datagram.
    /// </summary>
    public void Revalidate(ListenerSessions sessions, long now)
    {
        foreach (var session in sessions.ToArray())
        {
            if (session.IsPlaced && !_beginning.IsRenewed(session, out var end)) _ending.End(session, end, now);
        }
    }

    /// <summary>The listener's socket has left the loop.</summary>
    public void Detach(ListenerSessions sessions, long now)
    {
        foreach (var session in sessions.ToArray()) _ending.End(session, SessionEnd.Closed, now);
    }

    /// <summary>All that go on in another process: those of one of the listener's sockets, which has the number <paramref name="socket"/>.</summary>
    public void CopyTo(List<HandedSession> copies, ListenerSessions sessions, int socket, long now) => copies.AddRange(
        from session in sessions.ToArray()
        where session.IsPlaced
        select new HandedSession(
            DatagramAddress.From(sessions.Listener.Address.EndPoint), socket, session.Key.Client, session.Key.Local, session.Target, session.Pool.OfPods,
            session.Port, HandedSession.ClassOf(session.Class, session.Source is not null), _services.Time.GetElapsedTime(session.StartedAt, now),
            _services.Time.GetElapsedTime(session.ActiveAt, now),
            session.DatagramsIn, session.DatagramsOut, session.BytesIn, session.BytesOut));

    /// <summary>A port of another process. Its socket is open here, and nothing has been sent by it yet.</summary>
    public void AdoptPort(PoolKey pool, int port, long now) => _pools.Adopt(pool, port, now);

    /// <summary>A session of another process, whose port was adopted. False when it cannot go on under what is declared here.</summary>
    public bool TryAdopt(ListenerSessions sessions, in HandedSession handed, long now) => _beginning.TryAdopt(sessions, handed, _pools, _times, now);

    /// <summary>To be called after the last session.</summary>
    public void EndAdoption() => _pools.EndAdoption();

    public SessionCopy Copy(ListenerSessions sessions) => new(sessions, _services.Time, _services.Ids);

    /// <summary>Ends what has been quiet for too long. To be called a few times a second.</summary>
    public void Sweep(long now)
    {
        _expiry.EndQuiet(now);
        _room.DropUnused();
        _pools.Sweep(now, _times.PortIdle);
    }

    private void Touch(UdpSession session, long now)
    {
        session.ActiveAt = now;
        if (now - session.ListedAt < _times.Grain) return;
        session.ListedAt = now;
        session.Listener!.MoveToBack(session);
        session.Client.MoveToBack(session);
    }
}

/// <summary>Where a client's datagram goes: to an endpoint, from one of the loop's ports.</summary>
public readonly record struct UpstreamTarget(DatagramAddress Endpoint, PoolKey Pool, int Port)
{
    /// <summary>What goes before the datagram; null is nothing.</summary>
    public byte[]? Header { get; init; }
}

/// <summary>Where an endpoint's datagram goes: to a client, from the address that the client has written to.</summary>
public readonly record struct ClientTarget(ListenerSessions Listener, DatagramAddress Client, ClientAddress Local);
