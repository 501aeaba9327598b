using System.Globalization;
using UserProxy.Linux.SocketDiagnostics;

namespace UserProxy.App.Inspection;

/// <summary>
/// What can be known of a UDP port without sending a datagram into somebody's service: whether a socket is bound, and whether its queue is read. An empty queue says nothing:
/// all was read, or nothing ever came. Pure.
/// </summary>
internal static class UdpClassifier
{
    private const string NeverTried = "inspect sends no datagram: what an unknown service would make of one is not known.";

    public static Judgement Judge(PortFacts facts)
    {
        // Not those that are connected to one peer, when there is one that takes everybody.
        var sockets = facts.After.Where(row => facts.Question.Address is not { } asked || row.Takes(asked)).ToList();
        if (facts.TableUnreadable) return new Judgement(Verdict.Unknown, false, ["The sockets of this node could not be read."], [], []);
        if (sockets.Count == 0) return JudgeUnbound(facts);

        var pairs = sockets.Select(row => (Now: row, Before: Earlier(facts, row))).ToList();
        var reasons = pairs.Select(pair => Describe(facts, pair.Now, pair.Before)).Append(NeverTried);
        var (verdict, certain, why) = Of(pairs);
        List<string> next = verdict == Verdict.Unknown ? ["Ask the service in its own protocol, or watch its queue and drops while clients do: --watch."] : [];
        if (sockets.Exists(row => facts.Owners.Of(row.Inode).Count == 0)) next.Add("Run it as root, in the host's PID namespace, to see which process it is.");
        return new Judgement(verdict, certain, [why, .. reasons], [.. RuleRemark(facts)], next);
    }

    private static Judgement JudgeUnbound(PortFacts facts) => facts.Rules.Count > 0
        ? new Judgement(Verdict.Kernel, false, [$"No socket is bound, and {Words.Count(facts.Rules.Count, "rule")} of the kernel names the port.", NeverTried], [], [])
        : new Judgement(Verdict.None, facts.Unseen.Count == 0, ["No socket is bound: a datagram would be answered by ICMP port unreachable, unless a rule takes it first.", NeverTried], [], ["Start what should be bound there."]);

    private static (Verdict Verdict, bool IsCertain, string Why) Of(List<(SocketRow Now, SocketRow? Before)> pairs)
    {
        if (pairs.Exists(pair => pair.Before is { } before && pair.Now.ReceiveQueue < before.ReceiveQueue)) return (Verdict.Handled, true, "Datagrams that waited were read meanwhile.");
        if (pairs.Exists(pair => pair.Before is { ReceiveQueue: > 0 } before && pair.Now.ReceiveQueue >= before.ReceiveQueue))
        {
            return (Verdict.Placeholder, true, "Datagrams wait in the receive queue, and none was read between two readings.");
        }

        return (Verdict.Unknown, false, "A socket is bound and its queue is empty: either everything is read, or nothing has come.");
    }

    private static string Describe(PortFacts facts, SocketRow now, SocketRow? before)
    {
        string peer = now.Remote.Port == 0 ? "" : $", connected to {now.Remote},";
        string drops = now.Drops is { } count ? string.Create(CultureInfo.InvariantCulture, $"; {count} datagrams dropped since it was made{(before?.Drops is { } earlier && count > earlier ? $", {count - earlier} of them meanwhile" : "")}") : "";
        return string.Create(CultureInfo.InvariantCulture, $"{Words.Owner(facts, now)} has {now.Local} bound{peer} with {now.ReceiveQueue} bytes of datagrams unread (a datagram counts with its overhead){drops}.");
    }

    private static IEnumerable<string> RuleRemark(PortFacts facts) =>
        facts.Rules.Count > 0 ? [$"{Words.Count(facts.Rules.Count, "rule")} of the kernel names the port: datagrams may be taken by NAT before the socket sees them."] : [];

    private static SocketRow? Earlier(PortFacts facts, SocketRow now)
    {
        foreach (var row in facts.Before)
        {
            if (row.Inode == now.Inode && row.Local.Equals(now.Local)) return row;
        }

        return null;
    }
}
