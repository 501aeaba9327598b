namespace UserProxy.Udp;

/// <summary>
/// Our own UDP ports of one loop and address family, each a socket that the transport opens when it is told to, and which sessions they serve. Shared by all
/// Services: as many are needed as the busiest endpoint has sessions, not as there are sessions (see docs/decisions/0016). No system calls in here.
/// </summary>
/// <param name="open">Opens one more socket, whose index is <see cref="Count"/>; false when it cannot be had.</param>
/// <param name="close">Closes the one with the highest index.</param>
/// <param name="rest">Timestamp units that a port is not used again towards the same endpoint: an answer that comes late must not go to another client.</param>
internal sealed class UpstreamPorts(Func<bool> open, Action close, long rest)
{
    private readonly Dictionary<DatagramAddress, UpstreamPeer> _peers = [];

    /// <summary>How many sessions each open port serves.</summary>
    private readonly List<int> _uses = [];

    /// <summary>Since when the port with the highest index has served nobody.</summary>
    private long? _idleSince;

    /// <summary>Open ports.</summary>
    public int Count => _uses.Count;

    /// <summary>
    /// Finds a port for <paramref name="session"/> towards an endpoint. In a pinch one that has not rested; false when each is taken and no more can be opened.
    /// </summary>
    public bool TryTake(in DatagramAddress endpoint, UdpSession session, long now, out UpstreamPeer peer, out int port)
    {
        if (!_peers.TryGetValue(endpoint, out peer!)) _peers[endpoint] = peer = new UpstreamPeer(endpoint);
        port = peer.TakeRested(Count, now - rest);
        if (port < 0 && open())
        {
            _uses.Add(0);
            port = peer.TakeRested(Count, now - rest);
        }

        if (port < 0) port = peer.TakeOldest(Count);
        if (port < 0) return false;
        peer.Enter(port, session);
        _uses[port]++;
        // A short session may come and go between two sweeps.
        if (port == Count - 1) _idleSince = null;
        return true;
    }

    /// <param name="peer">Whom its session talked to.</param>
    /// <param name="port">The port.</param>
    /// <param name="activeAt">Timestamp of the session's last datagram.</param>
    public void Return(UpstreamPeer peer, int port, long activeAt)
    {
        peer.Leave(port, activeAt);
        _uses[port]--;
    }

    /// <summary>The session that talks to <paramref name="endpoint"/> by this port; null for none.</summary>
    public UdpSession? Find(int port, in DatagramAddress endpoint) => _peers.TryGetValue(endpoint, out var peer) ? peer.Find(port) : null;

    /// <summary>Forgets endpoints without sessions, and closes the last port when it has been idle for <paramref name="idle"/>. To be called now and then.</summary>
    public void Sweep(long now, long idle)
    {
        foreach (var (address, peer) in _peers)
        {
            if (peer.IsForgettable(now - rest)) _peers.Remove(address);
        }

        if (Count == 0 || _uses[^1] > 0)
        {
            _idleSince = null;
            return;
        }

        _idleSince ??= now;
        if (now - _idleSince < idle) return;
        // All of the unused ones at the end: after a crowd there may be thousands.
        while (Count > 0 && _uses[^1] == 0)
        {
            close();
            _uses.RemoveAt(_uses.Count - 1);
        }

        _idleSince = null;
    }
}
