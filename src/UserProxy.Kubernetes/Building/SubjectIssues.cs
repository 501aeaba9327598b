using UserProxy.Kubernetes.Objects;
using UserProxy.Model;

namespace UserProxy.Kubernetes.Building;

/// <summary>Gathers what is wrong with one object while it is read. Costs nothing for an object without fault.</summary>
internal sealed class SubjectIssues(string kind, ServiceKey key)
{
    private List<TableIssue>? _issues;

    private string Subject => key.Namespace.Length == 0 ? $"{kind} {key.Name}" : $"{kind} {key}";

    public void Add(string reason, string message, SourceLine? source = null)
    {
        string text = source is null ? message : $"{message} ({PrintableText.Of(source.File, 400)}:{source.Line})";
        (_issues ??= []).Add(new TableIssue(Subject, reason, text));
    }

    public IssueList? ToList() => _issues is null ? null : IssueList.Of(Subject, _issues);
}
