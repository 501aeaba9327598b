using System.Net;
using UserProxy.App.Configuration;
using UserProxy.Kubernetes.Building;
using UserProxy.Kubernetes.Objects;
using UserProxy.Model;

namespace UserProxy.App.Migrate;

/// <summary>What changes for the Services: what the builder reports of them, and what it takes as it is but kube-proxy does otherwise.</summary>
internal static class ServiceFindings
{
    /// <summary>Wrong with kube-proxy as well, or of no consequence for traffic.</summary>
    private static readonly string[] Notes =
    [
        IssueReasons.AnnotationNote, IssueReasons.InvalidAnnotation, IssueReasons.InvalidAffinity, IssueReasons.InvalidEndpoint,
            IssueReasons.MissingServiceName, IssueReasons.NoSuchService, IssueReasons.NoHealthCheckPort,
    ];

    public static IEnumerable<PlanFinding> Of(PlanFacts facts, ServiceTable table)
    {
        var options = facts.Options;
        var ours = facts.Cluster!.Services.Where(service => IsOurs(service, options)).ToList();
        return
        [
            .. table.Issues.Where(issue => facts.Node is not null || issue.Reason != IssueReasons.NoNodePortAddress).Select(FromIssue),
            .. facts.Cluster.HasAllServices ? ServiceDiagnosis.Orphans(facts.Cluster.Services, facts.Cluster.EndpointSlices).Select(FromIssue) : [],
            .. ours.Where(service => IsUnservedBalancer(service, facts)).Select(UnservedBalancer),
            .. ours.Where(ShowsClientAddress).Select(service => IsLost(service, options) ? LosesClientAddress(service) : KeepsClientAddress(service)),
            .. Policies(facts.Cluster),
            .. ClusterIPs(options, ours.Count),
            .. Others(facts.Cluster.Services.Count(service => IsProxied(service) && !IsOurs(service, options)), options),
        ];
    }

    private static PlanFinding FromIssue(TableIssue issue) =>
        new(PlanArea.Services, !Notes.Contains(issue.Reason), issue.Reason, issue.Subject, issue.Message, ActionFor(issue.Reason));

    private static string? ActionFor(string reason) => reason switch
    {
        IssueReasons.ProtocolNotServed =>
            "leave kube-proxy on the nodes, and give UserProxy only the Services that are labelled for it; or move these to TCP or UDP",
        IssueReasons.ExternalIPNotAllowed =>
            "give the blocks in which Services may choose addresses: --external-ips CIDR,... (externalIps); or take the externalIPs out",
        IssueReasons.RefusedAddress => "take the address off the node's interfaces, or reach the Service by its NodePort",
        IssueReasons.NodePortConflict or IssueReasons.AddressConflict or IssueReasons.HealthCheckPortConflict => "give one of the two another port or address",
        IssueReasons.MissingServiceName => $"write the Service's name into the label {WellKnown.ServiceNameLabel}, if it has one",
        IssueReasons.NoSuchService => $"correct the label {WellKnown.ServiceNameLabel}, or delete the slice if its Service is gone",
        IssueReasons.InvalidSourceRange => "mend the entry: nobody is let in by one that cannot be read",
        IssueReasons.NoNodePortAddress => "give addresses that this node has: --node-port-addresses CIDR,... (nodePortAddresses)",
        _ => null,
    };

    private static bool IsUnservedBalancer(ServiceObject service, PlanFacts facts) =>
        !facts.Options.LoadBalancerIPs && service.Spec?.Type == "LoadBalancer"
        && service.Status?.LoadBalancer?.Ingress?.Any(
            ingress => ingress.IPMode != "Proxy" && !string.IsNullOrEmpty(ingress.IP) && !IsOfNode(ingress.IP, facts)) == true;

    // k3s' ServiceLB: the address is a node's own, and what answers there is no proxy of Services.
    private static bool IsOfNode(string text, PlanFacts facts) =>
        IPAddress.TryParse(text, out var address)
        && (facts.Node?.Addresses.Contains(address) == true || facts.Cluster!.Node?.Status?.Addresses?.Any(own => own.Address == text) == true);

    private static PlanFinding UnservedBalancer(ServiceObject service) => new(
        PlanArea.Services,
        NeedsDecision: true,
        "LoadBalancerIPNotServed",
        SubjectOf(service),
        $"{string.Join(", ", service.Status!.LoadBalancer!.Ingress!.Select(ingress => ingress.IP).OfType<string>())} is answered on every node by "
            + "kube-proxy, and not by these settings",
        "--load-balancer-ips (loadBalancerIps: true) where packets reach the node with that address (MetalLB, kube-vip, DSR), or where Pods use it");

    private static bool ShowsClientAddress(ServiceObject service) =>
        service.Spec is { ExternalTrafficPolicy: "Local" } spec && (spec.Type is "NodePort" or "LoadBalancer" || spec.ExternalIPs is { Count: > 0 });

    private static bool IsLost(ServiceObject service, RunOptions options) =>
        (service.Metadata?.Annotations?.GetValueOrDefault("userproxy.io/client-address")
            ?? (options.Defaults.ClientAddress is { } use ? ClientAddressText.Of(use) : null)) == "node";

    private static PlanFinding KeepsClientAddress(ServiceObject service) => new(
        PlanArea.Services,
        NeedsDecision: false,
        "ClientAddressKept",
        SubjectOf(service),
        "externalTrafficPolicy: Local shows its Pods the client's address today, and goes on to where a run has CAP_NET_ADMIN and nft, and the answers of "
            + "Pods pass the node's routing",
        "userproxy explain NAMESPACE/NAME says of each endpoint whether its clients' addresses are kept, and why not");

    private static PlanFinding LosesClientAddress(ServiceObject service) => new(
        PlanArea.Services,
        NeedsDecision: true,
        "ClientAddressLost",
        SubjectOf(service),
        "externalTrafficPolicy: Local shows its Pods the client's address today; they will see the node's. Which node serves stays as it is",
        "check that nothing in the Pods goes by the client's address (logs, limits, allow-lists); else leave these Services to kube-proxy");

    private static IEnumerable<PlanFinding> Policies(ClusterSnapshot cluster)
    {
        if (cluster.NetworkPolicies is not > 0) yield break;
        yield return new PlanFinding(
            PlanArea.Services,
            NeedsDecision: true,
            "NetworkPolicies",
            cluster.NetworkPolicies == 1 ? "1 NetworkPolicy" : $"{cluster.NetworkPolicies} NetworkPolicies",
            "what comes through a Service has the node as its source, but where the client's address is kept: rules that allow Pods by label do not match the "
                + "node, and most engines let the Pod's own node in",
            "check the policies of Pods behind Services, with one labelled Service first");
    }

    private static IEnumerable<PlanFinding> ClusterIPs(RunOptions options, int services)
    {
        if (options.ClusterIPs != ClusterIPsChoice.Off || services == 0) yield break;
        yield return new PlanFinding(
            PlanArea.Services, NeedsDecision: false, "ClusterIPsOff", "ClusterIPs",
            "are not served, as the settings say: something else must, or Pods reach no Service by its name");
    }

    private static IEnumerable<PlanFinding> Others(int others, RunOptions options)
    {
        if (others == 0) yield break;
        yield return new PlanFinding(
            PlanArea.Services,
            NeedsDecision: false,
            "LeftToOthers",
            others == 1 ? "1 Service" : $"{others} Services",
            options.ServeLabel is { } label
                ? $"not labelled {WellKnown.ServiceProxyNameLabel}: {label}, and so not ours"
                : $"labelled {WellKnown.ServiceProxyNameLabel}, and so not ours");
    }

    /// <summary>Headless Services and ExternalName have nothing to proxy, for nobody.</summary>
    private static bool IsProxied(ServiceObject service) => service.Spec is { ClusterIP: not "None" } and { Type: not "ExternalName" };

    private static bool IsOurs(ServiceObject service, RunOptions options) =>
        IsProxied(service) && service.Metadata.Labels?.GetValueOrDefault(WellKnown.ServiceProxyNameLabel) == options.ServeLabel;

    private static string SubjectOf(ServiceObject service) => $"Service {service.Metadata.Namespace}/{service.Metadata.Name}";
}
