using UserProxy.Kubernetes.Client.Events;
using UserProxy.Model;
using UserProxy.Reading;

namespace UserProxy.App.Run;

/// <summary>
/// Makes Kubernetes Events of what is wrong with Services: faults in their declaration, ports that cannot be had, endpoints that are refused, health
/// checks that do not answer; and of what is wrong with this node. Called from the Proxier's loop and others; never waits.
/// </summary>
internal sealed class ClusterEvents(EventReporter reporter, string nodeName, Func<string, string, string?> uidOf)
{
    /// <summary>kube-proxy's reasons for Events about the node.</summary>
    public const string HealthServerFailed = "FailedToStartProxierHealthcheck", MetricsServerFailed = "FailedToStartMetricServer";

    /// <summary>kube-proxy's word for what was being done; whoever looks for its Events finds ours.</summary>
    private const string NodeAction = "StartKubeProxy";

    private const string SubjectPrefix = "Service ";

    private ValueList<TableIssue> _known = [];

    /// <summary>Reports the issues of Services that the table before did not have. On one thread.</summary>
    public void Follow(ServiceTable table)
    {
        if (table.Issues == _known) return;
        var before = new HashSet<TableIssue>(_known);
        _known = table.Issues;
        foreach (var issue in table.Issues)
        {
            if (!before.Contains(issue) && issue.Subject.StartsWith(SubjectPrefix, StringComparison.Ordinal)) Report(issue);
        }
    }

    /// <summary>What this node alone may have.</summary>
    public void Report(ServiceProblem problem) => Report(problem.Service.Namespace, problem.Service.Name, problem.Reason, "Sync", problem.Message);

    /// <summary>What this node alone may have.</summary>
    public void Report(string space, string name, string reason, string action, string message) =>
        reporter.Report(Event(space, name, reason, action, message) with { IsOfNode = true });

    /// <summary>About this node.</summary>
    public void ReportNode(string reason, string message) => reporter.Report(
        new ClusterEvent { Kind = "Node", Namespace = "", Name = nodeName, Uid = nodeName, Reason = reason, Action = NodeAction, Message = message });

    private void Report(TableIssue issue)
    {
        // "Service namespace/name", and neither may hold a slash.
        string[] parts = issue.Subject[SubjectPrefix.Length..].Split('/');
        if (parts.Length == 2) reporter.Report(Event(parts[0], parts[1], issue.Reason, "Sync", issue.Message)); // every node finds the same
    }

    private ClusterEvent Event(string space, string name, string reason, string action, string message) =>
        new() { Namespace = space, Name = name, Uid = uidOf(space, name), Reason = reason, Action = action, Message = message };
}
