using System.Net.Sockets;
using UserProxy.Model;

namespace UserProxy.Syncing;

/// <summary>
/// What the service ports of a predecessor remember, until they are declared here: then they go on with it, before their first client. Filled by the executable
/// before the first table.
/// </summary>
public sealed class InheritedServices
{
    private readonly Dictionary<(ServicePortName, AddressFamily), List<HandedService>> _services = [];

    public void Add(HandedService part)
    {
        if (!_services.TryGetValue((part.Name, part.Family), out var parts)) _services[(part.Name, part.Family)] = parts = new(1);
        parts.Add(part);
    }

    /// <summary>Its parts, once; none is the usual answer.</summary>
    public IReadOnlyList<HandedService> Take(ServicePortName name, AddressFamily family) => _services.Remove((name, family), out var parts) ? parts : [];
}
