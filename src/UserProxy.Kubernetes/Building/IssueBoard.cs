using UserProxy.Model;

namespace UserProxy.Kubernetes.Building;

/// <summary>
/// The issues of all objects, each put up and taken down by its owner. What a table shows of them does not depend on the order in which
/// they came, and is made anew only when one changed.
/// </summary>
internal sealed class IssueBoard
{
    private readonly SortedDictionary<string, IssueList> _bySubject = new(StringComparer.Ordinal);
    private IReadOnlyCollection<TableIssue> _source = [];
    private ValueList<TableIssue> _shown = [];
    private bool _changed;

    /// <summary>Replaces the list of one object; gives back the one that stands now.</summary>
    public IssueList? Replace(IssueList? old, IssueList? now)
    {
        if (Equals(old, now)) return old;
        if (old is not null) _bySubject.Remove(old.Subject);
        if (now is not null) _bySubject[now.Subject] = now;
        _changed = true;
        return now;
    }

    /// <param name="sourceIssues">What the source itself complains about, to stand beside the objects' own.</param>
    public ValueList<TableIssue> ToTable(IReadOnlyCollection<TableIssue> sourceIssues)
    {
        if (!_changed && _source.SequenceEqual(sourceIssues)) return _shown;

        _changed = false;
        _source = [.. sourceIssues];
        var all = _source.Count == 0 ? _bySubject : WithSource();
        return _shown = [.. all.Values.SelectMany(list => list.ToTable())];
    }

    private SortedDictionary<string, IssueList> WithSource()
    {
        var all = new SortedDictionary<string, IssueList>(_bySubject, StringComparer.Ordinal);
        foreach (var group in _source.GroupBy(issue => issue.Subject, StringComparer.Ordinal))
            all[group.Key] = IssueList.Join(all.GetValueOrDefault(group.Key), IssueList.Of(group.Key, group))!;
        return all;
    }
}
