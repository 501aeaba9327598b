using UserProxy.App.CommandLine;
using UserProxy.App.Servers.Admin.Messages;
using UserProxy.Kubernetes.Building;

namespace UserProxy.App.List;

/// <summary>What <c>list</c> says below its table: named Services that nobody is served by, and declarations that the source could not give.</summary>
internal static class ListFindings
{
    private const int MostProblems = 10;
    private const string File = "Manifest ", Earlier = "; what is served may be an earlier form of it";

    /// <summary>
    /// A line for each Service, or for each port of one that has others which are served. A port without an endpoint is served as it is declared.
    /// </summary>
    /// <param name="named">All items of Services that somebody has asked for by name.</param>
    public static IReadOnlyList<string> Unserved(IEnumerable<ServiceItem> named)
    {
        var lines = new List<string>();
        foreach (var service in named.GroupBy(item => $"{item.Namespace}/{item.Name}"))
        {
            // A port has an item for each address family.
            var ports = service.GroupBy(item => (item.Port, item.PortNumber, item.Protocol)).ToList();
            var unserved = ports.Where(port => port.All(IsUnserved)).ToList();
            if (unserved.Count == ports.Count)
            {
                lines.Add($"{service.Key} is declared, and nothing of it is served on this node: {Why(service.Key, service)}");
                continue;
            }

            lines.AddRange(unserved.Select(port => $"port {Shown.Port(port.First())} of {service.Key} is not served on this node: {Why(service.Key, port)}"));
        }

        return lines;
    }

    /// <summary>A line for each file or object that is not served as it is written now, as <c>status</c> has it.</summary>
    /// <param name="list">The answer; <see cref="ServiceList.SourceTrouble"/> is told of elsewhere.</param>
    /// <param name="services">Those that are shown.</param>
    /// <param name="filter">What was asked for; of other Services nothing is said.</param>
    public static IReadOnlyList<string> SourceProblems(ServiceList list, IReadOnlyCollection<ServiceItem> services, ServiceFilter filter)
    {
        var shown = services.Select(item => $"Service {item.Namespace}/{item.Name}").ToHashSet(StringComparer.Ordinal);
        var lines = list.Issues.Where(IsOfSource).Where(issue => !IsTold(issue, list.SourceTrouble))
            .Where(issue => filter.IsAll || shown.Contains(issue.Subject) || issue.Subject.StartsWith(File, StringComparison.Ordinal))
            .Select(issue => $"{issue.Subject}: {issue.Message}{(shown.Contains(issue.Subject) ? Earlier : "")}").ToList();
        return lines.Count <= MostProblems
            ? lines
            : [.. lines.Take(MostProblems), $"and {Shown.Number(lines.Count - MostProblems)} more: {Screen.Whole("userproxy status")}"];
    }

    private static bool IsUnserved(ServiceItem item) => item.Listeners.All(listener => listener.State == "Failed");

    private static string Why(string service, IEnumerable<ServiceItem> items)
    {
        List<string> reasons =
        [
            .. items.SelectMany(item => item.Listeners)
                .Select(listener => $"{listener.Kind} {Shown.Address(listener)}: {listener.Reason ?? "it cannot be listened on"}"),
            .. items.SelectMany(item => item.NotServed)
                .Select(unserved => $"{unserved.Kind} {Shown.EndPoint(unserved.Address, unserved.Port)}: {unserved.Reason}"),
        ];
        return reasons.Count == 0 ? $"it has no address here: {Screen.Whole($"userproxy explain {service}")}"
            : reasons.Count == 1 ? reasons[0]
            : $"{reasons[0]}; and {Shown.Number(reasons.Count - 1)} more: {Screen.Whole($"userproxy explain {service}")}";
    }

    private static bool IsOfSource(IssueItem issue) =>
        issue.Reason is IssueReasons.InvalidManifest or IssueReasons.InvalidObject or IssueReasons.UnknownKind;

    /// <summary>The trouble names the first file.</summary>
    private static bool IsTold(IssueItem issue, SourceTroubleItem? trouble) =>
        trouble is not null && issue.Subject.StartsWith(File, StringComparison.Ordinal)
        && trouble.Message.StartsWith($"{issue.Subject[File.Length..]}:", StringComparison.Ordinal);
}
