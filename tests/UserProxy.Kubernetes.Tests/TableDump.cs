using System.Net.Sockets;
using System.Text;
using UserProxy.Kubernetes.Building;
using UserProxy.Kubernetes.Manifests;
using UserProxy.Model;

namespace UserProxy.Kubernetes.Tests;

/// <summary>Writes a table as people would want to read it in a diff; every fact is on a line of its own and '\n' ends it.</summary>
internal static class TableDump
{
    public static string Of(ServiceTable table, IEnumerable<ManifestProblem> notes)
    {
        var text = new StringBuilder();
        foreach (var port in table.Ports)
        {
            Line(text, $"{port.Name} {port.Name.Protocol} {(port.Family == AddressFamily.InterNetwork ? "IPv4" : "IPv6")} port {port.Number}");
            foreach (string setting in Settings(port.Settings)) Line(text, $"  set {setting}");
            foreach (string policy in Policies(port)) Line(text, $"  policy {policy}");
            foreach (var listener in port.Listeners) Line(text, $"  listen {listener.Kind} {listener}");
            foreach (var unserved in port.NotServed) Line(text, $"  not served {ServiceDiagnosis.Describe(unserved)}");
            if (port.SourceRanges.Count > 0) Line(text, $"  load balancer clients {string.Join(' ', port.SourceRanges)}");
            foreach (var endpoint in port.Endpoints) Line(text, $"  endpoint {Describe(endpoint)}{Uses(port, endpoint)}");
            if (!port.HasEndpoints) Line(text, "  refuse");
        }

        foreach (var left in table.LeftOut) Line(text, $"left out {left.Namespace}/{left.Name}: {left.Because}");
        foreach (var check in table.HealthChecks)
            Line(text, $"health {check.Namespace}/{check.Service} {check.LocalEndpoints} local, on {string.Join(' ', check.Addresses)} port {check.Port}");
        if (Describe(table.Node) is { Length: > 0 } node) Line(text, $"node {table.Node.Name}{node}");
        foreach (var issue in table.Issues) Line(text, $"issue {issue}");
        foreach (var note in notes) Line(text, $"note {note}");
        return text.ToString();
    }

    private static void Line(StringBuilder text, string line) => text.Append(line).Append('\n');

    private static string Describe(Endpoint endpoint) => string.Join(' ', new[]
    {
        endpoint.Key,
        endpoint.Ready ? "ready" : "notready",
        endpoint.Serving ? "serving" : "notserving",
        endpoint.Terminating ? "terminating" : null,
        endpoint.IsLocal ? "local" : null,
        endpoint.NodeName is null ? null : $"node={endpoint.NodeName}",
        endpoint.Zone is null ? null : $"zone={endpoint.Zone}",
        endpoint.ForNodes.Count == 0 ? null : $"fornodes={string.Join(',', endpoint.ForNodes)}",
        endpoint.ForZones.Count == 0 ? null : $"forzones={string.Join(',', endpoint.ForZones)}",
        endpoint.Pod == 0 ? null : "pod",
        endpoint.Weight == 1 ? null : $"weight={endpoint.Weight}",
    }.Where(word => word is not null));

    /// <summary>The lists that an endpoint is in; a Service without Local policies says USED as there is but one.</summary>
    private static string Uses(ServicePort port, Endpoint endpoint)
    {
        bool cluster = port.ClusterEndpoints.Contains(endpoint);
        if (port.InternalPolicy == TrafficPolicy.Cluster && port.ExternalPolicy == TrafficPolicy.Cluster)
            return (cluster ? " USED" : "") + (port.LocalEndpoints.Count > 0 ? " LOCAL WITHOUT NEED" : "");
        return (cluster ? " CLUSTER" : "") + (port.LocalEndpoints.Contains(endpoint) ? " LOCAL" : "");
    }

    private static string Describe(OwnNode node) => string.Concat(
        node.IsKnown ? " known" : "",
        node.IsLeaving ? " leaving" : "",
        node.Zone is null ? "" : $" zone={node.Zone}",
        node.PodBlocks.Count == 0 ? "" : $" pods={string.Join(',', node.PodBlocks)}");

    private static IEnumerable<string> Policies(ServicePort port)
    {
        if (port.InternalPolicy != TrafficPolicy.Cluster) yield return $"internal {port.InternalPolicy}";
        if (port.ExternalPolicy != TrafficPolicy.Cluster) yield return $"external {port.ExternalPolicy}";
        if (port.AffinityTimeout is { } affinity) yield return $"affinity {GoDuration.Format(affinity)}";
    }

    private static IEnumerable<string> Settings(ServiceSettings settings)
    {
        var normal = ServiceSettings.Default;
        if (settings.Scheduler != normal.Scheduler) yield return $"scheduler {settings.Scheduler.ShortName()}";
        if (settings.ConnectTimeout != normal.ConnectTimeout) yield return $"connect-timeout {GoDuration.Format(settings.ConnectTimeout)}";
        if (settings.ConnectAttempts != normal.ConnectAttempts) yield return $"connect-attempts {settings.ConnectAttempts}";
        if (settings.IdleTimeout != normal.IdleTimeout) yield return $"idle-timeout {GoDuration.Format(settings.IdleTimeout)}";
        if (settings.HalfCloseTimeout != normal.HalfCloseTimeout) yield return $"half-close-timeout {GoDuration.Format(settings.HalfCloseTimeout)}";
        if (settings.UdpIdleTimeout != normal.UdpIdleTimeout) yield return $"udp-idle-timeout {GoDuration.Format(settings.UdpIdleTimeout)}";
        if (settings.UdpResponses != normal.UdpResponses) yield return $"udp-responses {settings.UdpResponses}";
        if (settings.MaxConnections != normal.MaxConnections) yield return $"max-connections {settings.MaxConnections}";
        if (settings.MaxConnectionsPerClient != normal.MaxConnectionsPerClient) yield return $"max-connections-per-client {settings.MaxConnectionsPerClient}";
        if (settings.NoLocalAction is { } action) yield return $"no-local-action {action}";
        if (settings.ClientAddress is { } use) yield return $"client-address {ClientAddressText.Of(use)}";
        if (settings.ProxyProtocol is { } version) yield return $"proxy-protocol {ProxyProtocolText.Of(version)}";
        if (settings.ProxyV2Options != normal.ProxyV2Options) yield return $"proxy-v2-options {ProxyProtocolText.Of(settings.ProxyV2Options)}";
        if (settings.AcceptProxyProtocol.Count > 0) yield return $"accept-proxy-protocol {ProxyProtocolText.Of(settings.AcceptProxyProtocol)}";
        if (settings.Drain != normal.Drain) yield return $"drain {settings.Drain}";
    }
}
