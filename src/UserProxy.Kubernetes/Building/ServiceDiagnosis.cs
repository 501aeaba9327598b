using System.Net.Sockets;
using UserProxy.Kubernetes.Manifests;
using UserProxy.Kubernetes.Objects;
using UserProxy.Model;

namespace UserProxy.Kubernetes.Building;

/// <summary>
/// What keeps a declared Service from serving anybody, in the words of every place that says it: the log, <c>check</c>, <c>status</c>, <c>list</c> and
/// <c>explain</c> (docs/decisions/0081). Pure.
/// </summary>
public static class ServiceDiagnosis
{
    private const string ClusterIPsAreOff = "ClusterIPs are not served by this run", TakenBy = "it is taken by ";

    internal const string BalancersOff = "load balancers' addresses are not served by this run (--load-balancer-ips, and the right to add routes)";
    internal const string ExternalNotAllowed = "it is in no block that --external-ips allows";
    internal const string RangesClosed = "loadBalancerSourceRanges lets nobody in";

    private const string NoSpec = "it has no spec", NoPorts = "it declares no ports", NoneServed = "none of its ports can be served", ModeIs = "its ipMode is ";

    private const string NoClusterIP = "it has no clusterIP, no nodePort and no address of a load balancer; with manifests nothing gives them out";

    /// <param name="reason">What keeps the run from it: the setting, a right, another owner; null where nobody has said.</param>
    internal static string ClusterIPsOff(string? reason) => $"{ClusterIPsAreOff} ({reason ?? "--cluster-ips, and the right to add routes"})";

    /// <summary>Of all ClusterIPs of a run alike.</summary>
    public static bool IsClusterIPsOff(string because) => because.StartsWith(ClusterIPsAreOff, StringComparison.Ordinal);

    internal static string Taken(Claimant keeper) => $"{TakenBy}{keeper}";

    /// <summary>Another Service port has it: one of the two needs another.</summary>
    public static bool IsTaken(UnservedAddress unserved) => unserved.Because.StartsWith(TakenBy, StringComparison.Ordinal);

    /// <summary>Why a Service is not for this proxy, or for none; null when it is.</summary>
    internal static string? WhyLeftOut(ServiceObject service, string? serveLabel)
    {
        string? label = service.Metadata.Labels?.GetValueOrDefault(WellKnown.ServiceProxyNameLabel);
        // Without the option, the mere presence of the label is "somebody else's".
        if (serveLabel != label)
        {
            string served = serveLabel is null ? "" : $"; this run serves those that carry {PrintableText.Quote(serveLabel)} (--serve-label)";
            return label is null
                ? $"it does not carry the label {WellKnown.ServiceProxyNameLabel}{served}"
                : $"it is left to another proxy: its label {WellKnown.ServiceProxyNameLabel} is {PrintableText.Quote(label)}{served}";
        }

        if (service.Spec is not { } spec) return NoSpec;
        if (spec.Type == "ExternalName") return "its type ExternalName is an alias in DNS, which no proxy serves";
        return spec.ClusterIP == WellKnown.HeadlessClusterIP || spec.ClusterIPs?.Contains(WellKnown.HeadlessClusterIP) is true
            ? "it is headless (clusterIP: None): it has no virtual IP, and its clients dial the Pods that DNS names"
            : null;
    }

    /// <summary>Why nothing of a Service can be served that is this proxy's; null when there is something, or nothing is known.</summary>
    internal static string? WhyPortless(ServiceDraft? draft) => draft switch
    {
        null or { Ports.Count: > 0 } => null,
        { DeclaresPorts: false } => NoPorts,
        _ => NoneServed,
    };

    internal static string OfMode(string ipMode) =>
        $"{ModeIs}{PrintableText.Quote(ipMode)}: the load balancer wants to see that traffic, and kube-proxy leaves it alone too";

    /// <summary>Why a port has no address to be reached at here; null when it has one.</summary>
    public static string? WhyNoAddress(ServicePort port)
    {
        if (port.Listeners.Count > 0) return null;
        return port.NotServed.Count == 0
            ? $"no address of it is served here: {NoClusterIP}"
            : $"no address of it is served here: {string.Join("; ", port.NotServed.Select(Describe))}";
    }

    /// <summary>What clients meet where no endpoint is usable, and so nothing listens.</summary>
    public static string WhenClosed(TransportProtocol protocol) =>
        protocol == TransportProtocol.Udp ? "datagrams are answered with \"port unreachable\"" : "connections are refused";

    /// <summary><c>ClusterIP 10.96.0.1:80: why not</c></summary>
    public static string Describe(UnservedAddress unserved) => $"{unserved.Address.Kind} {unserved.Address}: {unserved.Because}";

    /// <summary>
    /// Of manifests, which their author can mend: what is read without fault and serves nobody. From an API server the same is a moment in the life of a
    /// Service, which <c>explain</c> tells.
    /// </summary>
    /// <param name="manifests">What was read.</param>
    /// <param name="table">What was made of it.</param>
    public static IReadOnlyList<TableIssue> Of(ManifestState manifests, ServiceTable table)
    {
        var slices = manifests.EndpointSlices.ToLookup(ServiceSlice.ServiceOf);
        var ports = table.Ports.ToLookup(port => new ObjectId(port.Name.Namespace, port.Name.Name));
        var services = manifests.Services.DistinctBy(ServiceReader.KeyOf).ToList();
        // What could not be read may be the Service.
        var orphans = manifests.IsWhole ? Orphans(services, manifests.EndpointSlices) : [];
        var leftOut = table.LeftOut.ToDictionary(service => new ObjectId(service.Namespace, service.Name), service => service.Because);
        return
        [
            .. services.SelectMany(service => OfService(
                service, leftOut, [.. ports[ServiceReader.KeyOf(service)]], [.. slices[ServiceReader.KeyOf(service)]], manifests)),
            .. orphans,
        ];
    }

    /// <summary>EndpointSlices whose label names a Service that is not among those: it may be misspelt.</summary>
    /// <param name="services">All that there are.</param>
    /// <param name="slices">Of the same source.</param>
    public static IEnumerable<TableIssue> Orphans(IEnumerable<ServiceObject> services, IEnumerable<EndpointSliceObject> slices)
    {
        var known = services.Select(ServiceReader.KeyOf).ToHashSet();
        return from slice in slices
               let key = ServiceSlice.ServiceOf(slice)
               where key is not null && !known.Contains(key.Value)
               select Issue(
                   $"EndpointSlice {ServiceSlice.KeyOf(slice)}", IssueReasons.NoSuchService,
                   $"no Service {key.Value.Printable} is declared, whose endpoints its label {WellKnown.ServiceNameLabel} says these are",
                   slice.Metadata.Source) with
               { Service = key.Value.ToString() };
    }

    private static IEnumerable<TableIssue> OfService(
        ServiceObject service, Dictionary<ObjectId, string> leftOut, IReadOnlyList<ServicePort> ports, IReadOnlyList<EndpointSliceObject> slices,
        ManifestState manifests)
    {
        var key = ServiceReader.KeyOf(service);
        string subject = $"Service {key}";
        var source = service.Metadata.Source;
        if (leftOut.TryGetValue(key, out string? because))
        {
            // Of ports that cannot be served each has been told of.
            if (because != NoneServed)
                yield return Issue(
                    subject, because is NoPorts or NoSpec ? IssueReasons.NoPorts : IssueReasons.LeftOut, $"nothing of it is served: {because}", source);
            yield break;
        }

        if (ports.Count > 0 && ports.All(port => port.Listeners.Count == 0))
        {
            // A port that lacks its nodePort has been told of, and so have addresses that must not be taken or that another Service has.
            bool isTold = service.Spec?.Type == "NodePort"
                || ports.Any(port => port.NotServed.Count > 0 && port.NotServed.All(unserved => !IsChoice(unserved)));
            foreach (string why in isTold ? [] : ports.Select(WhyNoAddress).OfType<string>().Distinct())
                yield return Issue(subject, IssueReasons.NoAddress, why, source);
        }
        else
        {
            foreach (var unserved in ports.SelectMany(port => port.NotServed).Where(IsUntold))
                yield return Issue(subject, IssueReasons.AddressNotServed, $"not served: {Describe(unserved)}", source);
        }

        // What could not be read may be the slice.
        if (!manifests.IsWhole) yield break;
        bool hasUnread = manifests.Endpoints.ContainsKey(new ObjectKey("Endpoints", key.Namespace, key.Name));
        foreach (var issue in ports.SelectMany(port => OfEndpoints(subject, port, slices, hasUnread, source)).Distinct()) yield return issue;
    }

    private static IEnumerable<TableIssue> OfEndpoints(
        string subject, ServicePort port, IReadOnlyList<EndpointSliceObject> slices, bool hasUnread, SourceLine? source)
    {
        var matching = slices.Where(slice => IsOfFamily(slice, port.Family) && slice.Ports?.Any(offered => Matches(offered, port.Name)) is true).ToList();
        var written = matching.Count > 0 ? matching[0].Metadata.Source ?? source : source;
        if (port.NoEndpointsBecause is not { } missing)
        {
            if (!port.HasEndpoints)
                yield return Issue(
                    subject, IssueReasons.NoReadyEndpoint,
                    $"{(port.Endpoints.Count == 1 ? "its only endpoint is not ready" : $"none of its {port.Endpoints.Count} endpoints is ready")}: "
                        + $"{WhenClosed(port.Name.Protocol)} until conditions.ready says so of one", written);
            else if (IsOnNoNode(port, matching))
                yield return Issue(
                    subject, IssueReasons.NoEndpointNode,
                    "externalTrafficPolicy is Local, and no endpoint of it says its node (nodeName): clients from outside are served on no node", written);
        }
        else if (slices.Count == 0)
        {
            if (!hasUnread)
                yield return Issue(subject, IssueReasons.NoEndpointSlice, $"{missing}: with manifests nobody makes one of a selector", source);
        }
        else if (!slices.Any(slice => IsOfFamily(slice, port.Family)))
        {
            yield return Issue(subject, IssueReasons.NoEndpointSlice, missing, source);
        }
        else if (matching.Count == 0)
        {
            yield return Issue(subject, IssueReasons.NoMatchingPort, missing, source);
        }
        else if (matching.TrueForAll(slice => slice.Endpoints is not { Count: > 0 }))
        {
            // As of one that is scaled to 0. Of endpoints that cannot be read each has been told of.
            yield return Issue(
                subject, IssueReasons.NoEndpoints, $"its EndpointSlice has no endpoints: {WhenClosed(port.Name.Protocol)} until it has one", written);
        }
    }

    /// <summary>A ClusterIP beside an address that is served is as usual.</summary>
    private static bool IsUntold(UnservedAddress unserved) => unserved.Address.Kind == ListenerKind.LoadBalancer && IsChoice(unserved);

    /// <summary>By a setting, or by what the balancer has said. Conflicts, and addresses that must not be taken, are issues of their own.</summary>
    private static bool IsChoice(UnservedAddress unserved) =>
        unserved.Because is BalancersOff || IsClusterIPsOff(unserved.Because) || unserved.Because.StartsWith(ModeIs, StringComparison.Ordinal);

    /// <summary>With a cluster the controller writes the node of each endpoint.</summary>
    private static bool IsOnNoNode(ServicePort port, List<EndpointSliceObject> matching) =>
        port.ExternalPolicy == TrafficPolicy.Local && port.Listeners.Any(listener => listener.Kind != ListenerKind.ClusterIP)
        && matching.TrueForAll(slice => slice.Endpoints?.All(endpoint => string.IsNullOrEmpty(endpoint.NodeName)) is not false);

    private static bool IsOfFamily(EndpointSliceObject slice, AddressFamily family) =>
        slice.AddressType == (family == AddressFamily.InterNetwork ? "IPv4" : "IPv6");

    private static bool Matches(EndpointPortObject offered, ServicePortName port) =>
        (offered.Name ?? "") == port.Port
            && (offered.Protocol is null or "" or "TCP" ? TransportProtocol.Tcp : TransportProtocol.Udp) == port.Protocol;

    private static TableIssue Issue(string subject, string reason, string message, SourceLine? source) =>
        source is null ? new(subject, reason, message) : Placed(subject, reason, message, $"{PrintableText.Of(source.File, 400)}:{source.Line}");

    private static TableIssue Placed(string subject, string reason, string message, string place) =>
        new(subject, reason, $"{message} ({place})") { Place = place };
}
