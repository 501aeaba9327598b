using System.Net;
using System.Runtime.InteropServices;
using UserProxy.Model;

namespace UserProxy.Serving;

/// <summary>
/// Listening sockets that a predecessor has handed over, until somebody wants them: a listener at the same address takes them instead of binding. Filled by the
/// executable before the first table, and disposed of when the table is applied: what nobody wanted is closed.
/// </summary>
public sealed class InheritedSockets : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(TransportProtocol Protocol, IPEndPoint At), List<SafeHandle>> _sockets = [];

    /// <summary>Those that nobody has taken.</summary>
    public int Count
    {
        get
        {
            lock (_lock) return _sockets.Values.Sum(sockets => sockets.Count);
        }
    }

    /// <summary>Where they listen, each once.</summary>
    public IReadOnlyList<(TransportProtocol Protocol, IPEndPoint At)> Places
    {
        get
        {
            lock (_lock) return [.. _sockets.Keys];
        }
    }

    /// <summary>Its descriptor is ours from now on.</summary>
    public void Add(TransportProtocol protocol, IPEndPoint at, SafeHandle socket)
    {
        lock (_lock)
        {
            if (!_sockets.TryGetValue((protocol, at), out var sockets)) _sockets[(protocol, at)] = sockets = new(1);
            sockets.Add(socket);
        }
    }

    /// <summary>All that there are at the address, which are the caller's from now on; none is the usual answer.</summary>
    public IReadOnlyList<SafeHandle> Take(TransportProtocol protocol, IPEndPoint at)
    {
        lock (_lock) return _sockets.Remove((protocol, at), out var sockets) ? sockets : [];
    }

    public void Dispose()
    {
        lock (_lock)
        {
            foreach (var socket in _sockets.Values.SelectMany(sockets => sockets)) socket.Dispose();
            _sockets.Clear();
        }
    }
}
