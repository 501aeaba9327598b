using UserProxy.Policy;

namespace UserProxy.Udp;

/// <summary>
/// The sockets of one loop and family that have clients' addresses, one for each session that is kept. A socket that its session has left rests: it stays open,
/// and what comes late is read and dropped. Its own client flow may go on with it. Where sockets are short the one whose rest ends first is closed, and
/// <see cref="UnrestedKeptPorts"/> keeps its port from others. Kept by <see cref="UpstreamPools"/>; no system calls in here.
/// </summary>
/// <param name="sockets">Opens and closes them.</param>
/// <param name="pool">Theirs.</param>
/// <param name="times">For how long they rest.</param>
/// <param name="mostResting">How many may.</param>
/// <param name="unrested">Of all loops.</param>
internal sealed class KeptPorts(IUpstreamSockets sockets, PoolKey pool, SessionTimes times, int mostResting, UnrestedKeptPorts unrested)
{
    /// <summary>For one session: the kernel chooses ports at random, and may choose some that have to rest.</summary>
    private const int Tries = 16;

    /// <summary>By number; null for one that is closed.</summary>
    private readonly List<KeptPort?> _ports = [];

    /// <summary>Numbers below the highest that are free: the lowest first, so that the transport's list can shrink.</summary>
    private readonly PriorityQueue<int, int> _free = new();

    private readonly SortedSet<(long Until, int Port)> _resting = [];

    /// <summary>Those that rest, by whose they were.</summary>
    private readonly Dictionary<KeptFlow, int> _left = [];

    private readonly HashSet<int> _adopted = [];

    private long _adoptedAt;

    /// <param name="session">Is entered at the socket.</param>
    /// <param name="flow">The session's.</param>
    /// <param name="source">The socket's address.</param>
    /// <param name="now">Timestamp.</param>
    /// <param name="port">The number of the socket, if it is open.</param>
    public UpstreamOpening Take(UdpSession session, in KeptFlow flow, DialSource source, long now, out int port)
    {
        if (_left.TryGetValue(flow, out port))
        {
            EndRest(port).Session = session;
            return UpstreamOpening.Opened;
        }

        for (int tries = 0; tries < Tries; tries++)
        {
            port = _free.Count > 0 ? _free.Peek() : _ports.Count;
            var opening = sockets.Open(pool, port, source, flow.Endpoint);
            if (opening == UpstreamOpening.NoneLeft && TryCloseFirst(now)) continue;
            if (opening != UpstreamOpening.Opened) return opening;
            var opened = Enter(port);
            if (!unrested.TryTake(new KeptPlace(sockets.SourceOf(pool, port), flow.Endpoint), now, out var rest) || rest.Flow == flow)
            {
                opened.Session = session;
                return opening;
            }

            // Keep it open while it rests: the kernel then cannot give us that port again.
            (opened.Flow, opened.Source, opened.OwesUntil) = (rest.Flow, rest.Place.Source, rest.Until);
            Rest(port, rest.Until, now);
        }

        return UpstreamOpening.AllRest;
    }

    /// <summary>The socket of a session that leaves it rests from then on.</summary>
    public void Return(UdpSession session, AnswerDebt debt, long at)
    {
        var port = _ports[session.Port]!;
        port.Session = null;
        port.Flow = new KeptFlow(session.Listener!, session.Key, session.Target);
        port.Source = session.Source!.Value;
        port.OwesUntil = at + (debt == AnswerDebt.Owing ? times.PortRest : times.Answer);
        Rest(session.Port, at + (debt == AnswerDebt.Settled ? times.ShortPortRest : times.PortRest), at);
    }

    /// <summary>The session that talks to <paramref name="endpoint"/> by this socket; null for none.</summary>
    public UdpSession? Find(int port, in DatagramAddress endpoint) =>
        PortOf(port)?.Session is { } session && session.Target == endpoint ? session : null;

    /// <summary>A datagram came that was for no session: a socket that rests does so from then on.</summary>
    public void MetStray(int port, in DatagramAddress endpoint, long now)
    {
        if (PortOf(port) is not { Session: null } resting || resting.Flow.Endpoint != endpoint) return;
        EndRest(port);
        resting.OwesUntil = now + times.PortRest;
        Rest(port, resting.OwesUntil, now);
    }

    /// <summary>Closes those that have rested.</summary>
    public void Sweep(long now)
    {
        while (_resting.Count > 0 && _resting.Min.Until <= now) TryCloseFirst(now);
    }

    /// <summary>A socket of another process, which is open here now. Only before the first session.</summary>
    public void Adopt(int port, long now)
    {
        while (_ports.Count < port)
        {
            _free.Enqueue(_ports.Count, _ports.Count);
            _ports.Add(null);
        }

        if (port == _ports.Count)
        {
            _ports.Add(new KeptPort());
        }
        else
        {
            _free.Remove(port, out _, out _);
            _ports[port] = new KeptPort();
        }

        _adopted.Add(port);
        _adoptedAt = now;
    }

    /// <summary>Enters a session at the socket that it had in another process; false when that is not to be had.</summary>
    public bool TryEnterAdopted(UdpSession session, int port)
    {
        if (!_adopted.Remove(port)) return false;
        _ports[port]!.Session = session;
        return true;
    }

    /// <summary>All sessions of the other process are entered. The other sockets rested there, or lost their sessions on the way.</summary>
    public void EndAdoption()
    {
        foreach (int port in _adopted) Rest(port, _adoptedAt + times.PortRest, _adoptedAt);
        _adopted.Clear();
    }

    private KeptPort? PortOf(int port) => (uint)port < (uint)_ports.Count ? _ports[port] : null;

    private KeptPort Enter(int port)
    {
        var opened = new KeptPort();
        if (port == _ports.Count) _ports.Add(opened);
        else _ports[_free.Dequeue()] = opened;
        return opened;
    }

    private void Rest(int number, long until, long now)
    {
        var port = _ports[number]!;
        port.RestsUntil = until;
        _resting.Add((until, number));
        if (port.Flow.Listener is not null) _left.TryAdd(port.Flow, number);
        if (_resting.Count > mostResting) TryCloseFirst(now);
    }

    private KeptPort EndRest(int number)
    {
        var port = _ports[number]!;
        _resting.Remove((port.RestsUntil, number));
        if (_left.TryGetValue(port.Flow, out int left) && left == number) _left.Remove(port.Flow);
        return port;
    }

    /// <summary>Closes the one whose rest ends first, for a descriptor; false when none rests.</summary>
    public bool TryCloseFirst(long now)
    {
        if (_resting.Count == 0) return false;
        int number = _resting.Min.Port;
        var port = EndRest(number);
        if (port.OwesUntil > now) unrested.Add(new KeptRest(new KeptPlace(port.Source, port.Flow.Endpoint), port.Flow, port.OwesUntil), now);
        _ports[number] = null;
        _free.Enqueue(number, number);
        sockets.Close(pool, number);
        return true;
    }

    private sealed class KeptPort
    {
        /// <summary>Null while it rests.</summary>
        public UdpSession? Session;

        /// <summary>Of the session that has left it; the default for one of another process.</summary>
        public KeptFlow Flow;

        public DatagramAddress Source;

        /// <summary>When it is closed.</summary>
        public long RestsUntil;

        /// <summary>Nobody else may have its port before, though it may be closed when sockets are short.</summary>
        public long OwesUntil = long.MinValue;
    }
}
