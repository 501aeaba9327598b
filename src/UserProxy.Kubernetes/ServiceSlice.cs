using System.Net;
using System.Net.Sockets;
using UserProxy.Kubernetes.Objects;
using UserProxy.Model;

namespace UserProxy.Kubernetes;

/// <summary>
/// One EndpointSlice, checked and understood: its conditions have had their nil rules applied, its addresses are parsed, and what was
/// wrong has been reported. Read once, used for every port of its Service.
/// </summary>
internal sealed class ServiceSlice
{
    private readonly List<(string Name, TransportProtocol Protocol, int Number)> _ports = [];
    private readonly List<Endpoint> _endpoints = [];

    private ServiceSlice(AddressFamily family) => Family = family;

    public AddressFamily Family { get; }

    /// <summary>Null when the slice serves no address family (FQDN).</summary>
    public static ServiceSlice? Read(EndpointSliceObject slice, IssueCollector issues)
    {
        AddressFamily? family = slice.AddressType switch
        {
            "IPv4" => AddressFamily.InterNetwork,
            "IPv6" => AddressFamily.InterNetworkV6,
            _ => null,
        };
        string subject = Subject(slice);
        if (family is null)
        {
            if (slice.AddressType != "FQDN")
                issues.Add(subject, IssueReasons.InvalidObject, $"addressType {PrintableText.Quote(slice.AddressType)} is not served", slice.Metadata.Source);
            return null;
        }

        var read = new ServiceSlice(family.Value);
        read.ReadPorts(slice, subject, issues);
        read.ReadEndpoints(slice, subject, issues);
        return read;
    }

    public static string Subject(EndpointSliceObject slice) => $"EndpointSlice {slice.Metadata.Namespace}/{slice.Metadata.Name}";

    /// <summary>
    /// The endpoints behind one Service port. Matched by name and protocol alone; slices may give different numbers for one name, and
    /// then each speaks for its own endpoints.
    /// </summary>
    public IEnumerable<Endpoint> EndpointsOf(ServicePortName port)
    {
        foreach (var (name, protocol, number) in _ports)
        {
            if (name != port.Port || protocol != port.Protocol) continue;
            foreach (var endpoint in _endpoints) yield return endpoint with { Port = number };
        }
    }

    private void ReadPorts(EndpointSliceObject slice, string subject, IssueCollector issues)
    {
        foreach (var port in slice.Ports ?? [])
        {
            TransportProtocol? protocol = port.Protocol switch
            {
                null or "" or "TCP" => TransportProtocol.Tcp,
                "UDP" => TransportProtocol.Udp,
                _ => null,
            };
            if (protocol is null || port.Port is null or 0) continue;
            if (port.Port is < 1 or > IPEndPoint.MaxPort)
                issues.Add(subject, IssueReasons.InvalidPort, $"port {port.Port} is outside 1-65535; its endpoints are not used", port.Source);
            else
                _ports.Add((port.Name ?? "", protocol.Value, port.Port.Value)); // the API server makes an absent name an empty one
        }
    }

    private void ReadEndpoints(EndpointSliceObject slice, string subject, IssueCollector issues)
    {
        var weights = SliceWeights.Read(slice.Metadata, subject, issues);
        foreach (var endpoint in slice.Endpoints ?? [])
        {
            string? problem = null;
            if (endpoint.Addresses is not [string text, ..]) problem = "an endpoint has no address";
            else if (!AddressText.TryParse(text, out var address)) problem = $"{PrintableText.Quote(text)} is no IP address";
            else if (address.AddressFamily != Family) problem = $"{PrintableText.Quote(text)} is no {slice.AddressType} address";
            else if (!CanBeDialled(address)) problem = $"{address} is no address of one endpoint";
            else _endpoints.Add(Understand(endpoint, address, weights.GetValueOrDefault(address, 1)));

            if (problem is not null) issues.Add(subject, IssueReasons.InvalidEndpoint, $"{problem}; it is not used", endpoint.Source);
        }
    }

    private static Endpoint Understand(EndpointObject endpoint, IPAddress address, int weight)
    {
        bool ready = endpoint.Conditions?.Ready ?? true;
        return new Endpoint(address, 0)
        {
            Ready = ready,
            // kube-proxy takes an absent serving for true, the API's text says "defer to ready": controllers always set it, and in a
            // manifest a Pod that is not ready should not serve by omission.
            Serving = endpoint.Conditions?.Serving ?? ready,
            Terminating = endpoint.Conditions?.Terminating ?? false,
            NodeName = string.IsNullOrEmpty(endpoint.NodeName) ? null : endpoint.NodeName,
            Zone = string.IsNullOrEmpty(endpoint.Zone) ? null : endpoint.Zone,
            Weight = weight,
        };
    }

    /// <summary>Loopback and link-local are judged at the dial, where it is known who wrote the address; these are never one peer.</summary>
    private static bool CanBeDialled(IPAddress address)
    {
        if (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any) || address.Equals(IPAddress.Broadcast)) return false;
        if (address.AddressFamily == AddressFamily.InterNetworkV6) return !address.IsIPv6Multicast;
        Span<byte> octets = stackalloc byte[4];
        return !address.TryWriteBytes(octets, out _) || octets[0] is < 224 or > 239;
    }
}
