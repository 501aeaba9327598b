using System.Globalization;
using UserProxy.Linux.PortInspection;
using UserProxy.Policy;

namespace UserProxy.App.Inspect;

/// <summary>
/// What can be known of a UDP port without sending a datagram into somebody's service: whether a socket is bound, and whether its queue is read. An empty queue
/// says nothing: all was read, or nothing ever came. Pure.
/// </summary>
internal static class UdpClassifier
{
    private const string NeverTried = "inspect sends no datagram: what an unknown service would make of one is not known.";

    public static Judgement Judge(PortFacts facts, ServedPort? served)
    {
        // Not those that are connected to one peer, when there is one that takes everybody.
        var sockets = facts.After.Where(row => facts.Question.Address is not { } asked || row.Takes(asked)).ToList();
        string[] remarks = [.. RuleRemark(facts), .. served?.Remarks ?? []];
        if (facts.TableUnreadable) return new Judgement(Verdict.Unknown, false, ["The sockets of this node could not be read."], remarks, []);
        if (sockets.Count == 0) return JudgeUnbound(facts, remarks);

        var pairs = sockets.Select(row => (Now: row, Before: Earlier(facts, row))).ToList();
        var reasons = pairs.Select(pair => Describe(facts, pair.Now, pair.Before)).Append(NeverTried);
        var (verdict, certain, why) = Of(pairs, facts, served);
        List<string> next = verdict == Verdict.Idle ? ["Ask the service in its own protocol, or watch its queue and drops while clients do: --watch."] : [];
        if (sockets.Exists(row => facts.Owners.Of(row.Inode).Count == 0)) next.Add("Run it as root, in the host's PID namespace, to see which process it is.");
        return new Judgement(verdict, certain, [.. Words.Once([why, .. reasons])], [.. remarks.Except([why])], next);
    }

    private static Judgement JudgeUnbound(PortFacts facts, string[] remarks) => facts.Rules.Count > 0
        ? new Judgement(
            Verdict.Kernel, false, [$"No socket is bound, and {Words.Count(facts.Rules.Count, "rule")} of the kernel names the port.", NeverTried], remarks, [])
        : new Judgement(
            Verdict.None, facts.Unseen.Count == 0,
            ["No socket is bound: a datagram would be answered by ICMP port unreachable, unless a rule takes it first.", NeverTried], remarks,
            ["Start what should be bound there."]);

    /// <summary>What loses datagrams comes first: of sockets that share the port each gets its share of the clients.</summary>
    private static (Verdict Verdict, bool IsCertain, string Why) Of(List<(SocketRow Now, SocketRow? Before)> pairs, PortFacts facts, ServedPort? served)
    {
        if (pairs.Find(pair => facts.Owners.Of(pair.Now.Inode) is { Count: > 0 } owners && owners.All(owner => owner.IsStopped)) is { Now.Inode: > 0 } stopped)
            return (Verdict.Placeholder, true, $"{Words.Owner(facts, stopped.Now)} is stopped (by a signal, a debugger or a freezer), and reads nothing.");

        if (served?.Unserved(pairs.Select(pair => pair.Now), facts) is { } unserved) return (Verdict.Unserved, true, unserved);
        bool someRead = pairs.Exists(pair => pair.Now.ReceiveQueue < pair.Before?.ReceiveQueue);
        bool someWait = pairs.Exists(pair => pair.Before is { ReceiveQueue: > 0 } before && pair.Now.ReceiveQueue >= before.ReceiveQueue);
        bool isShared = pairs.CountBy(pair => pair.Now.Local).Any(count => count.Value > 1);
        if (pairs.TrueForAll(pair => served?.Of(pair.Now, facts)?.Listener.State == nameof(ListenerState.Listening)))
            return (Verdict.Handled, !someWait, $"{ServedPort.Sentence(served!.Of(pairs[0].Now, facts)!.Value)}.");
        if (someWait) return (Verdict.Placeholder, !someRead, "Datagrams wait in the receive queue, and none was read between two readings.");
        if (someRead)
            return (Verdict.Handled, !isShared,
                $"Datagrams that waited were read meanwhile{(isShared ? ", from one of the sockets that share the port" : "")}.");
        return (Verdict.Idle, false, "A socket is bound and its queue is empty: either everything is read, or nothing has come.");
    }

    private static string Describe(PortFacts facts, SocketRow now, SocketRow? before)
    {
        string peer = now.Remote.Port == 0 ? "" : $", connected to {now.Remote},";
        string drops = now.Drops is { } count
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"; {count} datagrams dropped since it was "
                    + $"made{(before?.Drops is { } earlier && count > earlier ? $", {count - earlier} of them meanwhile" : "")}")
            : "";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{Words.Owner(facts, now)} has {now.Local} bound{peer} with {now.ReceiveQueue} bytes of datagrams unread (a datagram counts with its "
                + $"overhead){drops}.");
    }

    private static IEnumerable<string> RuleRemark(PortFacts facts) =>
        facts.Rules.Count > 0
            ? [$"{Words.Count(facts.Rules.Count, "rule")} of the kernel names the port: datagrams may be taken by NAT before the socket sees them."]
            : [];

    private static SocketRow? Earlier(PortFacts facts, SocketRow now)
    {
        foreach (var row in facts.Before)
        {
            if (row.Inode == now.Inode && row.Local.Equals(now.Local)) return row;
        }

        return null;
    }
}
