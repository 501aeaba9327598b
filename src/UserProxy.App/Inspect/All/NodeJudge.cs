using UserProxy.App.CommandLine;
using UserProxy.App.Servers.Admin.Messages;
using UserProxy.Linux.PortInspection;

namespace UserProxy.App.Inspect.All;

/// <summary>From the facts of a look at a node to its report: pure, but for the clock that is handed in.</summary>
internal static class NodeJudge
{
    private const int MostServices = 5;

    /// <summary>In the order in which they cost clients.</summary>
    private static readonly string[] Severity =
    [
        AddressJudge.NobodyAccepts, AddressJudge.OwnerStopped, AddressJudge.Unserved, AddressJudge.QueueFull, AddressJudge.NobodyReads, AddressJudge.GaveUp,
        AddressJudge.NotClosed, AddressJudge.DescriptorsSpent,
    ];

    public static NodeReport Judge(NodeFacts facts, KnownPorts known, UserNames users, string node, DateTimeOffset now)
    {
        var judge = new AddressJudge(known, users);
        var items = facts.Listening.Select(judge.Judge).OrderBy(Rank).ThenByDescending(item => item.Connections.Waiting + item.Connections.CloseWait).ToList();
        return new NodeReport
        {
            ApiVersion = ApiVersion.V1,
            Kind = NodeReport.KindName,
            Node = node,
            ReadAt = now,
            Findings = [.. FindingsOf(items, known.Pid)],
            Listening = items,
            Sums = new SumsItem(
                SumsBy(items, item => item.Owners.Select(owner => owner.Name).DefaultIfEmpty("-")),
                SumsBy(items, item => item.Services.Select(service => service.Namespace)),
                SumsBy(items, item => [item.Verdict])),
            Clients = [.. facts.Peers.Select(AddressJudge.ToItem)],
            ClientsUncounted = facts.PeersUncounted,
            WithoutListener = AddressJudge.ToItem(facts.WithoutListener),
            Counters = [.. Counters(facts)],
            Settings = SettingsJudge.Judge(facts.Settings, items, facts.CountersAfter),
            ServicesFrom = known.From,
            Unseen = [.. facts.Unseen, .. known.Unseen],
            Source = facts.Source,
            Unreadable = facts.TableUnreadable,
            ElapsedMilliseconds = Math.Round(facts.Elapsed.TotalMilliseconds, 1),
        };
    }

    private static int Rank(ListeningItem item) => item.Findings.Count == 0 ? Severity.Length : Array.IndexOf(Severity, item.Findings[0].Reason);

    /// <summary>One for each reason and owner: thirty-three ports of one process are one fault.</summary>
    private static IEnumerable<NodeFinding> FindingsOf(IEnumerable<ListeningItem> items, int? proxy) =>
        from item in items
        from finding in item.Findings
        group (Item: item, finding.Message) by (finding.Reason, Owner: OwnerOf(item)) into same
        orderby Array.IndexOf(Severity, same.Key.Reason)
        select new NodeFinding(same.Key.Reason, MessageOf(same.Key.Reason, same.Key.Owner, [.. same], proxy), [.. same.Select(one => one.Item.Key)]);

    private static string MessageOf(string reason, string owner, IReadOnlyList<(ListeningItem Item, string Message)> same, int? proxy)
    {
        if (same is [var (only, message)]) return $"{only.Key}{ServiceOf(only)} of {owner}: {message}{WhereToLook(reason, same)}";
        int waiting = same.Sum(one => one.Item.Connections.Waiting), abandoned = same.Sum(one => one.Item.Connections.Abandoned);
        int held = same.Sum(one => one.Item.Connections.CloseWait) - abandoned;
        long unread = same.Sum(one => one.Item.Connections.UnreadBytes);
        string what = reason switch
        {
            AddressJudge.NobodyAccepts =>
                $"nobody accepts, and {Words.Count(waiting, "client waits", "clients wait")}; {abandoned} of them gave up (CLOSE_WAIT), with {unread} unread "
                    + "bytes in all",
            AddressJudge.OwnerStopped => $"it is stopped, and takes nothing; {Words.Count(waiting, "client waits", "clients wait")}",
            AddressJudge.QueueFull => "the accept queues are full: the kernel drops new clients",
            AddressJudge.NobodyReads => "datagrams wait, and nobody reads",
            AddressJudge.Unserved => $"no endpoint behind them answers, and their clients get nothing{WhereToLook(reason, same)}",
            AddressJudge.GaveUp => $"{Words.Count(abandoned, "client")} gave up before anybody accepted",
            AddressJudge.NotClosed => AddressJudge.HeldOpen(
                held, [.. same.Where(one => one.Item.Owners.Any(holder => holder.Pid == proxy)).SelectMany(one => one.Item.Services)]),
            _ => same[0].Message,
        };
        return $"{same.Count} addresses of {owner}: {what}";
    }

    /// <summary>The proxy knows why its endpoints do not answer.</summary>
    private static string WhereToLook(string reason, IReadOnlyList<(ListeningItem Item, string Message)> same)
    {
        if (reason != AddressJudge.Unserved) return "";
        string[] services = [.. same.SelectMany(one => one.Item.Services).Select(service => $"{service.Namespace}/{service.Name}").Distinct()];
        if (services.Length < 2) return services.Length == 0 ? "" : $": userproxy explain {services[0]}";
        string more = services.Length > MostServices ? ", ..." : "";
        return $" ({services.Length} Services: {string.Join(", ", services.Take(MostServices))}{more}): userproxy explain {services[0]}";
    }

    public static string ServiceOf(ListeningItem item) =>
        item.Services.Count == 0 ? "" : $" ({string.Join(", ", item.Services.Select(service => $"{service.Namespace}/{service.Name}").Distinct())})";

    /// <summary>Whose sockets they are, as it is told in a sentence.</summary>
    public static string OwnerOf(ListeningItem item)
    {
        var owners = item.Owners.Select(owner => $"{PrintedLine.Of(owner.Name)} (pid {owner.Pid})").ToList();
        return owners.Count switch
        {
            0 => $"a process of {string.Join(", ", item.Sockets.Select(socket => socket.User).Distinct())} that cannot be seen from here",
            <= 3 => string.Join(", ", owners),
            _ => $"{string.Join(", ", owners.Take(3))} and {owners.Count - 3} more",
        };
    }

    private static List<SumItem> SumsBy(IEnumerable<ListeningItem> items, Func<ListeningItem, IEnumerable<string>> keys) =>
    [
        .. from item in items
           from key in keys(item).Distinct()
           group item by key into same
           let sum = new SumItem(
               same.Key,
               same.Count(),
               same.Count(item => item.Findings.Count > 0),
               same.Sum(item => item.Connections.Established),
               same.Sum(item => item.Connections.CloseWait),
               same.Sum(item => item.Connections.Waiting),
               same.Sum(item => item.Connections.UnreadBytes))
           orderby sum.Stuck descending, sum.CloseWait descending, sum.Listening descending, sum.Key
           select sum,
    ];

    private static IEnumerable<CounterItem> Counters(NodeFacts facts)
    {
        var before = facts.CountersBefore.ToDictionary(counter => counter.Name, counter => counter.Value, StringComparer.Ordinal);
        return facts.CountersAfter.Select(counter => new CounterItem(counter.Name, before.GetValueOrDefault(counter.Name, counter.Value), counter.Value));
    }
}
