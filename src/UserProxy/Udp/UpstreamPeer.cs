namespace UserProxy.Udp;

/// <summary>
/// Which port of a loop belongs to which session, for endpoints that may answer for each other: a Pod's addresses, or all that no Pod is named for, of one port
/// number. A port serves as many sessions as there are peers; towards one peer it serves one, so that no answer finds another client.
/// Towards a peer a port is used (it has a session), then resting (an answer to that session may still come), then rested (free to be used again).
/// </summary>
internal sealed class UpstreamPeer
{
    /// <summary>Resting; all declared answers came. In the order of the last datagrams.</summary>
    private readonly PriorityQueue<int, long> _settled = new();

    /// <summary>Resting; the protocol (DNS) suggests that all answers came. In the same order.</summary>
    private readonly PriorityQueue<int, long> _presumed = new();

    /// <summary>Resting; an answer may still come, or something has come since. In the order in which they were left.</summary>
    private readonly Queue<(int Port, long At)> _owing = new();

    /// <summary>Rested. The lowest first, so that the others fall out of use and can be closed.</summary>
    private readonly PriorityQueue<int, int> _rested = new();

    /// <summary>Rested, but found closed when none could be opened: kept apart, so that they are not in the way of those that are open.</summary>
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
        while (TakeSettled(restedBefore) is var port and >= 0) _rested.Enqueue(port, port);
        while (TakeFrom(_presumed, restedBefore) is var port and >= 0) _rested.Enqueue(port, port);
        while (TakeOwing(restedBefore) is var port and >= 0) _rested.Enqueue(port, port);
        int lowest = TryPeek(_rested, restedBefore, out int rested) ? rested : _unused;
        return TryPeek(_closed, restedBefore, out int closed) ? Math.Min(lowest, closed) : lowest;
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
    /// A free and rested port that is open, for when the lowest is not and cannot be; -1 for none. Looks at many only the first time: each that is closed is
    /// put aside once between two sessions.
    /// </summary>
    /// <param name="count">Ports from this one on are closed.</param>
    /// <param name="restedBefore">As for <see cref="LowestRested"/>.</param>
    /// <param name="isOpen">Whether one of the others is open.</param>
    public int TakeOpen(int count, long restedBefore, Func<int, bool> isOpen)
    {
        while (TryPeek(_rested, restedBefore, out int port))
        {
            _rested.Dequeue();
            if (isOpen(port)) return port;
            _closed.Enqueue(port, port);
        }

        while (_unused < count)
        {
            int port = _unused++;
            if (isOpen(port)) return port;
            _closed.Enqueue(port, port);
        }

        return TakeReopened(restedBefore, isOpen);
    }

    /// <summary>Takes the port whose last datagram is oldest, of the ports that are declared to be owed no answer; -1 when none has been quiet since.</summary>
    public int TakeSettled(long quietSince) => TakeFrom(_settled, quietSince);

    /// <summary>As <see cref="TakeSettled"/>, and also of the ports whose protocol makes another answer unlikely.</summary>
    public int TakeSettledOrPresumed(long quietSince)
    {
        bool isSettledFirst = !_presumed.TryPeek(out _, out long presumedAt) || (_settled.TryPeek(out _, out long settledAt) && settledAt <= presumedAt);
        var (first, second) = isSettledFirst ? (_settled, _presumed) : (_presumed, _settled);
        return TakeFrom(first, quietSince) is var port and >= 0 ? port : TakeFrom(second, quietSince);
    }

    /// <summary>A port that has met a stray since is owed an answer after all.</summary>
    private int TakeFrom(PriorityQueue<int, long> settled, long quietSince)
    {
        while (settled.TryPeek(out int port, out long at) && at <= quietSince)
        {
            settled.Dequeue();
            long strayAt = _strayAt[port];
            if (strayAt < at) return port;
            _owing.Enqueue((port, strayAt));
        }

        return -1;
    }

    /// <summary>Takes the port that was left first; -1 when none was left, and met its last stray, before <paramref name="leftBefore"/>.</summary>
    private int TakeOwing(long leftBefore)
    {
        while (_owing.TryPeek(out var first) && first.At <= leftBefore)
        {
            _owing.Dequeue();
            long strayAt = _strayAt[first.Port];
            if (strayAt <= leftBefore) return first.Port;
            _owing.Enqueue((first.Port, strayAt));
        }

        return -1;
    }

    /// <summary>Looks at the lowest few closed ports: sessions with other endpoints may have opened them since.</summary>
    private int TakeReopened(long restedBefore, Func<int, bool> isOpen)
    {
        Span<int> closed = stackalloc int[Looks];
        int looks = 0, found = -1;
        while (looks < Looks && _closed.TryDequeue(out int port, out _))
        {
            if (isOpen(port) && IsQuiet(port, restedBefore))
            {
                found = port;
                break;
            }

            closed[looks++] = port;
        }

        foreach (int port in closed[..looks]) _closed.Enqueue(port, port);
        return found;
    }

    public void Enter(int port, UdpSession session)
    {
        MakePlaces(port + 1);
        _sessions[port] = session;
        Count++;
    }

    private void MakePlaces(int count)
    {
        if (count <= _sessions.Length) return;
        int length = Math.Max(4, Math.Max(count, _sessions.Length * 2));
        Array.Resize(ref _sessions, length);
        int known = _strayAt.Length;
        Array.Resize(ref _strayAt, length);
        _strayAt.AsSpan(known).Fill(long.MinValue);
    }

    /// <summary>
    /// Of the ports below <paramref name="count"/>, which another process has used, those without a session rest from <paramref name="at"/> on: answers to
    /// sessions that have ended there may come.
    /// </summary>
    public void RestOthers(int count, long at)
    {
        if (count <= _unused) return;
        MakePlaces(count);
        for (int port = _unused; port < count; port++)
        {
            if (_sessions[port] is null) _owing.Enqueue((port, at));
        }

        _unused = count;
        _lastActiveAt = Math.Max(_lastActiveAt, at);
    }

    /// <param name="port">Its session ends.</param>
    /// <param name="debt">What may still come for it.</param>
    /// <param name="at">The port rests from then on.</param>
    public void Leave(int port, AnswerDebt debt, long at)
    {
        _sessions[port] = null;
        Count--;
        if (debt == AnswerDebt.Owing) _owing.Enqueue((port, at));
        else (debt == AnswerDebt.Settled ? _settled : _presumed).Enqueue(port, at);
        _lastActiveAt = Math.Max(_lastActiveAt, at);
    }

    /// <summary>
    /// Picks a session to evict when no port is left; null if all are worth more than a new one. Samples up to <see cref="Looks"/> sessions.
    /// The first choice owes no answer: its port can be used again at once.
    /// The second has waited for its answer in vain: its port must rest first. It is spared if as many ports rest as serve.
    /// Where nearly all places are empty, it may take a few calls to find a session.
    /// </summary>
    /// <param name="count">Ports from this one on are closed since a crowd left, and serve nobody.</param>
    /// <param name="quietSince">An answer to what was sent after it may be on its way.</param>
    public UdpSession? ChooseVictim(int count, long quietSince)
    {
        UdpSession? established = null, other = null;
        int seen = 0, seenEstablished = 0;
        int used = Math.Min(_sessions.Length, Math.Min(_unused, count));
        int looks = Math.Min(Looks, Count);
        // Neighbours are of one kind: they came together.
        int stride = Math.Max(1, used / Looks);
        for (int i = Math.Min(MostPlaces, used); i > 0 && seen < looks; i--)
        {
            _hand = _hand + stride < used ? _hand + stride : ((_hand % stride) + 1) % stride;
            if (_sessions[_hand] is not { } session) continue;
            seen++;
            bool isEstablished = session.Class == SessionClass.Established;
            if (isEstablished) seenEstablished++;
            if (session.ActiveAt > quietSince) continue;
            if (isEstablished) KeepLesser(ref established, session);
            else KeepLesser(ref other, session);
        }

        var victim = ListenerSessions.AreNearlyAll(seenEstablished, seen) ? established : other;
        return victim is null || victim.OwesNothing || _owing.Count < Count ? victim : null;
    }

    /// <summary>No session is left, and every port has rested: nothing is to be remembered.</summary>
    public bool IsForgettable(long restedBefore) => Count == 0 && _lastActiveAt <= restedBefore;

    /// <summary>A session that is owed nothing is worth less than one that is owed an answer. Of two of a kind the older one is.</summary>
    private static void KeepLesser(ref UdpSession? least, UdpSession session)
    {
        if (least is null || (least.OwesNothing == session.OwesNothing ? session.ActiveAt < least.ActiveAt : session.OwesNothing)) least = session;
    }

    /// <summary>The lowest rested port. A port that has met a stray since rests once more.</summary>
    private bool TryPeek(PriorityQueue<int, int> rested, long restedBefore, out int port)
    {
        while (rested.TryPeek(out port, out _))
        {
            if (IsQuiet(port, restedBefore)) return true;
            _owing.Enqueue((port, _strayAt[rested.Dequeue()]));
        }

        return false;
    }

    /// <summary>No stray has come since.</summary>
    private bool IsQuiet(int port, long since) => port >= _strayAt.Length || _strayAt[port] <= since;
}
