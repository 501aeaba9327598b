using UserProxy.App.Configuration;
using UserProxy.App.Run;
using UserProxy.Kubernetes.Building;
using UserProxy.Model;

namespace UserProxy.App.Migrate;

/// <summary>Facts in, plan out: pure. What Services lose is told by the builder that <c>run</c> has, so the plan cannot disagree with it.</summary>
internal static class PlanMaker
{
    public static MigrationPlan Make(PlanFacts facts)
    {
        var table = TableOf(facts);
        // What the settings say is decided.
        List<FieldFate> fields = [
            .. (facts.KubeProxy?.Fates ?? []).Select(fate => fate.DecidedBy is { } by && facts.Given.Contains(by) ? fate with { Decision = null } : fate)];
        var listeners = table?.Ports.SelectMany(port => port.Listeners.Select(_ => port.Name.Protocol)).ToList() ?? [];
        return new MigrationPlan
        {
            Node = facts.Options.NodeName,
            Configuration = facts.KubeProxy?.Path,
            Source = facts.Source,
            Fields = fields,
            Services = table?.Ports.Select(port => (port.Name.Namespace, port.Name.Name)).Distinct().Count() ?? 0,
            TcpListeners = listeners.Count(protocol => protocol == TransportProtocol.Tcp),
            UdpListeners = listeners.Count(protocol => protocol == TransportProtocol.Udp),
            Findings =
            [
                .. SettingFindings(fields, facts.KubeProxy?.Path),
                .. table is null ? [] : ServiceFindings.Of(facts, table),
                .. facts.Node is { } node ? NodeFindings.Of(facts.Options, table, node) : [],
            ],
            Unseen = [.. Unseen(facts, table).Distinct()],
            Needs = [.. Needs(facts, table)],
        };
    }

    private static ServiceTable? TableOf(PlanFacts facts)
    {
        if (facts.Cluster is not { } cluster) return null;
        var options = ServiceFeed.BuildOptionsOf(facts.Options, virtualIPs: true) with { LocalAddresses = facts.Node?.Addresses ?? [] };
        return ClusterCache.Build(1, cluster.Services, cluster.EndpointSlices, cluster.Node, options);
    }

    private static IEnumerable<PlanFinding> SettingFindings(IEnumerable<FieldFate> fields, string? path) =>
        from fate in fields
        where !fate.IsHonoured && fate.Decision is not null
        select new PlanFinding(
            PlanArea.Settings, NeedsDecision: true, "SettingIgnored", fate.Name, $"{fate.Value} is ignored: {fate.Why} ({path}:{fate.Line})", fate.Decision);

    /// <summary>Without a Service nothing can be lost, which would be a plan that lies.</summary>
    private static IEnumerable<string> Needs(PlanFacts facts, ServiceTable? table)
    {
        if (facts.Cluster is null) yield return "the Services of the cluster: --kubeconfig FILE, or --manifests PATH with Services saved as YAML";
        else if (facts.Cluster.Services.Count == 0) yield return $"the Services of the cluster: {facts.Source} declares none, and every cluster has some";
        else if (table is { Ports.Count: 0 })
            yield return $"Services with addresses: nothing of what {facts.Source} declares would be served, as written (userproxy check, userproxy explain)";
        if (NeedsNode(facts, table)) yield return $"the Node {facts.Options.NodeName}: {WhyNoNode(facts, table)}";
    }

    /// <summary>
    /// Without it neither its zone nor its Pods are known, and so not what is served. Manifests that hold no Node at all are for any node, as long as nothing
    /// in them is another matter on each.
    /// </summary>
    private static bool NeedsNode(PlanFacts facts, ServiceTable? table) => facts.Cluster is { Node: null } cluster
        && (facts.NodeIsNamed || !cluster.IsOfManifests || cluster.HasNodes || DependsOnNode(facts, table) is not null);

    /// <summary>What is served in another way on each node; null for nothing.</summary>
    private static string? DependsOnNode(PlanFacts facts, ServiceTable? table)
    {
        foreach (var port in table?.Ports ?? [])
        {
            string name = $"{port.Name.Namespace}/{port.Name.Name}";
            if (port.ExternalPolicy == TrafficPolicy.Local) return $"externalTrafficPolicy Local of {name}";
            if (port.InternalPolicy == TrafficPolicy.Local) return $"internalTrafficPolicy Local of {name}";
            if (port.Endpoints.Any(endpoint => endpoint.ForZones.Count > 0 || endpoint.ForNodes.Count > 0)) return $"hints of the EndpointSlices of {name}";
        }

        return facts.Options.NodePortAddresses.HasPrimary ? $"{Settings.NodePortAddresses.Field}: primary" : null;
    }

    private static string WhyNoNode(PlanFacts facts, ServiceTable? table)
    {
        var cluster = facts.Cluster!;
        if (!cluster.NodesWereRead) return "the cluster's Nodes could not be read (see Not seen); the kubeconfig of an administrator can (--kubeconfig FILE)";
        return cluster.HasNodes || facts.NodeIsNamed || !cluster.IsOfManifests || DependsOnNode(facts, table) is not { } because
            ? $"{facts.Source} has none of that name; say which with --node-name"
            : $"{facts.Source} declares no Node, and what is served depends on it ({because}); kubectl get node NAME -o yaml writes it, and --node-name says "
                + "which";
    }

    private static IEnumerable<string> Unseen(PlanFacts facts, ServiceTable? table)
    {
        if (facts.KubeProxy is null) yield return "kube-proxy's configuration: none was given or found (--config FILE)";
        if (facts.Cluster is null) yield return "Services: neither a cluster nor manifests were given (--kubeconfig FILE, --manifests PATH)";
        foreach (string text in facts.Cluster?.Unseen ?? []) yield return text;
        if (facts.Cluster is { Node: null } && !NeedsNode(facts, table))
            yield return $"the Node {facts.Options.NodeName}: {facts.Source} declares none, and nothing that it declares depends on one; the plan is for "
                + "any node";
        if (facts.Node is null) yield return "ports and rules of the node: run this on the node, and not with --no-node-checks";
        foreach (string text in facts.Node?.Holders.Unseen ?? []) yield return text;
        foreach (string text in facts.Node?.Rules.Unseen ?? []) yield return text;
        if (facts.Node is { Holders.SeesNode: false })
            yield return "processes of the node: this runs in a container of its own PID namespace (hostPID: true, or run it on the node)";
    }
}
