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

    private const int Looks = 16;

    private UdpSession?[] _sessions = [];
    private int _hand;

    /// <summary>Ports from this one on were never used towards it.</summary>
    private int _unused;

    private long _lastActiveAt = long.MinValue;

    public DatagramAddress Address { get; } = address;

    public int Count { get; private set; }

    public UdpSession? Find(int port) => (uint)port < (uint)_sessions.Length ? _sessions[port] : null;

    /// <summary>The lowest port below <paramref name="open"/> that is free and rested; -1 for none.</summary>
    public int TakeRested(int open, long restedBefore)
    {
        while (_resting.TryPeek(out var first) && first.At <= restedBefore) _rested.Enqueue(first.Port, _resting.Dequeue().Port);
        while (_rested.TryPeek(out int port, out _))
        {
            // Those that have been closed since are met again when as many are open.
            if (port >= open) break;
            return _rested.Dequeue();
        }

        return _unused < open ? _unused++ : -1;
    }

    /// <summary>The port that has been free for longest, rested or not; -1 for none.</summary>
    public int TakeOldest(int open)
    {
        for (int i = _resting.Count; i > 0; i--)
        {
            var (port, at) = _resting.Dequeue();
            if (port < open) return port;
            _resting.Enqueue((port, at));
        }

        return -1;
    }

    public void Enter(int port, UdpSession session)
    {
        if (port >= _sessions.Length) Array.Resize(ref _sessions, Math.Max(4, Math.Max(port + 1, _sessions.Length * 2)));
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
    /// least: the lists are by listener, and several may share an endpoint.
    /// </summary>
    /// <param name="open">Open ports: those that have been closed since a crowd left serve nobody.</param>
    /// <param name="waitingSince">An answer to what was sent after it may be on its way.</param>
    public UdpSession? ChooseVictim(int open, long waitingSince)
    {
        UdpSession? least = null, oldestEstablished = null;
        int seen = 0, established = 0;
        int used = Math.Min(_unused, open);
        for (int i = 0; i < Math.Min(Looks, used); i++)
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
