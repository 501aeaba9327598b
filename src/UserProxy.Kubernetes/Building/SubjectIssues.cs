using UserProxy.Kubernetes.Objects;
using UserProxy.Model;

namespace UserProxy.Kubernetes.Building;

/// <summary>Gathers what is wrong with one object while it is read. Costs nothing for an object without fault.</summary>
/// <param name="kind">Of the object.</param>
/// <param name="key">Its name.</param>
/// <param name="service">The Service that it says to be of, where it is not one itself.</param>
internal sealed class SubjectIssues(string kind, ObjectId key, ObjectId? service = null)
{
    private List<TableIssue>? _issues;

    private string Subject => $"{kind} {key}";

    public void Add(string reason, string message, SourceLine? source = null)
    {
        string? place = source is null ? null : $"{PrintableText.Of(source.File, 400)}:{source.Line}";
        (_issues ??= []).Add(
            new TableIssue(Subject, reason, place is null ? message : $"{message} ({place})") { Service = service?.ToString(), Place = place });
    }

    public IssueList? ToList() => _issues is null ? null : IssueList.Of(Subject, _issues);
}
