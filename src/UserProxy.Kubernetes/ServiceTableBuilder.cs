using System.Net;
using System.Net.Sockets;
using UserProxy.Kubernetes.Objects;
using UserProxy.Model;

namespace UserProxy.Kubernetes;

/// <summary>
/// Kubernetes objects in, <see cref="ServiceTable"/> out: pure, so that a manifest and the API cannot be served differently. Called by
/// the sources, from all objects each time; the order of the objects has no say, except between two of one name (the first counts).
/// </summary>
public static class ServiceTableBuilder
{
    /// <param name="revision">The revision of the table.</param>
    /// <param name="services">Filtered by label here, whatever the API did before.</param>
    /// <param name="slices">All EndpointSlices, also those of Services that are not served.</param>
    /// <param name="node">This node's object, when it is known.</param>
    /// <param name="options">This node and its configuration.</param>
    /// <param name="sourceIssues">What the source had to complain about, to stand in the same table.</param>
    public static ServiceTable Build(
        long revision,
        IEnumerable<ServiceObject> services,
        IEnumerable<EndpointSliceObject> slices,
        NodeObject? node,
        BuildOptions options,
        IEnumerable<TableIssue>? sourceIssues = null)
    {
        var issues = new IssueCollector();
        foreach (var issue in sourceIssues ?? []) issues.Add(issue);

        var slicesByService = SlicesByService(slices, issues);
        var declared = new Dictionary<ServicePortName, (ServiceObject Service, ServicePortSpec Port)>();
        foreach (var service in services)
        {
            if (IsServed(service, options)) Declare(service, declared, issues);
        }

        var ports = new List<ServicePort>();
        var settings = new Dictionary<ServiceObject, ServiceSettings>(ReferenceEqualityComparer.Instance);
        var claims = new NodePortClaims(options, node, issues);
        foreach (var (name, (service, port)) in declared.OrderBy(entry => entry.Key))
        {
            if (!settings.TryGetValue(service, out var own))
                settings[service] = own = ServiceAnnotations.Read(service.Metadata, Subject(service), options.Defaults, issues);

            var behind = slicesByService.GetValueOrDefault((name.Namespace, name.Name)) ?? [];
            foreach (var family in FamiliesOf(service, behind, issues))
            {
                var endpoints = EndpointMerge.Union(behind.Where(slice => slice.Family == family).SelectMany(slice => slice.EndpointsOf(name)));
                var usable = EndpointMerge.Usable(endpoints);
                ports.Add(new ServicePort
                {
                    Name = name,
                    Family = family,
                    Number = port.Port,
                    Settings = own,
                    Listeners = claims.Claim(name, family, service, port),
                    Endpoints = endpoints,
                    ClusterEndpoints = usable,
                    HasEndpoints = usable.Count > 0,
                });
            }
        }

        return new ServiceTable(revision, ports, issues.ToList());
    }

    internal static string Subject(ServiceObject service) => $"Service {service.Metadata.Namespace}/{service.Metadata.Name}";

    private static Dictionary<(string, string), List<ServiceSlice>> SlicesByService(IEnumerable<EndpointSliceObject> slices, IssueCollector issues)
    {
        var byService = new Dictionary<(string, string), List<ServiceSlice>>();
        foreach (var slice in slices)
        {
            string? service = slice.Metadata.Labels?.GetValueOrDefault(WellKnown.ServiceNameLabel);
            if (string.IsNullOrEmpty(service))
            {
                string message = $"label {WellKnown.ServiceNameLabel} is missing: the endpoints belong to no Service";
                issues.Add(ServiceSlice.Subject(slice), IssueReasons.MissingServiceName, message, slice.Metadata.Source);
                continue;
            }

            if (ServiceSlice.Read(slice, issues) is not { } read) continue;
            var key = (slice.Metadata.Namespace ?? "", service);
            if (!byService.TryGetValue(key, out var known)) byService.Add(key, known = []);
            known.Add(read);
        }

        return byService;
    }

    private static bool IsServed(ServiceObject service, BuildOptions options)
    {
        string? label = service.Metadata.Labels?.GetValueOrDefault(WellKnown.ServiceProxyNameLabel);
        if (options.ServeLabel != label) return false; // without the option, the mere presence of the label is "somebody else's"
        if (service.Spec is null or { Type: "ExternalName" }) return false;
        return service.Spec.ClusterIP != WellKnown.HeadlessClusterIP && service.Spec.ClusterIPs?.Contains(WellKnown.HeadlessClusterIP) is not true;
    }

    private static void Declare(ServiceObject service, Dictionary<ServicePortName, (ServiceObject, ServicePortSpec)> declared, IssueCollector issues)
    {
        string subject = Subject(service);
        foreach (var port in service.Spec?.Ports ?? [])
        {
            if (port.Protocol is not (null or "" or "TCP"))
            {
                // Said once for a Service, however many such ports it has.
                string message = $"{PrintableText.Of(port.Protocol, 40)} is not served yet: its ports are left out";
                issues.Add(subject, IssueReasons.ProtocolNotServed, message, service.Metadata.Source);
                continue;
            }

            if (port.Port is < 1 or > IPEndPoint.MaxPort)
            {
                issues.Add(subject, IssueReasons.InvalidPort, $"port {port.Port} is outside 1-65535; it is left out", port.Source);
                continue;
            }

            var name = new ServicePortName(service.Metadata.Namespace ?? "", service.Metadata.Name ?? "", port.Name ?? "", TransportProtocol.Tcp);
            if (!declared.TryAdd(name, (service, port)))
            {
                string message = $"port {port.Port} has the name {PrintableText.Quote(port.Name)} of another port; it is left out";
                issues.Add(subject, IssueReasons.DuplicatePort, message, port.Source);
            }
        }
    }

    /// <summary>What the Service says; of a manifest that does not say, the families of its slices.</summary>
    private static List<AddressFamily> FamiliesOf(ServiceObject service, List<ServiceSlice> slices, IssueCollector issues)
    {
        var spec = service.Spec!;
        var families = new SortedSet<AddressFamily>();
        if (spec.IpFamilies is { Count: > 0 } given)
        {
            foreach (string text in given)
            {
                if (text is "IPv4" or "IPv6") families.Add(text == "IPv4" ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6);
                else Report($"ipFamilies: {PrintableText.Quote(text)} is neither IPv4 nor IPv6");
            }

            return [.. families];
        }

        IEnumerable<string> addresses = spec.ClusterIPs is { Count: > 0 } several ? several : string.IsNullOrEmpty(spec.ClusterIP) ? [] : [spec.ClusterIP];
        foreach (string text in addresses)
        {
            if (AddressText.TryParse(text, out var address)) families.Add(address.AddressFamily);
            else Report($"clusterIP {PrintableText.Quote(text)} is no IP address");
        }

        if (families.Count == 0) families.UnionWith(slices.Select(slice => slice.Family));
        return families.Count == 0 ? [AddressFamily.InterNetwork] : [.. families];

        void Report(string message) => issues.Add(Subject(service), IssueReasons.InvalidObject, message, service.Metadata.Source);
    }
}
