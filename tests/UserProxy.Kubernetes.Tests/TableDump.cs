using System.Net.Sockets;
using System.Text;
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
            foreach (var listener in port.Listeners) Line(text, $"  listen {listener.Kind} {listener}");
            foreach (var endpoint in port.Endpoints) Line(text, $"  endpoint {Describe(endpoint)}{(port.ClusterEndpoints.Contains(endpoint) ? " USED" : "")}");
        }

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
        endpoint.NodeName is null ? null : $"node={endpoint.NodeName}",
        endpoint.Zone is null ? null : $"zone={endpoint.Zone}",
        endpoint.Weight == 1 ? null : $"weight={endpoint.Weight}",
    }.Where(word => word is not null));

    private static IEnumerable<string> Settings(ServiceSettings settings)
    {
        var normal = ServiceSettings.Default;
        if (settings.Scheduler != normal.Scheduler) yield return $"scheduler {settings.Scheduler.ShortName()}";
        if (settings.ConnectTimeout != normal.ConnectTimeout) yield return $"connect-timeout {GoDuration.Format(settings.ConnectTimeout)}";
        if (settings.ConnectAttempts != normal.ConnectAttempts) yield return $"connect-attempts {settings.ConnectAttempts}";
        if (settings.IdleTimeout != normal.IdleTimeout) yield return $"idle-timeout {GoDuration.Format(settings.IdleTimeout)}";
        if (settings.HalfCloseTimeout != normal.HalfCloseTimeout) yield return $"half-close-timeout {GoDuration.Format(settings.HalfCloseTimeout)}";
        if (settings.MaxConnections != normal.MaxConnections) yield return $"max-connections {settings.MaxConnections}";
        if (settings.MaxConnectionsPerClient != normal.MaxConnectionsPerClient) yield return $"max-connections-per-client {settings.MaxConnectionsPerClient}";
        if (settings.Drain != normal.Drain) yield return $"drain {settings.Drain}";
    }
}
