using UserProxy.App.CommandLine;
using UserProxy.App.Servers.Admin.Messages;
using UserProxy.Kubernetes.Building;
using UserProxy.Model;
using UserProxy.Policy;
using UserProxy.Reading;

namespace UserProxy.App.Servers.Admin;

/// <summary>The process as a whole, as <c>/v1/status</c> and <c>/v1/glance</c> tell it.</summary>
internal sealed class StatusReader(AdminFacts facts)
{
    private const int MostFailed = 100;
    private const string VirtualIPsFailed = "VirtualIPsFailed";

    private static readonly ListenerState[] States = Enum.GetValues<ListenerState>();

    /// <summary>Where what is served comes from: the source, or a snapshot of it.</summary>
    public (string Source, SnapshotItem? Snapshot) SourceNow() => facts.SnapshotFrom() is { } writtenAt
        ? ("snapshot", new SnapshotItem(facts.Source, writtenAt, Math.Max(0, ToMessage.Seconds(facts.Time.GetUtcNow() - writtenAt))))
        : (facts.Source, null);

    /// <summary>What is wrong now, in one order for every answer.</summary>
    /// <param name="ofEndpoints">What only a look at all endpoints tells.</param>
    public IEnumerable<TableIssue> Issues(IEnumerable<TableIssue> ofEndpoints)
    {
        var proxier = facts.Proxier;
        List<TableIssue> trouble = proxier.View.VirtualIPTrouble is { } said
            ? [new TableIssue($"Node {facts.Node}", VirtualIPsFailed, $"virtual IPs are not as they are declared: {said}")]
            : [];
        var looked = ofEndpoints.ToList();
        return facts.SourceIssues().Concat(trouble).Concat(looked).Concat(proxier.View.ListenerIssues()).Concat(facts.PortIssues.Now)
            .Concat(facts.Problems.In(proxier.Table).Where(known => !IsToldNow(known, looked))).Concat(proxier.Table.Issues);
    }

    /// <summary>An endpoint that leads back is found by each look. That a client had no hop left is known of that client alone.</summary>
    private static bool IsToldNow(TableIssue known, List<TableIssue> looked) =>
        known.Reason == ServiceProblem.EndpointLoop && known.Message.StartsWith("endpoint ", StringComparison.Ordinal)
            && looked.Exists(issue => issue.Reason == known.Reason && issue.Subject == known.Subject);

    /// <param name="services">Of one look.</param>
    public ProcessStatus Read(IEnumerable<ServiceReading> services)
    {
        var proxier = facts.Proxier;
        var (source, snapshot) = SourceNow();
        var sync = proxier.View.Sync;
        int[] listeners = new int[States.Length];
        int ports = 0, connections = 0, badEndsTotal = 0;
        List<BadEndsItem> badEnds = [];
        bool someAreLeftOut = false;
        var failing = new FailingEndpoints(facts.Time.GetUtcNow());
        var failed = new List<FailedListenerItem>();
        var unready = new UnreadyServices();
        foreach (var service in services)
        {
            ports++;
            connections += service.ActiveConnections;
            foreach (var listener in service.Listeners)
            {
                listeners[(int)listener.State]++;
                if (listener.State == ListenerState.Failed && failed.Count < MostFailed) failed.Add(ToMessage.Failed(service.Name, listener));
            }

            failing.Look(service);
            if (BadEnds.Of(service, facts.Sampler) is { } ends)
            {
                badEndsTotal++;
                if (badEnds.Count < MostFailed) badEnds.Add(ends);
            }

            unready.Look(service);
            someAreLeftOut = someAreLeftOut
                || (facts.WhyNoVirtualIPs is not null && service.Port.NotServed.Any(unserved => ServiceDiagnosis.IsClusterIPsOff(unserved.Because)));
        }

        IEnumerable<TableIssue> ofRun = someAreLeftOut
            ? [new TableIssue($"Node {facts.Node}", IssueReasons.VirtualIPsNotServed, $"virtual IPs are not served: {facts.WhyNoVirtualIPs}")]
            : [];
        var issues = Issues(failing.Faults.Concat(ofRun)).Select(ToMessage.Of).ToList();
        issues.AddRange(ToMessage.IssuesOf(failed, issues));
        var followed = facts.Followed();
        return new ProcessStatus
        {
            ApiVersion = ApiVersion.V1,
            Version = BuildFacts.Current.Version,
            Commit = BuildFacts.Current.Commit,
            Node = facts.Node,
            Zone = proxier.Table.Node.Zone,
            Source = source,
            Snapshot = snapshot,
            Transport = facts.Transport,
            UptimeSeconds = ToMessage.Seconds(facts.Time.GetElapsedTime(facts.StartedAt)),
            TookOver = facts.TookOver(),
            SourceTrouble = facts.SourceTrouble(),
            Draining = facts.IsDraining(),
            Revision = proxier.Revision,
            LastAppliedAt = sync.LastAppliedAt,
            PendingSince = sync.PendingSince,
            // As /readyz; and a proxy that leaves changes unapplied or clients unaccepted is not called ready to a person.
            Ready = facts.Health.IsReady && facts.Health.IsHealthy,
            ServicePorts = ports,
            Listeners = States.ToDictionary(state => state.ToString(), state => listeners[(int)state], StringComparer.Ordinal),
            ActiveConnections = connections,
            DescriptorsHeld = proxier.Descriptors.Held,
            DescriptorsLimit = proxier.Descriptors.Limit,
            AcceptPauses = proxier.View.AcceptPauses,
            Issues = issues,
            SourceAgeSeconds = followed.Count > 0 && followed.All(item => item.HeardSecondsAgo is not null)
                ? followed.Max(item => item.HeardSecondsAgo)
                : null,
            Followed = followed,
            FailedListeners = failed,
            NoReadyEndpointTotal = unready.Total,
            NoReadyEndpoint = unready.First,
            NoEndpointsTotal = unready.Empty,
            FailingEndpointsTotal = failing.Total,
            FailingEndpoints = failing.First,
            BadEndsTotal = badEndsTotal,
            BadEnds = badEnds,
            SilentEndpointsTotal = failing.SilentTotal,
            SilentEndpoints = failing.FirstSilent,
            HealthCheckPorts = [.. proxier.Table.HealthChecks.Select(check => new HealthCheckItem(check.Namespace, check.Service, check.Port))],
            MetricsAddress = facts.MetricsAddress,
            Pid = Environment.ProcessId,
        };
    }
}
