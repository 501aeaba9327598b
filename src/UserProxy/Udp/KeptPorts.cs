using UserProxy.Policy;

namespace UserProxy.Udp;

/// <summary>
/// The sockets of one loop and family that have clients' addresses: one for each session that is kept, open for as long as it. Its peer can answer nobody else,
/// so nothing has to rest. Kept by <see cref="UpstreamPools"/>; no system calls in here.
/// </summary>
/// <param name="open">Opens the socket of a number, from this address to an endpoint.</param>
/// <param name="close">Closes it.</param>
internal sealed class KeptPorts(Func<int, DialSource, DatagramAddress, UpstreamOpening> open, Action<int> close)
{
    /// <summary>By number; null for one that is closed, or was another process's and has no session yet.</summary>
    private readonly List<UdpSession?> _sessions = [];

    /// <summary>Numbers below the highest that are free: the lowest first, so that the list can shrink.</summary>
    private readonly PriorityQueue<int, int> _free = new();

    private readonly HashSet<int> _adopted = [];

    /// <param name="session">Is entered at the socket.</param>
    /// <param name="source">The socket's address.</param>
    /// <param name="endpoint">Its peer.</param>
    /// <param name="port">The number of the socket, if it is open.</param>
    public UpstreamOpening Take(UdpSession session, DialSource source, in DatagramAddress endpoint, out int port)
    {
        port = _free.Count > 0 ? _free.Peek() : _sessions.Count;
        var opening = open(port, source, endpoint);
        if (opening != UpstreamOpening.Opened) return opening;
        if (port == _sessions.Count) _sessions.Add(session);
        else _sessions[_free.Dequeue()] = session;
        return opening;
    }

    public void Return(int port)
    {
        _sessions[port] = null;
        _free.Enqueue(port, port);
        close(port);
    }

    /// <summary>The session that talks to <paramref name="endpoint"/> by this socket; null for none.</summary>
    public UdpSession? Find(int port, in DatagramAddress endpoint) =>
        (uint)port < (uint)_sessions.Count && _sessions[port] is { } session && session.Target == endpoint ? session : null;

    /// <summary>A socket of another process, which is open here now. Only before the first session.</summary>
    public void Adopt(int port)
    {
        while (_sessions.Count <= port)
        {
            if (_sessions.Count < port) _free.Enqueue(_sessions.Count, _sessions.Count);
            _sessions.Add(null);
        }

        _adopted.Add(port);
    }

    /// <summary>Enters a session at the socket that it had in another process; false when that is not to be had.</summary>
    public bool TryEnterAdopted(UdpSession session, int port)
    {
        if (!_adopted.Remove(port)) return false;
        _sessions[port] = session;
        return true;
    }

    /// <summary>All sessions of the other process are entered.</summary>
    public void EndAdoption()
    {
        foreach (int port in _adopted) Return(port);
        _adopted.Clear();
    }
}
