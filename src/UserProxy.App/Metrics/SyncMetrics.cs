using UserProxy.App.Health;
using UserProxy.Counting;
using UserProxy.Kubernetes;
using UserProxy.Model;

namespace UserProxy.App.Metrics;

/// <summary>
/// The families about tables: how new what is served is, under kube-proxy's names, and what is wrong with what was declared. Takes note of each applied table on the
/// Proxier's loop; written by scrapes.
/// </summary>
internal sealed class SyncMetrics(Proxier proxier, SourceChanges changes, HealthAnswers answers, TimeProvider time)
{
    /// <summary>kube-proxy's: from 1 ms, doubling.</summary>
    private static readonly HistogramBounds SyncBounds = new([.. Enumerable.Range(0, 15).Select(power => 0.001 * (1 << power))]);

    /// <summary>kube-proxy's.</summary>
    private static readonly HistogramBounds ProgrammingBounds = new(
    [
        0.25, 0.5, .. Enumerable.Range(1, 59).Select(second => (double)second), .. Enumerable.Range(0, 12).Select(step => 60.0 + (5 * step)),
        .. Enumerable.Range(0, 7).Select(step => 120.0 + (30 * step)),
    ]);

    private static readonly Labels Internal = Labels.Of("traffic_policy", "internal"), External = Labels.Of("traffic_policy", "external");
    private static readonly Labels Good = Labels.Of("code", "200"), Bad = Labels.Of("code", "503");

    private readonly DurationHistogram _syncs = new(SyncBounds);
    private readonly DurationHistogram _programming = new(ProgrammingBounds);
    private readonly Lock _lock = new();
    private readonly SortedDictionary<(string Kind, string Reason), long> _issues = [];
    private HashSet<TableIssue> _knownIssues = [];
    private ValueList<TableIssue> _lastIssues = [];

    /// <summary>On the Proxier's loop.</summary>
    public void Follow(AppliedTable applied)
    {
        _syncs.Add(applied.Duration);
        var now = time.GetUtcNow();
        foreach (var trigger in changes.Applied(applied.Table.Revision))
        {
            // The clocks of two machines.
            if (now > trigger) _programming.Add(now - trigger);
        }

        if (applied.Table.Issues != _lastIssues) Follow(applied.Table.Issues);
    }

    /// <param name="writer">The scrape.</param>
    /// <param name="unreadable">What the API gave and could not be read, which is in no table.</param>
    public async Task WriteAsync(MetricWriter writer, IEnumerable<(string Kind, string Reason, long Count)> unreadable)
    {
        var facts = proxier.Sync;
        await writer.FamilyAsync("kubeproxy_sync_proxy_rules_duration_seconds", MetricKind.Histogram, "How long it took to bring listeners and endpoints in line with a table.");
        writer.Sample(Labels.None, _syncs.Read());

        await writer.FamilyAsync("kubeproxy_sync_proxy_rules_last_timestamp_seconds", MetricKind.Gauge, "When a table was last put in force; 0 before the first.");
        writer.Sample(Seconds(facts.LastAppliedAt));

        await writer.FamilyAsync("kubeproxy_sync_proxy_rules_last_queued_timestamp_seconds", MetricKind.Gauge, "When a table was last queued; 0 before the first.");
        writer.Sample(Seconds(facts.LastQueuedAt));

        await writer.FamilyAsync("userproxy_sync_pending_seconds", MetricKind.Gauge, "For how long a table has waited to be put in force; 0 when none waits.");
        writer.Sample(facts.PendingSince is { } since ? Math.Max(0, (time.GetUtcNow() - since).TotalSeconds) : 0);

        await writer.FamilyAsync(
            "kubeproxy_network_programming_duration_seconds", MetricKind.Histogram, "From the change of a Pod or Service, by its EndpointSlice's annotation, until it was in force here.");
        writer.Sample(Labels.None, _programming.Read());

        await WriteChangesAsync(writer);
        await WriteNoLocalEndpointsAsync(writer);

        await writer.FamilyAsync("kubeproxy_proxy_healthz_total", MetricKind.Counter, "Answers of /healthz of the health server.");
        writer.Sample(Good, answers.Healthz(good: true));
        writer.Sample(Bad, answers.Healthz(good: false));

        await writer.FamilyAsync("kubeproxy_proxy_livez_total", MetricKind.Counter, "Answers of /livez of the health server.");
        writer.Sample(Good, answers.Livez(good: true));
        writer.Sample(Bad, answers.Livez(good: false));

        await writer.FamilyAsync("userproxy_invalid_objects_total", MetricKind.Counter, "Faults found in declared objects, each once until it is mended.");
        List<((string Kind, string Reason) Key, long Count)> issues;
        lock (_lock) issues = [.. _issues.Select(pair => (pair.Key, pair.Value))];
        foreach (var ((kind, reason), count) in issues) writer.Sample(Labels.Of(("kind", kind), ("reason", reason)), count);
        foreach (var (kind, reason, count) in unreadable) writer.Sample(Labels.Of(("kind", kind), ("reason", reason)), count);
    }

    private async Task WriteChangesAsync(MetricWriter writer)
    {
        var (services, endpoints) = (changes.Services, changes.Endpoints);
        await writer.FamilyAsync("kubeproxy_sync_proxy_rules_service_changes_pending", MetricKind.Gauge, "Changes of Services that are not in force yet.");
        writer.Sample(services.Pending);

        await writer.FamilyAsync("kubeproxy_sync_proxy_rules_service_changes_total", MetricKind.Counter, "Changes of Services.");
        writer.Sample(services.Total);

        await writer.FamilyAsync("kubeproxy_sync_proxy_rules_endpoint_changes_pending", MetricKind.Gauge, "Changes of EndpointSlices that are not in force yet.");
        writer.Sample(endpoints.Pending);

        await writer.FamilyAsync("kubeproxy_sync_proxy_rules_endpoint_changes_total", MetricKind.Counter, "Changes of EndpointSlices.");
        writer.Sample(endpoints.Total);
    }

    /// <summary>A count that goes up and down, by the name that kube-proxy has for it.</summary>
    private async Task WriteNoLocalEndpointsAsync(MetricWriter writer)
    {
        int inside = 0, outside = 0;
        foreach (var port in proxier.Table.Ports.AsSpan())
        {
            if (port.LocalEndpoints.Count > 0 || !port.HasEndpoints) continue;
            if (port.InternalPolicy == TrafficPolicy.Local) inside++;
            if (port.ExternalPolicy == TrafficPolicy.Local) outside++;
        }

        await writer.FamilyAsync(
            "kubeproxy_sync_proxy_rules_no_local_endpoints_total", MetricKind.Unknown, "Service ports (a gauge) with a Local traffic policy, endpoints elsewhere, and none on this node.");
        writer.Sample(Internal, inside);
        writer.Sample(External, outside);
    }

    private void Follow(ValueList<TableIssue> issues)
    {
        var before = _knownIssues;
        _lastIssues = issues;
        _knownIssues = [.. issues];
        lock (_lock)
        {
            foreach (var issue in _knownIssues.Where(issue => !before.Contains(issue)))
            {
                // "Kind namespace/name"; kinds and reasons are words of ours, so there are few.
                var key = (issue.Subject.Split(' ')[0], issue.Reason);
                _issues[key] = _issues.GetValueOrDefault(key) + 1;
            }
        }
    }

    private static double Seconds(DateTimeOffset? time) => time is { } at ? at.ToUnixTimeMilliseconds() / 1000.0 : 0;
}
