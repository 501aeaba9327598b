using UserProxy.App.CommandLine;
using UserProxy.App.Explain;
using UserProxy.App.Servers.Admin.Messages;
using UserProxy.Kubernetes.Building;

namespace UserProxy.App.List;

/// <summary>What <c>list</c> says below its table: named Services that nobody is served by, and declarations that the source could not give.</summary>
internal static class ListFindings
{
    private const int MostLines = 10;
    private const string ManifestSubject = "Manifest ", Earlier = "; what is served may be an earlier form of it";

    /// <summary>
    /// A line for each Service, or for each port of one that has others which are served, or may have. A port without an endpoint is served as it is declared.
    /// </summary>
    /// <param name="named">All items that fit what somebody has asked for by name.</param>
    /// <param name="filter">What was asked for: who asks for a port is not shown the others.</param>
    public static IReadOnlyList<string> Unserved(IEnumerable<ServiceItem> named, ServiceFilter filter)
    {
        var lines = new List<string>();
        foreach (var service in named.GroupBy(item => $"{item.Namespace}/{item.Name}"))
        {
            // A port has an item for each address family.
            var ports = service.GroupBy(item => (item.Port, item.PortNumber, item.Protocol)).ToList();
            var unserved = ports.Where(port => port.All(IsUnserved)).ToList();
            if (unserved.Count == ports.Count && !filter.HasPorts)
            {
                lines.Add($"{service.Key} is declared, and nothing of it is served on this node: {Why(service.Key, service)}");
                continue;
            }

            lines.AddRange(unserved.Select(port => $"port {Shown.Port(port.First())} of {service.Key} is not served on this node: {Why(service.Key, port)}"));
        }

        return Bounded(lines, "userproxy list -o wide");
    }

    /// <summary>No client gets to it: none of its addresses can be listened on, but for what an endpoint is meant to have.</summary>
    public static bool IsUnserved(ServiceItem item) =>
        item.Listeners.All(listener => listener.State == "Failed" && !BindFailure.IsLeft(listener.Reason));

    /// <summary>A line for each file or object that is not served as it is written now, as <c>status</c> has it.</summary>
    /// <param name="list">The answer; <see cref="ServiceList.SourceTrouble"/> is told of elsewhere.</param>
    /// <param name="services">Those that are shown.</param>
    /// <param name="filter">What was asked for; of other Services nothing is said.</param>
    public static IReadOnlyList<string> SourceProblems(ServiceList list, IReadOnlyCollection<ServiceItem> services, ServiceFilter filter)
    {
        HashSet<string> names = [.. services.Select(NameOf)], known = [.. list.Services.Select(NameOf)];
        var shown = names.Select(name => $"Service {name}").ToHashSet(StringComparer.Ordinal);
        var lines = list.Issues.Where(IsOfSource).Where(issue => !IsTold(issue, list.SourceTrouble))
            .Where(issue => filter.FitsIssue(issue.Subject, issue.Service, names, known))
            .Select(issue => $"{issue.Subject}: {issue.Message}{(shown.Contains(issue.Subject) ? Earlier : "")}").ToList();
        return Bounded(lines, "userproxy status");
    }

    /// <param name="lines">All there are.</param>
    /// <param name="command">That shows the rest.</param>
    private static List<string> Bounded(List<string> lines, string command) => lines.Count <= MostLines
        ? lines
        : [.. lines.Take(MostLines), $"and {Shown.Number(lines.Count - MostLines)} more: {Screen.Unbroken(command)}"];

    private static string NameOf(ServiceItem item) => $"{item.Namespace}/{item.Name}";

    private static string Why(string service, IEnumerable<ServiceItem> items)
    {
        List<string> reasons =
        [
            .. items.SelectMany(item => item.Listeners)
                .Select(listener => $"{listener.Kind} {Shown.Address(listener)}: {listener.Reason ?? "it cannot be listened on"}"),
            .. items.SelectMany(item => item.NotServed)
                .Select(unserved => $"{unserved.Kind} {Shown.EndPoint(unserved.Address, unserved.Port)}: {unserved.Reason}"),
        ];
        return reasons.Count == 0 ? $"it has no address here: {Screen.Unbroken($"userproxy explain {service}")}"
            : reasons.Count == 1 ? reasons[0]
            : $"{reasons[0]}; and {Shown.Number(reasons.Count - 1)} more: {Screen.Unbroken($"userproxy explain {service}")}";
    }

    private static bool IsOfSource(IssueItem issue) =>
        issue.Reason is IssueReasons.InvalidManifest or IssueReasons.InvalidObject or IssueReasons.UnknownKind or IssueReasons.UnknownField
            or IssueReasons.InvalidEndpoint or IssueReasons.MissingServiceName;

    /// <summary>The trouble names the first file.</summary>
    private static bool IsTold(IssueItem issue, SourceTroubleItem? trouble) =>
        trouble is not null && issue.Subject.StartsWith(ManifestSubject, StringComparison.Ordinal)
        && trouble.Message.StartsWith($"{issue.Subject[ManifestSubject.Length..]}:", StringComparison.Ordinal);
}
