using UserProxy.App.CommandLine;

namespace UserProxy.App.Inspect.All;

/// <summary>
/// What is not as it was in an earlier report: what is stuck since then, what grew, what came and went, whose it is now. The days between two looks are what
/// tells a queue that is stuck from one that is busy. Pure.
/// </summary>
internal static class NodeChanges
{
    private const int MostPeers = 3;

    /// <summary>The same report with <see cref="NodeReport.Changes"/>, and since when each address is known to be stuck.</summary>
    public static NodeReport Compare(NodeReport now, NodeReport before)
    {
        // Of two items with one key, which no file of ours has, the first counts.
        var earlier = before.Listening.GroupBy(item => item.Key).ToDictionary(same => same.Key, same => same.First(), StringComparer.Ordinal);
        var listening = now.Listening.Select(item => item with { StuckSince = StuckSince(item, earlier.GetValueOrDefault(item.Key), before.ReadAt) }).ToList();
        return now with
        {
            Listening = listening,
            Changes = new ChangesItem(
                before.ReadAt,
                [
                    .. Stuck(listening), .. listening.SelectMany(item => Grown(item, earlier.GetValueOrDefault(item.Key))),
                    .. listening.SelectMany(item => OwnerChanged(item, earlier.GetValueOrDefault(item.Key))),
                    .. ComeAndGone(listening, before.Listening, now.Settings), .. Kernel(now, before),
                ]),
        };
    }

    /// <summary>The same socket, and stuck at both times; by a chain of files for longer.</summary>
    private static DateTimeOffset? StuckSince(ListeningItem item, ListeningItem? before, DateTimeOffset readAt)
    {
        if (before is null || item.Findings.Count == 0 || before.Findings.Count == 0) return null;
        bool isSame = item.Sockets.Any(socket => before.Sockets.Any(other => other.Inode == socket.Inode));
        bool isStill = item.Findings.Any(finding => before.Findings.Any(other => other.Reason == finding.Reason));
        return isSame && isStill ? before.StuckSince ?? readAt : null;
    }

    private static IEnumerable<ChangeItem> Stuck(IEnumerable<ListeningItem> listening) =>
        from item in listening
        where item.StuckSince is not null
        group item by (item.StuckSince, item.Findings[0].Reason, Owner: NodeJudge.OwnerOf(item)) into same
        orderby same.Key.StuckSince
        select new ChangeItem(
            "Stuck",
            same.Count() == 1 ? same.First().Key : $"{same.Count()} addresses",
            $"{same.Key.Reason} since {same.Key.StuckSince:u} at least, of {same.Key.Owner}");

    private static IEnumerable<ChangeItem> Grown(ListeningItem item, ListeningItem? before)
    {
        if (before is null) yield break;
        var (now, then) = (item.Connections, before.Connections);
        var grown = new List<string>();
        if (now.CloseWait > then.CloseWait) grown.Add($"{now.CloseWait - then.CloseWait} more in CLOSE_WAIT ({then.CloseWait} were)");
        if (now.Waiting > then.Waiting) grown.Add($"{now.Waiting - then.Waiting} more clients wait ({then.Waiting} did)");
        if (now.UnreadBytes > then.UnreadBytes && grown.Count > 0) grown.Add($"{now.UnreadBytes - then.UnreadBytes} more unread bytes");
        long drops = Drops(item) - Drops(before);
        if (drops > 0) grown.Add($"{drops} more datagrams dropped");
        if (grown.Count == 0) yield break;
        yield return new ChangeItem("Grew", item.Key, $"{string.Join(", ", grown)}{Clients(item, before)}{NodeJudge.ServiceOf(item)}");
    }

    /// <summary>Of the sockets that were there before; another socket counts from zero.</summary>
    private static long Drops(ListeningItem item) => item.Sockets.Sum(socket => (long)(socket.Drops ?? 0));

    private static string Clients(ListeningItem item, ListeningItem before)
    {
        var earlier = before.Peers.GroupBy(peer => peer.Address).ToDictionary(same => same.Key, same => same.First().Connections, StringComparer.Ordinal);
        string[] more =
        [
            .. from peer in item.Peers
               let grown = peer.Connections - earlier.GetValueOrDefault(peer.Address)
               where grown > 0
               orderby grown descending
               select $"{peer.Address} +{grown}",
        ];
        return more.Length == 0 ? "" : $", of {string.Join(", ", more.Take(MostPeers))}{(more.Length > MostPeers ? ", ..." : "")}";
    }

    private static IEnumerable<ChangeItem> OwnerChanged(ListeningItem item, ListeningItem? before)
    {
        if (before is null || !item.Owners.Any() || !before.Owners.Any()) yield break;
        if (item.Owners.Select(Identity).ToHashSet().SetEquals(before.Owners.Select(Identity))) yield break;
        yield return new ChangeItem(
            "OwnerChanged", item.Key, $"was of {NodeJudge.OwnerOf(before)}, is of {NodeJudge.OwnerOf(item)}{NodeJudge.ServiceOf(item)}");

        static (int Pid, string Name) Identity(OwnerItem owner) => (owner.Pid, owner.Name);
    }

    private static IEnumerable<ChangeItem> ComeAndGone(
        IReadOnlyList<ListeningItem> now, IReadOnlyList<ListeningItem> before, IReadOnlyList<SettingItem> settings)
    {
        var values = settings.ToDictionary(setting => setting.Name, setting => setting.Value, StringComparer.Ordinal);
        var (keysNow, keysBefore) = (now.Select(item => item.Key).ToHashSet(), before.Select(item => item.Key).ToHashSet());
        foreach (var item in now.Where(item => !keysBefore.Contains(item.Key) && !IsPassing(item, values)))
            yield return new ChangeItem("Came", item.Key, $"of {NodeJudge.OwnerOf(item)}{NodeJudge.ServiceOf(item)}");
        foreach (var item in before.Where(item => !keysNow.Contains(item.Key) && !IsPassing(item, values)))
            yield return new ChangeItem("Went", item.Key, $"was of {NodeJudge.OwnerOf(item)}{NodeJudge.ServiceOf(item)}");
    }

    /// <summary>A UDP socket with a port of the kernel's choice asks, and does not serve: it comes and goes all the time.</summary>
    internal static bool IsPassing(ListeningItem item, IReadOnlyDictionary<string, string> settings) =>
        item.IsUdp && item.Services.Count == 0 && item.Findings.Count == 0 && SettingsJudge.IsGivenAway(item.Port, settings);

    private static IEnumerable<ChangeItem> Kernel(NodeReport now, NodeReport before)
    {
        var counters = before.Counters.GroupBy(counter => counter.Name).ToDictionary(same => same.Key, same => same.First().Value, StringComparer.Ordinal);
        foreach (var counter in now.Counters)
        {
            // A smaller one was counted from zero again: the node has been started anew.
            if (counters.TryGetValue(counter.Name, out long then) && counter.Value > then)
                yield return new ChangeItem("Counter", counter.Name, $"{counter.Value - then} more ({counter.Value})");
        }

        var settings = before.Settings.GroupBy(setting => setting.Name).ToDictionary(same => same.Key, same => same.First().Value, StringComparer.Ordinal);
        foreach (var setting in now.Settings.Where(setting => setting.Name != Linux.PortInspection.QueueSettings.Tracked))
        {
            if (settings.TryGetValue(setting.Name, out string? then) && then != setting.Value)
                yield return new ChangeItem("Setting", setting.Name, PrintedLine.Of($"was {then}, is {setting.Value}"));
        }
    }
}
