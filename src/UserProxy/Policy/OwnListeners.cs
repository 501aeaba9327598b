using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace UserProxy.Policy;

/// <summary>
/// Where this proxy listens with one protocol: an endpoint there would be a loop. Listeners enter when they are bound and leave when they are closed. An
/// address that is declared but held by somebody else is not among them. Read at every dial.
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
