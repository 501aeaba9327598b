using System.Net;
using System.Net.Sockets;
using UserProxy.Kubernetes.Objects;
using UserProxy.Model;

namespace UserProxy.Kubernetes;

/// <summary>
/// Gives out the NodePorts of one table: which addresses a Service port listens on, and who keeps a number that two of them want. Asked
/// in the order of the names, so the first by name keeps it whatever order the objects came in.
/// </summary>
internal sealed class NodePortClaims(BuildOptions options, NodeObject? node, IssueCollector issues)
{
    private readonly Dictionary<(AddressFamily, TransportProtocol, int), ServicePortName> _owners = [];
    private readonly Dictionary<AddressFamily, IReadOnlyList<IPAddress>> _addresses = [];

    public ValueList<ListenAddress> Claim(ServicePortName name, AddressFamily family, ServiceObject service, ServicePortSpec port)
    {
        string subject = ServiceTableBuilder.Subject(service);
        string? type = service.Spec?.Type;
        int number = port.NodePort ?? 0;
        if (type is not ("NodePort" or "LoadBalancer"))
        {
            if (number != 0) Report($"nodePort {number} is not served: the type of the Service is {type ?? "ClusterIP"}");
            return [];
        }

        if (number == 0)
        {
            // The API server gives every NodePort Service a number; in a manifest the author must. A load balancer can do without.
            if (type == "NodePort") Report($"port {port.Port} has no nodePort: nothing gives out numbers here");
            return [];
        }

        if (number is < 1 or > IPEndPoint.MaxPort)
        {
            Report($"nodePort {number} is outside 1-65535; it is not served");
            return [];
        }

        if (!_owners.TryAdd((family, name.Protocol, number), name))
        {
            var owner = _owners[(family, name.Protocol, number)];
            string message = $"nodePort {number} of {name} is taken by {owner}; it is not served for this Service";
            issues.Add(subject, IssueReasons.NodePortConflict, message, port.Source);
            return [];
        }

        return [.. AddressesOf(family).Select(address => new ListenAddress(ListenerKind.NodePort, address, number))];

        void Report(string message) => issues.Add(subject, IssueReasons.InvalidPort, message, port.Source);
    }

    private IReadOnlyList<IPAddress> AddressesOf(AddressFamily family)
    {
        if (_addresses.TryGetValue(family, out var addresses)) return addresses;

        _addresses[family] = addresses = options.NodePortAddresses.Resolve(family, options.LocalAddresses, node);
        if (addresses.Count == 0)
        {
            string what = family == AddressFamily.InterNetwork ? "IPv4" : "IPv6";
            string why = options.NodePortAddresses.IsPrimary
                ? node is null ? "no Node object of this name is known" : $"the Node object has no {what} address"
                : $"this node has no {what} address inside {options.NodePortAddresses}";
            issues.Add($"Node {PrintableText.Of(options.NodeName)}", IssueReasons.NoNodePortAddress, $"no NodePort is served on {what}: {why}");
        }

        return addresses;
    }
}
