using UserProxy.Scheduling;

namespace UserProxy.Udp;

/// <summary>
/// Which sessions there are: of which listeners, and of which clients. Sessions and lists that are not in use wait here to be used again: churn takes tens of
/// thousands a second. Kept by the parts of a <see cref="SessionTable"/>.
/// </summary>
internal sealed class SessionRegister
{
    /// <summary>Listeners with sessions.</summary>
    private readonly List<ListenerSessions> _active = [];

    private readonly Dictionary<ClientAddress, SessionList> _byClient = [];
    private readonly Stack<UdpSession> _unusedSessions = new();
    private readonly Stack<SessionList> _unusedLists = new();

    /// <summary>All sessions. Some have no endpoint until their client's next datagram.</summary>
    public int Count { get; private set; }

    /// <summary>To be walked from the back: a listener leaves it when its last session ends.</summary>
    public IReadOnlyList<ListenerSessions> Active => _active;

    /// <summary>A session that has begun; when it is not new, in another process, which has counted it.</summary>
    public void Enter(UdpSession session, bool isNew = true)
    {
        var sessions = session.Listener!;
        sessions.Add(session);
        session.Client.Add(session);
        Count++;
        sessions.Counters.CountStarted();
        if (isNew) sessions.Listener.Service.Counters.CountAccepted();
        if (sessions.ActiveIndex >= 0) return;
        sessions.ActiveIndex = _active.Count;
        _active.Add(sessions);
    }

    /// <summary>One that has ended; it may be used again.</summary>
    public void Remove(UdpSession session)
    {
        var sessions = session.Listener!;
        sessions.Remove(session);
        session.Client.Remove(session);
        if (session.Client.Count == 0)
        {
            _byClient.Remove(session.Key.Client.Address);
            _unusedLists.Push(session.Client);
        }

        Count--;
        session.Clear();
        _unusedSessions.Push(session);
        if (sessions.Count == 0) Deactivate(sessions);
    }

    public bool TryTakeUnused(out UdpSession session) => _unusedSessions.TryPop(out session!);

    /// <summary>One that was taken, or made, and is not needed.</summary>
    public void PutBack(UdpSession session) => _unusedSessions.Push(session);

    /// <summary>Keeps up to <paramref name="most"/> unused sessions and lists. Returns how many sessions were dropped.</summary>
    public int DropUnused(int most)
    {
        while (_unusedLists.Count > most) _unusedLists.Pop();
        int surplus = Math.Max(0, _unusedSessions.Count - most);
        for (int i = 0; i < surplus; i++) _unusedSessions.Pop();
        return surplus;
    }

    /// <summary>The client's sessions; null when it has none.</summary>
    public SessionList? Find(ClientAddress client) => _byClient.GetValueOrDefault(client);

    public SessionList ListOf(ClientAddress client)
    {
        if (_byClient.TryGetValue(client, out var list)) return list;
        list = _unusedLists.TryPop(out var unused) ? unused : new SessionList(ofClient: true);
        _byClient[client] = list;
        return list;
    }

    /// <summary>Of at least one: who has most pays for a table that is full.</summary>
    public ListenerSessions Largest()
    {
        var largest = _active[0];
        foreach (var sessions in _active)
        {
            if (sessions.Count > largest.Count) largest = sessions;
        }

        return largest;
    }

    private void Deactivate(ListenerSessions sessions)
    {
        var last = _active[^1];
        _active[sessions.ActiveIndex] = last;
        last.ActiveIndex = sessions.ActiveIndex;
        _active.RemoveAt(_active.Count - 1);
        sessions.ActiveIndex = -1;
    }
}
