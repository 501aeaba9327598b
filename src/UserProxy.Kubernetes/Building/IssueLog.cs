using Microsoft.Extensions.Logging;
using UserProxy.Model;

namespace UserProxy.Kubernetes.Building;

/// <summary>Says once that an issue has come up and once that it is gone, however often the table is rebuilt in between.</summary>
internal sealed class IssueLog(ILogger logger)
{
    private HashSet<TableIssue> _known = [];

    public void Report(IEnumerable<TableIssue> issues)
    {
        var now = new HashSet<TableIssue>(issues);
        foreach (var issue in now)
        {
            if (_known.Contains(issue)) continue;
            if (issue.Reason == IssueReasons.LeftOut) KubernetesLog.IssueNoted(logger, issue.Subject, issue.Message, issue.Reason);
            else KubernetesLog.IssueFound(logger, issue.Subject, issue.Message, issue.Reason);
        }

        // An issue whose wording changed (a line moved) is not settled.
        var still = now.Select(issue => (issue.Subject, issue.Reason)).ToHashSet();
        foreach (var (subject, reason) in _known.Select(issue => (issue.Subject, issue.Reason)).Distinct())
        {
            if (!still.Contains((subject, reason))) KubernetesLog.IssueSettled(logger, subject, reason);
        }

        _known = now;
    }
}
