using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace UserProxy.Policy;

/// <summary>
/// Where this proxy listens with one protocol: an endpoint there would be a loop. Written by the listeners as they are bound and closed, not as they are
/// declared: an address that somebody else holds is theirs, also with the number of a NodePort. Read at every dial.
/// </summary>
internal sealed class OwnListeners
{
    private readonly ConcurrentDictionary<IPEndPoint, bool> _addresses = [];

    /// <summary>Bound on every address of the family.</summary>
    private readonly ConcurrentDictionary<(AddressFamily Family, int Port), bool> _wildcards = [];

    /// <summary>To be called when it is bound, and before a client is taken: not even the first connection may loop.</summary>
    public void Add(IPEndPoint bound)
    {
        if (IsWildcard(bound)) _wildcards[(bound.AddressFamily, bound.Port)] = true;
        else _addresses[bound] = true;
    }

    public void Remove(IPEndPoint bound)
    {
        if (IsWildcard(bound)) _wildcards.TryRemove((bound.AddressFamily, bound.Port), out _);
        else _addresses.TryRemove(bound, out _);
    }

    /// <summary>At this very address.</summary>
    public bool IsBound(IPEndPoint endpoint) => _addresses.ContainsKey(endpoint);

    /// <summary>It is ours if the address is the node's.</summary>
    public bool IsBoundEverywhere(IPEndPoint endpoint) => _wildcards.ContainsKey((endpoint.AddressFamily, endpoint.Port));

    private static bool IsWildcard(IPEndPoint bound) => bound.Address.Equals(IPAddress.Any) || bound.Address.Equals(IPAddress.IPv6Any);
}
