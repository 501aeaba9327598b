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
    /// <summary>Whoever has been seen to hold the port, declared now or not: few, as each is an address of this node with the port's number.</summary>
    private readonly Dictionary<IPEndPoint, IPAddress> _boundTo = [];

    private ServicePortName? _service;
    private volatile string? _names;

    /// <summary>The endpoints that the port is left to, by the last look; null when there are none. From any thread.</summary>
    public string? Names => _names;

    /// <param name="holders">Of the port, now.</param>
    /// <param name="port">Of the Service that declares it.</param>
    /// <param name="ofNode">A wildcard has the endpoint's address if that is one of these.</param>
    public void Add(IEnumerable<BoundSocket> holders, ServicePort port, IReadOnlyList<IPAddress> ofNode)
    {
        ForgetOthersThan(port.Name);
        foreach (var holder in holders.Where(holder => holder.Answers))
        {
            foreach (var endpoint in port.Endpoints)
            {
                bool isHere = endpoint.Address.Equals(holder.Local.Address) || ofNode.Contains(endpoint.Address);
                if (isHere && holder.Blocks(port.Name.Protocol, endpoint.EndPoint)) _boundTo[endpoint.EndPoint] = holder.Local.Address;
            }
        }
    }

    /// <summary>
    /// Addresses to leave to host-network Pods, or a wildcard for all of them. A Pod that is being replaced holds none; its successor gets the same
    /// addresses.
    /// </summary>
    /// <param name="port">As it is declared now.</param>
    public IReadOnlyCollection<IPAddress> FindLeft(ServicePort port)
    {
        ForgetOthersThan(port.Name);
        if (_boundTo.Count == 0) return [];
        var here = port.Endpoints.Select(endpoint => endpoint.EndPoint).Where(_boundTo.ContainsKey).Distinct().ToList();
        _names = here.Count > 0 ? string.Join(", ", here) : null;
        return [.. here.Select(endpoint => _boundTo[endpoint]).Distinct()];
    }

    /// <summary>The number has become another Service's.</summary>
    private void ForgetOthersThan(ServicePortName service)
    {
        if (service == _service) return;
        _service = service;
        _boundTo.Clear();
        _names = null;
    }
}
