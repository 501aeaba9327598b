using System.Net;
using UserProxy.Kubernetes.Manifests;
using UserProxy.Kubernetes.Objects;
using UserProxy.Model;

namespace UserProxy.Kubernetes.Building;

/// <summary>
/// What manifests show to who reads them together, before anything is served: asked by <c>check</c> alone. A run serves them all the same, and knows better
/// what it listens on.
/// </summary>
public static class FileDiagnosis
{
    private static readonly IPAddress[] Loopback = [IPAddress.Loopback, IPAddress.IPv6Loopback];

    /// <param name="manifests">What was read.</param>
    /// <param name="table">What was made of it.</param>
    /// <param name="nodePorts">Where NodePorts are to be served.</param>
    public static IReadOnlyList<TableIssue> Of(ManifestState manifests, ServiceTable table, NodePortAddresses nodePorts)
    {
        var served = table.Ports.Select(port => new ObjectId(port.Name.Namespace, port.Name.Name)).ToHashSet();
        List<ServiceObject> services = [.. manifests.Services.DistinctBy(ServiceReader.KeyOf).Where(service => served.Contains(ServiceReader.KeyOf(service)))];
        return [.. services.Select(UnnamedPort).OfType<TableIssue>(), .. Loops(services, manifests, table, nodePorts)];
    }

    /// <summary>It is served as it is written; an API server does not take it.</summary>
    private static TableIssue? UnnamedPort(ServiceObject service) =>
        service.Spec?.Ports is { Count: > 1 } ports && ports.FirstOrDefault(each => string.IsNullOrEmpty(each.Name)) is { } port
            ? Issue(
                $"Service {ServiceReader.KeyOf(service)}", IssueReasons.UnnamedPort,
                $"port {port.Port} has no name: with several ports Kubernetes wants one of each, and does not take this Service",
                port.Source ?? service.Metadata.Source)
            : null;

    /// <summary>Endpoints at an address of the node and at the number of a NodePort: nobody is there but the proxy.</summary>
    private static IEnumerable<TableIssue> Loops(
        IEnumerable<ServiceObject> services, ManifestState manifests, ServiceTable table, NodePortAddresses nodePorts)
    {
        var owners = new Dictionary<(string Protocol, int Port), ObjectId>();
        foreach (var service in services.Where(service => service.Spec?.Type is "NodePort" or "LoadBalancer"))
        {
            foreach (var port in service.Spec?.Ports ?? [])
            {
                if (port.NodePort is > 0 and var number) owners.TryAdd((ProtocolOf(port.Protocol), number), ServiceReader.KeyOf(service));
            }
        }

        if (owners.Count == 0) return [];
        HashSet<IPAddress> addresses = [.. Loopback, .. manifests.Nodes.SelectMany(AddressesOf)];
        var ofNode = manifests.Nodes.Count > 0 ? manifests.Nodes[0] : null;
        HashSet<IPAddress> listened =
        [
            .. addresses.GroupBy(address => address.AddressFamily).SelectMany(family => nodePorts.Resolve(family.Key, family, ofNode, allowWildcard: false)),
        ];
        return
        [
            .. from port in table.Ports
               from endpoint in port.ClusterEndpoints.Concat(port.LocalEndpoints).Distinct()
               where listened.Contains(endpoint.Address)
               let owner = OwnerOf(port.Name.Protocol, endpoint.Port)
               where owner is not null
               select Issue(
                   $"Service {port.Name.Namespace}/{port.Name.Name}", IssueReasons.EndpointLoop,
                   $"endpoint {endpoint.Key} is nodePort {endpoint.Port} of {owner.Value.Printable}: unless another program has that "
                       + "address, it is the proxy itself, which it does not dial",
                   SourceOf(port.Name, endpoint, manifests)),
        ];

        ObjectId? OwnerOf(TransportProtocol protocol, int port) =>
            owners.TryGetValue((protocol == TransportProtocol.Udp ? "UDP" : "TCP", port), out var owner) ? owner : null;
    }

    private static IEnumerable<IPAddress> AddressesOf(NodeObject node)
    {
        foreach (var entry in node.Status?.Addresses ?? [])
        {
            if (AddressText.TryParse(entry.Address, out var address)) yield return address;
        }
    }

    private static SourceLine? SourceOf(ServicePortName port, Endpoint endpoint, ManifestState manifests)
    {
        var key = new ObjectId(port.Namespace, port.Name);
        foreach (var slice in manifests.EndpointSlices.Where(slice => ServiceSlice.ServiceOf(slice) == key))
        {
            foreach (var written in slice.Endpoints ?? [])
            {
                if (written.Addresses is [var text, ..] && AddressText.TryParse(text, out var address) && address.Equals(endpoint.Address))
                    return written.Source ?? slice.Metadata.Source;
            }
        }

        return null;
    }

    /// <summary>As a Service port is read.</summary>
    private static string ProtocolOf(string? protocol) => string.IsNullOrEmpty(protocol) ? "TCP" : protocol;

    private static TableIssue Issue(string subject, string reason, string message, SourceLine? source) =>
        new(subject, reason, source is null ? message : $"{message} ({PrintableText.Of(source.File, 400)}:{source.Line})");
}
