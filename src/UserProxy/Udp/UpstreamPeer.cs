namespace UserProxy.Udp;

/// <summary>
/// One endpoint address as the ports of a loop see it: which of them belongs to which session. A port serves as many sessions as there are endpoints; towards one
/// endpoint it serves one, so that an answer's source and port tell the session.
/// </summary>
internal sealed class UpstreamPeer(DatagramAddress address)
{
    /// <summary>In the order in which they were given back; not to be used again too soon.</summary>
    private readonly Queue<(int Port, long At)> _resting = new();

    /// <summary>Rested; the lowest first, so that the others fall out of use and can be closed.</summary>
    private readonly PriorityQueue<int, int> _rested = new();

    /// <summary>Rested too, but found closed when none could be opened: kept apart, so that they are not in the way of those that are open.</summary>
    private readonly PriorityQueue<int, int> _closed = new();

    /// <summary>How many are looked at when not all of them can be.</summary>
    private const int Looks = 16;

    /// <summary>Empty places count less.</summary>
    private const int MostPlaces = 1_024;

    private UdpSession?[] _sessions = [];

    /// <summary>By port, when the endpoint last sent something to nobody.</summary>
    private long[] _strayAt = [];

    private int _hand;

    /// <summary>Ports from this one on were never used towards it.</summary>
    private int _unused;

    private long _lastActiveAt = long.MinValue;

    public DatagramAddress Address { get; } = address;

    public int Count { get; private set; }

    public UdpSession? Find(int port) => (uint)port < (uint)_sessions.Length ? _sessions[port] : null;

    /// <summary>What the endpoint still sends to a session that has ended must not go to the next one.</summary>
    public void MetStray(int port, long now)
    {
        if ((uint)port >= (uint)_strayAt.Length) return;
        _strayAt[port] = now;
        _lastActiveAt = Math.Max(_lastActiveAt, now);
    }

    /// <summary>The lowest port, open or not, that is free and rested: there always is one that was never used.</summary>
    public int LowestRested(long restedBefore)
    {
        while (_resting.TryPeek(out var first) && first.At <= restedBefore) _rested.Enqueue(first.Port, _resting.Dequeue().Port);
        int lowest = _unused;
        while (_rested.TryPeek(out int rested, out _))
        {
            if (_strayAt[rested] <= restedBefore)
            {
                lowest = rested;
                break;
            }

            _resting.Enqueue((rested, _strayAt[_rested.Dequeue()]));
        }

        int port;
        return _closed.TryPeek(out port, out _) ? Math.Min(lowest, port) : lowest;
    }

    /// <summary>What <see cref="LowestRested"/> has just said.</summary>
    public void TakeLowest()
    {
        bool isRested = _rested.TryPeek(out int rested, out _);
        if (_closed.TryPeek(out int closed, out _) && (!isRested || closed < rested)) _closed.Dequeue();
        else if (isRested) _rested.Dequeue();
        else _unused++;
    }

    /// <summary>
    /// A free port that is open, for when the lowest is not and cannot be; in a pinch the one that has rested longest; -1 for none. Looks at many only the first time:
    /// each that is closed is put aside once between two sessions.
    /// </summary>
    /// <param name="count">Ports from this one on are closed.</param>
    /// <param name="isOpen">Whether one of the others is open.</param>
    public int TakeOpen(int count, Func<int, bool> isOpen)
    {
        while (_rested.TryDequeue(out int port, out _))
        {
            if (isOpen(port)) return port;
            _closed.Enqueue(port, port);
        }

        while (_unused < count)
        {
            int port = _unused++;
            if (isOpen(port)) return port;
            _closed.Enqueue(port, port);
        }

        int reopened = TakeReopened(isOpen);
        return reopened >= 0 ? reopened : TakeOldest(isOpen);
    }

    /// <summary>Of those that were closed the lowest few: sessions with other endpoints may have opened them since.</summary>
    private int TakeReopened(Func<int, bool> isOpen)
    {
        Span<int> closed = stackalloc int[Looks];
        int looks = 0, found = -1;
        while (looks < Looks && _closed.TryDequeue(out int port, out _))
        {
            if (isOpen(port))
            {
                found = port;
                break;
            }

            closed[looks++] = port;
        }

        foreach (int port in closed[..looks]) _closed.Enqueue(port, port);
        return found;
    }

    /// <summary>The port that has been free for longest, rested or not; -1 for none.</summary>
    private int TakeOldest(Func<int, bool> isOpen)
    {
        for (int i = _resting.Count; i > 0; i--)
        {
            var (port, at) = _resting.Dequeue();
            if (isOpen(port)) return port;
            _resting.Enqueue((port, at));
        }

        return -1;
    }

    public void Enter(int port, UdpSession session)
    {
        if (port >= _sessions.Length)
        {
            int length = Math.Max(4, Math.Max(port + 1, _sessions.Length * 2));
            Array.Resize(ref _sessions, length);
            int known = _strayAt.Length;
            Array.Resize(ref _strayAt, length);
            _strayAt.AsSpan(known).Fill(long.MinValue);
        }

        _sessions[port] = session;
        Count++;
    }

    public void Leave(int port, long activeAt)
    {
        _sessions[port] = null;
        Count--;
        _resting.Enqueue((port, activeAt));
        _lastActiveAt = Math.Max(_lastActiveAt, activeAt);
    }

    /// <summary>
    /// A session to give up when every port is taken; null when there is none. Not quite the oldest, but of a few that are looked at, going round, the one that is worth
    /// least: the lists are by listener, and several may share an endpoint. Where nearly all places are empty it may take a few calls to come upon one.
    /// </summary>
    /// <param name="count">Ports from this one on are closed since a crowd left, and serve nobody.</param>
    /// <param name="waitingSince">An answer to what was sent after it may be on its way.</param>
    public UdpSession? ChooseVictim(int count, long waitingSince)
    {
        UdpSession? least = null, oldestEstablished = null;
        int seen = 0, established = 0;
        int used = Math.Min(_sessions.Length, Math.Min(_unused, count));
        int looks = Math.Min(Looks, Count);
        for (int i = Math.Min(MostPlaces, used); i > 0 && seen < looks; i--)
        {
            _hand = _hand + 1 < used ? _hand + 1 : 0;
            if (_sessions[_hand] is not { } session) continue;
            seen++;
            if (least is null || Compare(session, least, waitingSince) < 0) least = session;
            if (session.Class != SessionClass.Established) continue;
            established++;
            if (oldestEstablished is null || session.ActiveAt < oldestEstablished.ActiveAt) oldestEstablished = session;
        }

        return SessionTable.AreNearlyAll(established, seen) ? oldestEstablished : least;
    }

    /// <summary>No session is left, and every port has rested: nothing is to be remembered.</summary>
    public bool IsForgettable(long restedBefore) => Count == 0 && _lastActiveAt <= restedBefore;

    private static int Compare(UdpSession one, UdpSession other, long waitingSince)
    {
        int rank = Rank(one, waitingSince) - Rank(other, waitingSince);
        return rank != 0 ? rank : one.ActiveAt.CompareTo(other.ActiveAt);
    }

    /// <summary>As <see cref="ListenerSessions.Least"/> has it.</summary>
    private static int Rank(UdpSession session, long waitingSince) => session.Class switch
    {
        SessionClass.Unanswered => session.ActiveAt <= waitingSince ? 0 : 2,
        SessionClass.Answered => 1,
        _ => 3,
    };
}
