using System.Net;
using UserProxy.Model;

namespace UserProxy.Syncing;

/// <summary>
/// Endpoints of a Service that hold the number of its own NodePort on this node: Pods in the host's network, and no strangers. Their addresses are left to them
/// while they are endpoints: a Pod that restarts must not find its port taken (docs/decisions/0056). Kept by the <see cref="ListenerSlot"/> on the Proxier's
/// loop.
/// </summary>
internal sealed class HostBackends
{
    private readonly Dictionary<IPEndPoint, IPAddress> _boundTo = [];
    private volatile string? _names;

    /// <summary>The endpoints that hold the port, by the last look; null when there are none. From any thread.</summary>
    public string? Names => _names;

    /// <param name="holders">Of the port, now.</param>
    /// <param name="port">Of the Service that declares it.</param>
    /// <param name="ofNode">A wildcard has the endpoint's address if that is one of these.</param>
    public void Add(IEnumerable<BoundSocket> holders, ServicePort port, IReadOnlyList<IPAddress> ofNode)
    {
        foreach (var holder in holders.Where(holder => holder.Answers))
        {
            foreach (var endpoint in port.Endpoints)
            {
                bool isHere = endpoint.Address.Equals(holder.Local.Address) || ofNode.Contains(endpoint.Address);
                if (isHere && holder.Blocks(port.Name.Protocol, endpoint.EndPoint)) _boundTo[endpoint.EndPoint] = holder.Local.Address;
            }
        }
    }

    /// <summary>Addresses that are left to them, or a wildcard for all of them.</summary>
    /// <param name="port">As it is declared now. Whoever is no endpoint any more is removed.</param>
    public IReadOnlyCollection<IPAddress> FindLeft(ServicePort port)
    {
        if (_boundTo.Count == 0) return [];
        var declared = port.Endpoints.Select(endpoint => endpoint.EndPoint).ToHashSet();
        foreach (var gone in _boundTo.Keys.Where(endpoint => !declared.Contains(endpoint)).ToList()) _boundTo.Remove(gone);
        _names = _boundTo.Count > 0 ? string.Join(", ", _boundTo.Keys) : null;
        return [.. _boundTo.Values.Distinct()];
    }
}
