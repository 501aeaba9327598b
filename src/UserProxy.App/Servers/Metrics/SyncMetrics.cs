using UserProxy.App.Servers.Health;
using UserProxy.Counting;
using UserProxy.Kubernetes.Building;
using UserProxy.Model;
using UserProxy.Syncing;

namespace UserProxy.App.Servers.Metrics;

/// <summary>
/// The families about tables: how new what is served is, under kube-proxy's names, and what is wrong with what was declared. Takes note of each applied table
/// on the Proxier's loop; written by scrapes.
/// </summary>
internal sealed class SyncMetrics(Proxier proxier, SourceChanges changes, HealthAnswerCounts answers, TimeProvider time)
{
    /// <summary>kube-proxy's: from 1 ms, doubling.</summary>
    private static readonly HistogramBounds SyncBounds = new([.. Enumerable.Range(0, 15).Select(power => 0.001 * (1 << power))]);

    /// <summary>kube-proxy's.</summary>
    private static readonly HistogramBounds ProgrammingBounds = new(
    [
        0.25, 0.5, .. Enumerable.Range(1, 59).Select(second => (double)second), .. Enumerable.Range(0, 12).Select(step => 60.0 + (5 * step)),
        .. Enumerable.Range(0, 7).Select(step => 120.0 + (30 * step)),
    ]);

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

    /// <param name="families">Of the registry.</param>
    /// <param name="unreadable">What the API gave and could not be read, which is in no table.</param>
    public void Declare(MetricFamilies families, Func<IEnumerable<(string Kind, string Reason, long Count)>> unreadable)
    {
        Declare(families, _syncs, "kubeproxy_sync_proxy_rules_duration_seconds", "How long it took to bring listeners and endpoints in line with a table.");
        families.Gauge(
            "kubeproxy_sync_proxy_rules_last_timestamp_seconds", "When a table was last put in force; 0 before the first.", () =>
                Seconds(proxier.View.Sync.LastAppliedAt));
        families.Gauge(
            "kubeproxy_sync_proxy_rules_last_queued_timestamp_seconds", "When a table was last queued; 0 before the first.", () =>
                Seconds(proxier.View.Sync.LastQueuedAt));
        families.Gauge(
            "userproxy_sync_pending_seconds", "For how long a table has waited to be put in force; 0 when none waits.",
            () => proxier.View.Sync.PendingSince is { } since ? Math.Max(0, (time.GetUtcNow() - since).TotalSeconds) : 0);
        Declare(
            families, _programming, "kubeproxy_network_programming_duration_seconds",
            "From the change of a Pod or Service, by its EndpointSlice's annotation, until it was in force here.");
        families.Gauge("kubeproxy_sync_proxy_rules_service_changes_pending", "Changes of Services that are not in force yet.", () => changes.Services.Pending);
        families.Counter("kubeproxy_sync_proxy_rules_service_changes_total", "Changes of Services.", () => changes.Services.Total);
        families.Gauge(
            "kubeproxy_sync_proxy_rules_endpoint_changes_pending", "Changes of EndpointSlices that are not in force yet.", () => changes.Endpoints.Pending);
        families.Counter("kubeproxy_sync_proxy_rules_endpoint_changes_total", "Changes of EndpointSlices.", () => changes.Endpoints.Total);
        Declare(families, "kubeproxy_proxy_healthz_total", "Answers of /healthz of the health server.", answers.Healthz);
        Declare(families, "kubeproxy_proxy_livez_total", "Answers of /livez of the health server.", answers.Livez);

        var invalid = families.Counter("userproxy_invalid_objects_total", "Faults found in declared objects, each once until it is mended.", "kind", "reason");
        families.OnCollect(() =>
        {
            lock (_lock)
            {
                foreach (var ((kind, reason), count) in _issues) invalid.WithLabels(kind, reason).IncTo(count);
            }

            foreach (var (kind, reason, count) in unreadable()) invalid.WithLabels(kind, reason).IncTo(count);
        });
    }

    /// <summary>Service ports with a Local policy, endpoints elsewhere, and none on this node, by the policy of inside and of outside traffic.</summary>
    public (int Internal, int External) CountWithoutLocalEndpoints()
    {
        int inside = 0, outside = 0;
        foreach (var port in proxier.Table.Ports.AsSpan())
        {
            if (port.LocalEndpoints.Count > 0 || !port.HasEndpoints) continue;
            if (port.InternalPolicy == TrafficPolicy.Local) inside++;
            if (port.ExternalPolicy == TrafficPolicy.Local) outside++;
        }

        return (inside, outside);
    }

    private static void Declare(MetricFamilies families, DurationHistogram durations, string name, string help)
    {
        var series = new HistogramSeries(families.Histogram(name, help, durations.Bounds).WithLabels(), durations);
        families.OnCollect(series.Update);
    }

    private static void Declare(MetricFamilies families, string name, string help, Func<bool, long> answered)
    {
        var family = families.Counter(name, help, "code");
        families.OnCollect(() =>
        {
            family.WithLabels("200").IncTo(answered(true));
            family.WithLabels("503").IncTo(answered(false));
        });
    }

    private void Follow(ValueList<TableIssue> issues)
    {
        var before = _knownIssues;
        _lastIssues = issues;
        _knownIssues = [.. issues];
        lock (_lock)
        {
            foreach (var issue in _knownIssues.Where(issue => !before.Contains(issue) && !IssueReasons.IsOfTheMoment(issue.Reason)))
            {
                // "Kind namespace/name"; kinds and reasons are words of ours, so there are few.
                var key = (issue.Subject.Split(' ')[0], issue.Reason);
                _issues[key] = _issues.GetValueOrDefault(key) + 1;
            }
        }
    }

    private static double Seconds(DateTimeOffset? time) => time is { } at ? at.ToUnixTimeMilliseconds() / 1000.0 : 0;
}
