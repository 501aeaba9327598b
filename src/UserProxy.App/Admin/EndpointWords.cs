using UserProxy.App.Admin.Messages;
using UserProxy.Model;

namespace UserProxy.App.Admin;

/// <summary>Says of one endpoint why new connections go to it or do not, by the lists that were made and the rules that made them (SEMANTICS 1.5, 1.6).</summary>
internal static class EndpointWords
{
    public static ExplainedEndpoint Of(EndpointDetail detail, ServicePort declared, OwnNode node)
    {
        string key = detail.Endpoint.Key;
        if (detail.Refusal is { } refusal) return new(key, Used: false, $"never dialled: {refusal}");

        bool isInternal = ListOf(declared, declared.InternalPolicy).Contains(detail.Endpoint);
        bool isExternal = ListOf(declared, declared.ExternalPolicy).Contains(detail.Endpoint);
        if (!isInternal && !isExternal) return new(key, Used: false, WhyNot(detail.Endpoint, declared, node));

        string says = detail.Endpoint.Ready ? "ready" : "still serves while it terminates, and no endpoint is ready";
        if (declared.InternalPolicy != declared.ExternalPolicy && isInternal != isExternal)
            says += isInternal ? "; not for outside clients, as it is on another node (externalTrafficPolicy Local)" : "; not for ClusterIPs, as it is on another node (internalTrafficPolicy Local)";
        if (detail.AsideFor is { } aside)
            return new(key, Used: false, $"{says}; aside for {Seconds(aside)} more, after {detail.FailuresInARow} failed dials in a row");
        if (detail.FailuresInARow > 0) says += $"; the last {Counted(detail.FailuresInARow, "dial")} failed";
        return new(key, Used: true, says);
    }

    private static string WhyNot(Endpoint endpoint, ServicePort declared, OwnNode node)
    {
        if (!endpoint.Ready)
        {
            if (!endpoint.Terminating) return "not ready: its readiness probe does not pass, or not yet";
            return endpoint.Serving ? "terminating: used only while no endpoint is ready" : "terminating, and it no longer serves";
        }

        bool localOnly = declared is { InternalPolicy: TrafficPolicy.Local, ExternalPolicy: TrafficPolicy.Local } && declared.ClusterEndpoints.Count == 0;
        if (!localOnly && !declared.ClusterEndpoints.Contains(endpoint) && Hints(endpoint, node) is { } hints) return $"ready, but {hints}";
        return endpoint.NodeName is { } name ? $"ready, but on node {name}, and the traffic policy is Local" : "ready, but on no node that is named, and the traffic policy is Local";
    }

    private static string? Hints(Endpoint endpoint, OwnNode node)
    {
        if (endpoint.ForNodes.Count > 0 && !endpoint.ForNodes.Contains(node.Name)) return $"its hints are for other nodes ({string.Join(", ", endpoint.ForNodes)})";
        return endpoint.ForZones.Count > 0 && (node.Zone is null || !endpoint.ForZones.Contains(node.Zone))
            ? $"its hints are for zone {string.Join(", ", endpoint.ForZones)}, and this node is in {node.Zone ?? "none"}"
            : null;
    }

    private static ValueList<Endpoint> ListOf(ServicePort port, TrafficPolicy policy) => policy == TrafficPolicy.Local ? port.LocalEndpoints : port.ClusterEndpoints;

    private static string Seconds(TimeSpan time) => GoDuration.Format(TimeSpan.FromSeconds(Math.Ceiling(time.TotalSeconds)));

    private static string Counted(int count, string what) => count == 1 ? what : $"{count} {what}s";
}
