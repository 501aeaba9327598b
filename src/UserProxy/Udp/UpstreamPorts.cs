using System.Runtime.InteropServices;

namespace UserProxy.Udp;

/// <summary>
/// Our own UDP ports of one loop and address family, each a socket that the transport opens and closes when it is told to, and which sessions they serve. Shared by
/// all Services: as many are needed as the busiest endpoint has sessions, not as there are sessions (see docs/decisions/0016). No system calls in here.
/// </summary>
internal sealed class UpstreamPorts
{
    private readonly Func<int, bool> _open;
    private readonly Action<int> _close;
    private readonly long _rest;
    private readonly Func<int, bool> _isOpen;
    private readonly Dictionary<DatagramAddress, UpstreamPeer> _peers = [];

    /// <summary>By number. Some may be closed, the last one never is.</summary>
    private readonly List<Port> _ports = [];

    /// <param name="open">Opens the socket of a number; false when it cannot be had.</param>
    /// <param name="close">Closes it.</param>
    /// <param name="rest">Timestamp units that a port is not used again towards the same endpoint: an answer that comes late must not go to another client.</param>
    public UpstreamPorts(Func<int, bool> open, Action<int> close, long rest)
    {
        _open = open;
        _close = close;
        _rest = rest;
        _isOpen = IsOpen;
    }

    /// <summary>Ports up to the highest that is open.</summary>
    public int Count => _ports.Count;

    public bool IsOpen(int port) => (uint)port < (uint)_ports.Count && _ports[port].IsOpen;

    /// <summary>
    /// Finds a port for <paramref name="session"/> towards an endpoint. In a pinch one that has not rested; false when each is taken and no more can be opened.
    /// </summary>
    public bool TryTake(in DatagramAddress endpoint, UdpSession session, long now, out UpstreamPeer peer, out int port)
    {
        if (!_peers.TryGetValue(endpoint, out peer!)) _peers[endpoint] = peer = new UpstreamPeer(endpoint);
        port = peer.LowestRested(now - _rest);
        if (IsOpen(port) || TryOpen(port)) peer.TakeLowest();
        else port = peer.TakeOpen(Count, _isOpen);
        if (port < 0) return false;
        peer.Enter(port, session);
        CollectionsMarshal.AsSpan(_ports)[port].Uses++;
        return true;
    }

    /// <param name="peer">Whom its session talked to.</param>
    /// <param name="port">The port.</param>
    /// <param name="activeAt">Timestamp of the session's last datagram.</param>
    /// <param name="now">Timestamp of its end.</param>
    public void Return(UpstreamPeer peer, int port, long activeAt, long now)
    {
        peer.Leave(port, activeAt);
        ref var returned = ref CollectionsMarshal.AsSpan(_ports)[port];
        if (--returned.Uses == 0) returned.FreeSince = now;
    }

    /// <summary>The session that talks to <paramref name="endpoint"/> by this port; null for none.</summary>
    public UdpSession? Find(int port, in DatagramAddress endpoint) => _peers.TryGetValue(endpoint, out var peer) ? peer.Find(port) : null;

    /// <summary>A datagram of an endpoint has come to a port by which nobody talks to it: the port rests from then.</summary>
    public void MetStray(int port, in DatagramAddress endpoint, long now)
    {
        if (_peers.TryGetValue(endpoint, out var peer)) peer.MetStray(port, now);
    }

    /// <summary>Forgets endpoints without sessions, and closes the ports that have served nobody for <paramref name="idle"/>. To be called now and then.</summary>
    public void Sweep(long now, long idle)
    {
        foreach (var (address, peer) in _peers)
        {
            if (peer.IsForgettable(now - _rest)) _peers.Remove(address);
        }

        var ports = CollectionsMarshal.AsSpan(_ports);
        int count = 0;
        for (int number = 0; number < ports.Length; number++)
        {
            ref var port = ref ports[number];
            if (!port.IsOpen) continue;
            if (port.Uses > 0 || now - port.FreeSince < idle)
            {
                count = number + 1;
                continue;
            }

            port.IsOpen = false;
            _close(number);
        }

        _ports.RemoveRange(count, ports.Length - count);
    }

    private bool TryOpen(int port)
    {
        if (port > Count || !_open(port)) return false;
        if (port == Count) _ports.Add(default);
        CollectionsMarshal.AsSpan(_ports)[port].IsOpen = true;
        return true;
    }

    private struct Port
    {
        public bool IsOpen;

        /// <summary>Sessions that it serves.</summary>
        public int Uses;

        /// <summary>When the last of them left.</summary>
        public long FreeSince;
    }
}
