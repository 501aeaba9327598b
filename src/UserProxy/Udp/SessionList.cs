namespace UserProxy.Udp;

/// <summary>
/// Sessions in the order in which they were last active, as a list through the sessions themselves: enter, leave and go to the back in O(1), nothing allocated.
/// A session is in two lists: that of its listener and class, and that of its client.
/// </summary>
internal sealed class SessionList(bool ofClient = false)
{
    private UdpSession? _last;

    public int Count { get; private set; }

    /// <summary>The one that has been quiet for longest.</summary>
    public UdpSession? First { get; private set; }

    public void Add(UdpSession session)
    {
        Count++;
        ref var links = ref LinksOf(session);
        links.Next = null;
        links.Previous = _last;
        if (_last is null) First = session;
        else LinksOf(_last).Next = session;
        _last = session;
    }

    public void Remove(UdpSession session)
    {
        Count--;
        ref var links = ref LinksOf(session);
        if (links.Previous is null) First = links.Next;
        else LinksOf(links.Previous).Next = links.Next;
        if (links.Next is null) _last = links.Previous;
        else LinksOf(links.Next).Previous = links.Previous;
        links = default;
    }

    public void MoveToBack(UdpSession session)
    {
        if (ReferenceEquals(_last, session)) return;
        Remove(session);
        Add(session);
    }

    private ref SessionLinks LinksOf(UdpSession session) => ref ofClient ? ref session.OfClient : ref session.OfClass;
}

/// <summary>A session's place in one <see cref="SessionList"/>.</summary>
internal struct SessionLinks
{
    public UdpSession? Next;
    public UdpSession? Previous;
}
