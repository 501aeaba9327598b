using System.Globalization;
using System.Net;
using System.Net.Sockets;
using UserProxy.Kubernetes.Objects;
using UserProxy.Model;

namespace UserProxy.Kubernetes.Building;

/// <summary>
/// One EndpointSlice, checked and understood: its conditions have had their nil rules applied, its addresses are parsed, and what was
/// wrong has been noted. Read once an event by <see cref="ClusterCache"/>, used for every port of its Service at each build.
/// </summary>
internal sealed class ServiceSlice
{
    private readonly List<SlicePort> _ports = [];

    private ServiceSlice(AddressFamily? family) => Family = family;

    /// <summary>Null when the slice serves no address family (FQDN).</summary>
    public AddressFamily? Family { get; }

    public IssueList? Issues { get; private set; }

    /// <summary>Made by the controller from the Service and its Pods, rather than by hand or by another controller.</summary>
    public bool IsOfController { get; private set; }

    /// <summary>The Service that the slice belongs to, or null: neither owner references nor the slice's name have a say.</summary>
    public static ObjectId? ServiceOf(EndpointSliceObject slice) =>
        slice.Metadata.Labels?.GetValueOrDefault(WellKnown.ServiceNameLabel) is { Length: > 0 } service
            ? new ObjectId(KeyOf(slice).Namespace, service)
            : null;

    /// <summary>
    /// When the newest change that the slice tells of happened to its Service or Pods; null when it does not say, or not in a way that can be read.
    /// </summary>
    public static DateTimeOffset? TriggerTimeOf(EndpointSliceObject slice) =>
        slice.Metadata.Annotations?.GetValueOrDefault(WellKnown.LastChangeTriggerTime) is { } text
        && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? time
            : null;

    public static ObjectId KeyOf(EndpointSliceObject slice) => new(slice.Metadata.Namespace ?? "", slice.Metadata.Name ?? "");

    /// <param name="slice">Any slice, however odd.</param>
    /// <param name="nodeName">This node: its endpoints are local.</param>
    /// <param name="texts">Holds the texts that endpoints share.</param>
    public static ServiceSlice Read(EndpointSliceObject slice, string nodeName, TextPool texts)
    {
        var issues = new SubjectIssues("EndpointSlice", KeyOf(slice), ServiceOf(slice));
        var read = new ServiceSlice(slice.AddressType switch
        {
            "IPv4" => AddressFamily.InterNetwork,
            "IPv6" => AddressFamily.InterNetworkV6,
            _ => null,
        });
        read.IsOfController = slice.Metadata.Labels?.GetValueOrDefault(WellKnown.ManagedByLabel) == WellKnown.EndpointSliceController;
        if (ServiceOf(slice) is null)
            issues.Add(
                IssueReasons.MissingServiceName, $"label {WellKnown.ServiceNameLabel} is missing: the endpoints belong to no Service", slice.Metadata.Source);
        else if (read.Family is not null)
            read.ReadPorts(slice, read.ReadEndpoints(slice, nodeName, texts, issues), issues);
        else if (slice.AddressType != "FQDN")
            issues.Add(IssueReasons.InvalidObject, $"addressType {PrintableText.Quote(slice.AddressType)} is not served", slice.Metadata.Source);

        read.Issues = issues.ToList();
        return read;
    }

    /// <summary>What is known of a slice that can no longer be understood: nothing when it never could.</summary>
    public static ServiceSlice LastGood(ServiceSlice? known, IssueList? issues)
    {
        var kept = known is null ? new ServiceSlice(null) : (ServiceSlice)known.MemberwiseClone();
        kept.Issues = issues;
        return kept;
    }

    /// <summary>
    /// Adds the endpoints behind one Service port to a list of lists. Matched by name and protocol alone; slices may give different
    /// numbers for one name, and then each speaks for its own endpoints.
    /// </summary>
    public void CollectEndpoints(string port, TransportProtocol protocol, List<Endpoint[]> lists)
    {
        foreach (var own in _ports)
        {
            if (own.Name == port && own.Protocol == protocol && own.Endpoints.Length > 0) lists.Add(own.Endpoints);
        }
    }

    /// <summary>The ports that it gives to its endpoints.</summary>
    public IEnumerable<(string Name, TransportProtocol Protocol)> Ports => _ports.Select(port => (port.Name, port.Protocol));

    /// <summary>Nothing that a table could show has changed: most updates of a slice touch its metadata alone.</summary>
    public bool ContentEquals(ServiceSlice other) =>
        Family == other.Family && IsOfController == other.IsOfController && Equals(Issues, other.Issues) && _ports.Count == other._ports.Count
        && _ports.Zip(other._ports).All(pair => pair.First.ContentEquals(pair.Second));

    private void ReadPorts(EndpointSliceObject slice, Endpoint[] endpoints, SubjectIssues issues)
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
            {
                issues.Add(IssueReasons.InvalidPort, $"port {port.Port} is outside 1-65535; its endpoints are not used", port.Source);
                continue;
            }

            // Nearly all slices have one port, whose number the endpoints carry from the start. The order of the endpoints does not depend on it.
            int number = port.Port.Value;
            bool carried = endpoints.Length == 0 || endpoints[0].Port == number;
            var own = carried ? endpoints : Array.ConvertAll(endpoints, endpoint => endpoint with { Port = number });
            _ports.Add(new SlicePort(port.Name ?? "", protocol.Value, own)); // the API server makes an absent name an empty one
        }
    }

    private Endpoint[] ReadEndpoints(EndpointSliceObject slice, string nodeName, TextPool texts, SubjectIssues issues)
    {
        int number = slice.Ports?.FirstOrDefault(port => port.Port is > 0 and <= IPEndPoint.MaxPort)?.Port ?? 0;
        var weights = SliceWeights.Read(slice.Metadata, issues);
        var endpoints = new List<Endpoint>(slice.Endpoints?.Count ?? 0);
        foreach (var endpoint in slice.Endpoints ?? [])
        {
            string? problem = null;
            if (endpoint.Addresses is not [string text, ..]) problem = "an endpoint has no address";
            else if (!AddressText.TryParse(text, out var address)) problem = $"{PrintableText.Quote(text)} is no IP address";
            else if (address.AddressFamily != Family) problem = $"{PrintableText.Quote(text)} is no {slice.AddressType} address";
            else if (!CanBeDialled(address)) problem = $"{address} is no address of one endpoint";
            else endpoints.Add(Understand(endpoint, address, number, weights.GetValueOrDefault(address, 1), slice.Metadata.Namespace, nodeName, texts));

            if (problem is not null) issues.Add(IssueReasons.InvalidEndpoint, $"{problem}; it is not used", endpoint.Source);
        }

        return EndpointMerge.Sort([.. endpoints]);
    }

    private static Endpoint Understand(
        EndpointObject endpoint, IPAddress address, int port, int weight, string? ofSlice, string nodeName, TextPool texts)
    {
        bool ready = endpoint.Conditions?.Ready ?? true;
        return new Endpoint(address, port)
        {
            Weight = weight,
            Pod = endpoint.TargetRef.In(ofSlice),
            Ready = ready,
            // docs/semantics.md 3.9: kube-proxy and the API's text of today take an absent serving for true, its older text deferred to ready. Controllers
            // always set it, and in a manifest a Pod that is not ready should not serve by omission.
            Serving = endpoint.Conditions?.Serving ?? ready,
            Terminating = endpoint.Conditions?.Terminating ?? false,
            NodeName = texts.Share(endpoint.NodeName),
            Zone = texts.Share(endpoint.Zone),
            IsLocal = !string.IsNullOrEmpty(endpoint.NodeName) && endpoint.NodeName == nodeName,
            ForZones = Names(endpoint.Hints?.ForZones, texts),
            ForNodes = Names(endpoint.Hints?.ForNodes, texts),
        };
    }

    private static ValueList<string> Names(IReadOnlyList<NamedHint>? hints, TextPool texts) => hints switch
    {
        null or [] => [],
        [{ Name.Length: > 0 } hint] => texts.Single(hint.Name),
        _ => ManyNames(hints, texts),
    };

    // Apart: the closure would be made for every endpoint.
    private static ValueList<string> ManyNames(IReadOnlyList<NamedHint> hints, TextPool texts) =>
        [.. hints.Select(hint => texts.Share(hint.Name)).OfType<string>()];

    /// <summary>Loopback and link-local are judged at the dial, where it is known who wrote the address; these are never one peer.</summary>
    private static bool CanBeDialled(IPAddress address)
    {
        if (address.IsWildcard() || address.Equals(IPAddress.Broadcast)) return false;
        if (address.AddressFamily == AddressFamily.InterNetworkV6) return !address.IsIPv6Multicast;
        Span<byte> octets = stackalloc byte[4];
        return !address.TryWriteBytes(octets, out _) || octets[0] is < 224 or > 239;
    }

    /// <summary>One port of the slice with all endpoints of the slice, sorted.</summary>
    private sealed record SlicePort(string Name, TransportProtocol Protocol, Endpoint[] Endpoints)
    {
        public bool ContentEquals(SlicePort other) =>
            Name == other.Name && Protocol == other.Protocol && Endpoints.AsSpan().SequenceEqual(other.Endpoints);
    }
}
