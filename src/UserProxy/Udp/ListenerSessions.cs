namespace UserProxy.Udp;

/// <summary>
/// The sessions of one listener on one loop: found by their flow, and listed by class in the order of their last activity. Given to the datagram transport,
/// which names it with every datagram that its socket receives; its members are the <see cref="SessionTable"/>'s.
/// </summary>
public sealed class ListenerSessions
{
    private readonly Dictionary<SessionKey, UdpSession> _byKey = [];
    private readonly SessionList[] _byClass = [new(), new(), new(), new()];

    public ListenerSessions(UdpServiceListener listener, object socket)
    {
        Listener = listener;
        Socket = socket;
    }

    public UdpServiceListener Listener { get; }

    /// <summary>The transport's own, by which it sends the answers.</summary>
    public object Socket { get; }

    /// <summary>Those who count its datagrams.</summary>
    public UdpCounters Counters => Listener.Service.Udp;

    internal int Count => _byKey.Count;

    /// <summary>Its place in the table's list of listeners with sessions; -1 while it has none.</summary>
    internal int ActiveIndex { get; set; } = -1;

    /// <summary>
    /// The session that is worth least; there is at least one. In this order: a session that is about to end; the oldest without an answer, unless one may be
    /// on its way; the oldest whose client has not come back after its answer. Where clients have come back in nearly all sessions, the oldest of those comes
    /// second: such clients ask a few times and never again.
    /// </summary>
    /// <param name="waitingSince">An answer to what was sent after it may be on its way.</param>
    internal UdpSession Least(long waitingSince)
    {
        if (Oldest(SessionClass.Done) is { } done) return done;
        var established = _byClass[(int)SessionClass.Established];
        if (AreNearlyAll(established.Count, Count)) return established.First!;
        var unanswered = Oldest(SessionClass.Unanswered);
        if (unanswered is not null && unanswered.ActiveAt <= waitingSince) return unanswered;
        return Oldest(SessionClass.Answered) ?? unanswered ?? established.First!;
    }

    /// <summary>Four of five sessions are established: from here on they make room for others.</summary>
    internal static bool AreNearlyAll(int established, int all) => established > 0 && established * 5 >= all * 4;

    /// <summary>Counts a datagram that is not passed on; always false.</summary>
    internal bool Refuse(DatagramDrop drop)
    {
        Counters.CountDropped(drop);
        return false;
    }

    internal bool TryFind(in SessionKey key, out UdpSession session) => _byKey.TryGetValue(key, out session!);

    internal void Add(UdpSession session)
    {
        _byKey.Add(session.Key, session);
        _byClass[(int)session.Class].Add(session);
    }

    internal void Remove(UdpSession session)
    {
        _byKey.Remove(session.Key);
        _byClass[(int)session.Class].Remove(session);
    }

    internal void MoveToBack(UdpSession session) => _byClass[(int)session.Class].MoveToBack(session);

    internal void Promote(UdpSession session, SessionClass to)
    {
        _byClass[(int)session.Class].Remove(session);
        session.Class = to;
        _byClass[(int)to].Add(session);
    }

    internal UdpSession? Oldest(SessionClass @class) => _byClass[(int)@class].First;

    /// <summary>A copy: whoever walks it may end sessions.</summary>
    internal UdpSession[] ToArray() => [.. _byKey.Values];
}
