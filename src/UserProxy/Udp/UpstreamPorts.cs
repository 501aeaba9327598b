using System.Runtime.InteropServices;

namespace UserProxy.Udp;

/// <summary>
/// Our own UDP ports of one loop and pool, each a socket that the transport opens and closes when it is told to, and which sessions they serve. Shared by all
/// Services: as many are needed as the busiest peer has sessions, not as there are sessions (see docs/decisions/0016, 0026, 0048 and 0053). No system calls in
/// here.
/// </summary>
internal sealed class UpstreamPorts
{
    private readonly Func<int, bool> _open;
    private readonly Action<int> _close;
    private readonly long _rest;
    private readonly long _shortRest;
    private readonly long _leastRest;
    private readonly int _ample;
    private readonly bool _ofPods;
    private readonly Func<int, bool> _isOpen;
    private readonly Dictionary<UpstreamHost, UpstreamPeer> _peers = [];

    /// <summary>Addresses of Pods, as they were named when they were first sent to: an answer does not say whose it is.</summary>
    private readonly Dictionary<DatagramAddress, UpstreamPeer> _byAddress = [];

    /// <summary>By number. Some may be closed, the last one never is.</summary>
    private readonly List<Port> _ports = [];

    private int _openCount;

    private long _shortUntil = long.MinValue;

    /// <summary>Ports below it were another process's, until then: towards whom they rest is not known.</summary>
    private (int Count, long At) _adopted = (0, long.MinValue);

    /// <param name="ofPods">Endpoints are told apart by their Pods; else all of one port number are one peer.</param>
    /// <param name="open">Opens the socket of a number; false when it cannot be had.</param>
    /// <param name="close">Closes it.</param>
    /// <param name="rest">
    /// Timestamp units that a port which was left is not used again towards the same endpoint: an answer that comes late must not go to another client.
    /// </param>
    /// <param name="shortRest">Shortened rest of a port whose session is owed no answer, once <paramref name="ample"/> ports are open.</param>
    /// <param name="leastRest">The same when no more ports can be opened. A port that is owed an answer always has its whole rest.</param>
    /// <param name="ample">How many ports are opened freely.</param>
    public UpstreamPorts(bool ofPods, Func<int, bool> open, Action<int> close, long rest, long shortRest, long leastRest, int ample)
    {
        _ofPods = ofPods;
        _open = open;
        _close = close;
        _rest = rest;
        _shortRest = shortRest;
        _leastRest = leastRest;
        _ample = ample;
        _isOpen = IsOpen;
    }

    /// <summary>Ports up to the highest that is open.</summary>
    public int Count => _ports.Count;

    /// <summary>As many are open as are opened freely, or no more could be opened just now.</summary>
    public bool AreMany(long now) => _openCount >= _ample || now < _shortUntil;

    public bool IsOpen(int port) => (uint)port < (uint)_ports.Count && _ports[port].IsOpen;

    /// <summary>
    /// Takes a rested port for <paramref name="session"/>, else opens one. If none can be opened: the longest-idle port that is owed no answer. False when
    /// there is none.
    /// </summary>
    /// <param name="endpoint">Where its datagrams go.</param>
    /// <param name="pod">Whose address that is; of no account in the other pool.</param>
    /// <param name="session">Is entered at the port; its place is the caller's to note.</param>
    /// <param name="now">Timestamp.</param>
    /// <param name="peer">Whom the port is taken from.</param>
    /// <param name="port">The port.</param>
    public bool TryTake(in DatagramAddress endpoint, ulong pod, UdpSession session, long now, out UpstreamPeer peer, out int port)
    {
        peer = PeerOf(endpoint, pod);
        if (_adopted.Count > 0 && now - _adopted.At < _rest) peer.RestOthers(_adopted.Count, _adopted.At);
        port = Take(peer, now);
        return TryEnter(peer, port, session);
    }

    /// <summary>A port of another process, whose socket is open here now. Only before the first session.</summary>
    public void Adopt(int port, long now)
    {
        while (Count <= port) _ports.Add(default);
        ref var adopted = ref CollectionsMarshal.AsSpan(_ports)[port];
        if (!adopted.IsOpen) _openCount++;
        adopted.IsOpen = true;
        adopted.FreeSince = now;
        _adopted = (Math.Max(_adopted.Count, port + 1), now);
    }

    /// <summary>Enters a session at the port that it had in another process; false when that is not to be had.</summary>
    public bool TryEnterAdopted(in DatagramAddress endpoint, ulong pod, UdpSession session, int port, out UpstreamPeer peer)
    {
        peer = PeerOf(endpoint, pod);
        return IsOpen(port) && peer.Find(port) is null && TryEnter(peer, port, session);
    }

    /// <summary>All sessions of the other process are entered.</summary>
    public void EndAdoption()
    {
        foreach (var peer in _peers.Values) peer.RestOthers(_adopted.Count, _adopted.At);
    }

    /// <param name="peer">Whom its session talked to.</param>
    /// <param name="port">The port.</param>
    /// <param name="debt">What may still come for it.</param>
    /// <param name="at">The port rests from then on.</param>
    public void Return(UpstreamPeer peer, int port, AnswerDebt debt, long at)
    {
        peer.Leave(port, debt, at);
        ref var returned = ref CollectionsMarshal.AsSpan(_ports)[port];
        returned.Uses--;
        returned.FreeSince = Math.Max(returned.FreeSince, at);
    }

    /// <summary>The session that talks to <paramref name="endpoint"/> by this port; null for none.</summary>
    public UdpSession? Find(int port, in DatagramAddress endpoint) =>
        TryFindPeer(endpoint, out var peer) && peer.Find(port) is { } session && session.Target == endpoint ? session : null;

    /// <summary>
    /// A stray came to a port: a datagram of an endpoint, or of its host, that no session talks to by this port. The port rests from then on.
    /// </summary>
    public void MetStray(int port, in DatagramAddress endpoint, long now)
    {
        if (!IsOpen(port) || !TryFindPeer(endpoint, out var peer)) return;
        peer.MetStray(port, now);
        CollectionsMarshal.AsSpan(_ports)[port].FreeSince = now;
    }

    /// <summary>
    /// Removes endpoints without sessions, and closes the ports that have served nobody for <paramref name="idle"/>. That is longer than ports rest, so every
    /// resting port is open. Called now and then.
    /// </summary>
    public void Sweep(long now, long idle)
    {
        foreach (var (address, peer) in _byAddress)
        {
            if (peer.IsForgettable(now - _rest)) _byAddress.Remove(address);
        }

        foreach (var (host, peer) in _peers)
        {
            if (peer.IsForgettable(now - _rest)) _peers.Remove(host);
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
            _openCount--;
            _close(number);
        }

        _ports.RemoveRange(count, ports.Length - count);
    }

    private UpstreamPeer PeerOf(in DatagramAddress endpoint, ulong pod)
    {
        // One that has become another Pod's keeps its ports' rest.
        if (TryFindPeer(endpoint, out var known)) return known;
        var host = new UpstreamHost(_ofPods ? pod : 0, endpoint.Port);
        if (!_peers.TryGetValue(host, out var peer)) _peers[host] = peer = new UpstreamPeer();
        if (_ofPods) _byAddress[endpoint] = peer;
        return peer;
    }

    private bool TryFindPeer(in DatagramAddress endpoint, out UpstreamPeer peer) =>
        _ofPods ? _byAddress.TryGetValue(endpoint, out peer!) : _peers.TryGetValue(new UpstreamHost(0, endpoint.Port), out peer!);

    private int Take(UpstreamPeer peer, long now)
    {
        int port = peer.LowestRested(now - _rest);
        if (!IsOpen(port))
        {
            int settled = _openCount < _ample ? -1 : peer.TakeSettled(now - _shortRest);
            if (settled >= 0) return settled;
            if (!TryOpen(port))
            {
                _shortUntil = now + _leastRest;
                int open = peer.TakeOpen(Count, now - _rest, _isOpen);
                return open >= 0 ? open : peer.TakeSettledOrPresumed(now - _leastRest);
            }
        }

        peer.TakeLowest();
        return port;
    }

    private bool TryEnter(UpstreamPeer peer, int port, UdpSession session)
    {
        if (port < 0) return false;
        peer.Enter(port, session);
        CollectionsMarshal.AsSpan(_ports)[port].Uses++;
        return true;
    }

    private bool TryOpen(int port)
    {
        if (port > Count || !_open(port)) return false;
        if (port == Count) _ports.Add(default);
        CollectionsMarshal.AsSpan(_ports)[port].IsOpen = true;
        _openCount++;
        return true;
    }

    private struct Port
    {
        public bool IsOpen;

        /// <summary>Sessions that it serves.</summary>
        public int Uses;

        /// <summary>When the last of them left, or a datagram came that was for none.</summary>
        public long FreeSince;
    }
}

/// <summary>
/// Endpoints that may answer for each other: of one Pod, or of no Pod, and of one port number. A server that listens on all addresses of its host may answer
/// from another address, but from the port that it was asked at.
/// </summary>
/// <param name="Pod">0 for all endpoints that no Pod is named for: any two may be one host.</param>
/// <param name="Port">Of the endpoints.</param>
internal readonly record struct UpstreamHost(ulong Pod, ushort Port);
