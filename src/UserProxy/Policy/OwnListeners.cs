using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using UserProxy.Model;

namespace UserProxy.Policy;

/// <summary>
/// Where this process listens with one protocol, for Services and for itself (health checks, metrics), and of UDP its ports towards endpoints: an endpoint
/// there would lead back to it, and to another client's session. They enter when they are bound and leave when they are closed. An address that is declared
/// but held by somebody else is not among them. Read at every dial.
/// </summary>
public sealed class OwnListeners
{
    /// <summary>How many have it: one that has been closed may still be among them when the next one has bound it.</summary>
    private readonly ConcurrentDictionary<IPEndPoint, int> _addresses = [];

    /// <summary>Bound on every address of the family.</summary>
    private readonly ConcurrentDictionary<(AddressFamily Family, int Port), int> _wildcards = [];

    /// <summary>Of both, whatever the address.</summary>
    private readonly ConcurrentDictionary<(AddressFamily Family, int Port), int> _ports = [];

    /// <summary>
    /// Of an endpoint that is one of them. One wording, before or after a client met it. Not recorded: listener or UDP port towards endpoints.
    /// </summary>
    public static string LoopOf(IPEndPoint endpoint) => $"endpoint {endpoint} is a listener of this proxy: it is not dialled, as that would lead back here";

    /// <summary>To be called when it is bound, and before a client is taken: not even the first connection may loop.</summary>
    public void Add(IPEndPoint bound)
    {
        (AddressFamily Family, int Port) port = (bound.AddressFamily, bound.Port);
        // The port comes first and goes last: whoever finds it missing need not look for the address.
        Count(_ports, port, 1);
        if (bound.Address.IsWildcard()) Count(_wildcards, port, 1);
        else Count(_addresses, bound, 1);
    }

    /// <summary>Once for each <see cref="Add"/>.</summary>
    public void Remove(IPEndPoint bound)
    {
        (AddressFamily Family, int Port) port = (bound.AddressFamily, bound.Port);
        if (bound.Address.IsWildcard()) Count(_wildcards, port, -1);
        else Count(_addresses, bound, -1);
        Count(_ports, port, -1);
    }

    /// <summary>At some address of the family. Takes no memory: looks ask about every endpoint.</summary>
    public bool HasPort(AddressFamily family, int port) => _ports.ContainsKey((family, port));

    /// <summary>At this very address.</summary>
    public bool IsBound(IPEndPoint endpoint) => _addresses.ContainsKey(endpoint);

    /// <summary>It is ours if the address is the node's.</summary>
    public bool IsBoundEverywhere(IPEndPoint endpoint) => _wildcards.ContainsKey((endpoint.AddressFamily, endpoint.Port));

    private static void Count<TKey>(ConcurrentDictionary<TKey, int> counts, TKey key, int change)
        where TKey : notnull
    {
        int now = counts.AddOrUpdate(key, static (_, by) => by, static (_, count, by) => count + by, change);
        if (now == 0) counts.TryRemove(new KeyValuePair<TKey, int>(key, 0));
    }
}
