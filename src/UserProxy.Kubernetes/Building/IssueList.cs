using UserProxy.Model;

namespace UserProxy.Kubernetes.Building;

/// <summary>
/// The issues of one object: sorted, without duplicates, and few, so that an object with a thousand faults neither drowns the others nor
/// fills the memory. <paramref name="More"/> counts those left out.
/// </summary>
internal sealed record IssueList(string Subject, ValueList<TableIssue> First, int More)
{
    private const int Max = 10;

    private static readonly Comparer<TableIssue> Order = Comparer<TableIssue>.Create(static (left, right) =>
    {
        int byReason = string.CompareOrdinal(left.Reason, right.Reason);
        return byReason != 0 ? byReason : string.CompareOrdinal(left.Message, right.Message);
    });

    public static IssueList Of(string subject, IEnumerable<TableIssue> issues, int more = 0)
    {
        var distinct = new SortedSet<TableIssue>(issues, Order);
        return new IssueList(subject, [.. distinct.Take(Max)], more + Math.Max(0, distinct.Count - Max));
    }

    public static IssueList? Join(IssueList? left, IssueList? right) =>
        left is null ? right : right is null ? left : Of(left.Subject, left.First.Concat(right.First), left.More + right.More);

    /// <summary>As a table shows them.</summary>
    public IEnumerable<TableIssue> ToTable() =>
        More == 0 ? First : First.Append(new TableIssue(Subject, IssueReasons.More, $"and {More} more issues"));
}
