using UserProxy.Kubernetes.Building;
using UserProxy.Model;

namespace UserProxy.App.Servers.Admin;

/// <summary>Services that are declared and of which nothing is served here: those that a table leaves out, and those that are too wrong to be in it.</summary>
internal static class DeclaredUnserved
{
    private const string Kind = "Service ";

    public static IReadOnlyList<LeftOutService> Of(ServiceTable table)
    {
        var wrong = table.Issues.Where(IsOfAWrongService).ToList();
        if (wrong.Count == 0) return table.LeftOut;
        var known = table.Ports.Select(port => (port.Name.Namespace, port.Name.Name)).Concat(table.LeftOut.Select(left => (left.Namespace, left.Name)))
            .ToHashSet();
        return
        [
            .. table.LeftOut,
            .. wrong.Select(issue => (Name: issue.Subject[Kind.Length..].Split('/', 2), issue.Message)).Where(issue => issue.Name.Length == 2)
                .Select(issue => new LeftOutService(issue.Name[0], issue.Name[1], issue.Message))
                .Where(service => known.Add((service.Namespace, service.Name))),
        ];
    }

    private static bool IsOfAWrongService(TableIssue issue) =>
        issue.Reason is IssueReasons.InvalidObject or IssueReasons.UnknownKind && issue.Subject.StartsWith(Kind, StringComparison.Ordinal);
}
