using UserProxy.Kubernetes.Objects;
using UserProxy.Model;

namespace UserProxy.Kubernetes;

/// <summary>
/// Gathers the issues of one table. The result does not depend on the order in which they were found, and one object with a thousand
/// faults does not drown the others.
/// </summary>
internal sealed class IssueCollector
{
    private const int MaxPerSubject = 10;

    private readonly SortedDictionary<string, SortedSet<TableIssue>> _bySubject = new(StringComparer.Ordinal);

    public void Add(string subject, string reason, string message, SourceLine? source = null) =>
        Add(new TableIssue(subject, reason, source is null ? message : $"{message} ({PrintableText.Of(source.File, 400)}:{source.Line})"));

    public void Add(TableIssue issue)
    {
        if (!_bySubject.TryGetValue(issue.Subject, out var issues)) _bySubject.Add(issue.Subject, issues = new(IssueOrder.Instance));
        issues.Add(issue);
    }

    public IEnumerable<TableIssue> ToList()
    {
        foreach (var (subject, issues) in _bySubject)
        {
            foreach (var issue in issues.Take(MaxPerSubject)) yield return issue;
            if (issues.Count > MaxPerSubject) yield return new TableIssue(subject, IssueReasons.More, $"and {issues.Count - MaxPerSubject} more issues");
        }
    }

    private sealed class IssueOrder : IComparer<TableIssue>
    {
        public static readonly IssueOrder Instance = new();

        public int Compare(TableIssue? x, TableIssue? y)
        {
            int byReason = string.CompareOrdinal(x?.Reason, y?.Reason);
            return byReason != 0 ? byReason : string.CompareOrdinal(x?.Message, y?.Message);
        }
    }
}
