using System.Collections.Concurrent;
using System.Net;
using UserProxy.Model;

namespace UserProxy.Serving;

/// <summary>
/// Where this proxy listens, or is about to: an endpoint there would be a loop. Written by the Proxier as listeners are declared and given up, one by one,
/// because a node has tens of thousands; read at every dial.
/// </summary>
internal sealed class OwnListeners
{
    /// <summary>How many declarations there are of each virtual address and port.</summary>
    private readonly ConcurrentDictionary<IPEndPoint, int> _virtual = [];

    /// <summary>How many declarations there are of each NodePort, on whatever address: it is served on all that the node has, or on some.</summary>
    private readonly ConcurrentDictionary<int, int> _nodePorts = [];

    public void Add(ListenAddress listener)
    {
        if (listener.Kind == ListenerKind.NodePort) _nodePorts.AddOrUpdate(listener.Port, 1, static (_, count) => count + 1);
        else _virtual.AddOrUpdate(listener.EndPoint, 1, static (_, count) => count + 1);
    }

    public void Remove(ListenAddress listener)
    {
        if (listener.Kind == ListenerKind.NodePort) Remove(_nodePorts, listener.Port);
        else Remove(_virtual, listener.EndPoint);
    }

    public bool HasNodePort(int port) => _nodePorts.ContainsKey(port);

    public bool HasVirtual(IPEndPoint endpoint) => _virtual.ContainsKey(endpoint);

    private static void Remove<T>(ConcurrentDictionary<T, int> counts, T key)
        where T : notnull
    {
        if (counts.TryGetValue(key, out int count) && count > 1) counts[key] = count - 1;
        else counts.TryRemove(key, out _);
    }
}
