using System.Globalization;
using UserProxy.App.Rules;
using UserProxy.Linux.PortInspection;
using UserProxy.Model;
using UserProxy.Policy;

namespace UserProxy.App.Inspect;

/// <summary>
/// What can be known of a UDP port without sending a datagram into somebody's service: whether a socket is bound, and whether its queue is read. An empty queue
/// says nothing: all was read, or nothing ever came. Pure.
/// </summary>
internal static class UdpClassifier
{
    private const string NotBound = "No socket is bound: a datagram would be answered by ICMP port unreachable, unless a rule takes it first.";

    private const string NeverTried = "inspect sends no datagram: what an unknown service would make of one is not known.";

    public static Judgement Judge(PortFacts facts, ServedPort? served)
    {
        // Not those that are connected to one peer, when there is one that takes everybody.
        var sockets = facts.After.Where(row => facts.Question.Address is not { } asked || row.Takes(asked)).ToList();
        var unbound = served?.Unbound(sockets, facts) ?? [];
        bool isTaken = served?.IsTaken(sockets, facts) is true;
        var rules = PortRules.Of(facts, sockets);
        string[] remarks = [.. rules.Sentences, .. served?.Remarks(facts, unbound.Count > 0) ?? []];
        if (facts.TableUnreadable)
            return Say(Verdict.Unknown, false, [.. unbound, "The sockets of this node could not be read."], remarks, []);
        if (sockets.Count == 0) return JudgeUnbound(facts, served, unbound, remarks);

        var pairs = sockets.Select(row => (Now: row, Before: Earlier(facts, row))).ToList();
        var reasons = pairs.Select(pair => Describe(facts, pair.Now, pair.Before)).Append(NeverTried);
        var (verdict, certain, why) = Of(pairs, facts, served);
        if (rules is { DropsAll: true, Drop: { } drop } && verdict is Verdict.Handled or Verdict.Idle)
        {
            // Whoever reads gets none.
            string[] shown = RuleCommands.Show(drop) is { } show ? [$"See the rule, and delete it or let the port in before it: {show}"] : [];
            string dropped = rules.Sentence(RuleEffect.Drops);
            return Say(Verdict.Filtered, false, [.. Words.Once([.. unbound, dropped, .. reasons])], [.. remarks.Except([dropped, why])], shown);
        }

        string[] next = [.. served?.NextSteps(verdict, isTaken) ?? [], .. NextSteps(facts, sockets, verdict)];
        return Say(verdict, certain, [.. Words.Once([.. unbound, why, .. reasons])], [.. remarks.Except([why])], next) with
        {
            IsTaken = isTaken,
            IsForSome = verdict == Verdict.Handled && (rules.Drop is not null || served?.IsForSome(sockets, facts) is true),
        };
    }

    private static Judgement JudgeUnbound(PortFacts facts, ServedPort? served, IReadOnlyList<string> unbound, string[] remarks)
    {
        if (facts.Rules.Count > 0)
        {
            string rules = $"No socket is bound, and {PortRules.Count(facts)}.";
            return Say(Verdict.Kernel, false, [.. unbound, rules, NeverTried], remarks, [.. served?.NextSteps(Verdict.Kernel, isTaken: false) ?? []]);
        }

        // What the proxy says comes first where it is the cause.
        string[] causes = [.. unbound, .. served?.Refused(facts) ?? []];
        IReadOnlyList<string> next = served is { Listeners.Count: > 0 }
            ? [.. served.NextSteps(Verdict.None, isTaken: false)]
            : ["Start what should be bound there; a port of a Service without usable endpoints is left unbound on purpose."];
        return Say(Verdict.None, facts.Unseen.Count == 0, [.. causes, NotBound, NeverTried], [.. remarks.Except(causes)], next);
    }

    private static Judgement Say(Verdict verdict, bool certain, IReadOnlyList<string> reasons, IReadOnlyList<string> remarks, IReadOnlyList<string> next) =>
        new(verdict, certain, reasons, remarks, next) { Protocol = TransportProtocol.Udp };

    private static IEnumerable<string> NextSteps(PortFacts facts, List<SocketRow> sockets, Verdict verdict)
    {
        var owners = sockets.SelectMany(row => facts.Owners.Of(row.Inode)).DistinctBy(owner => owner.Pid).ToList();
        foreach (var owner in owners.Where(owner => owner.IsStopped))
            yield return $"Let {Words.Name(owner)} go on (kill -CONT {owner.Pid}, or whatever stopped it), or end it: its clients get no answer.";
        if (verdict == Verdict.Placeholder && !owners.Exists(owner => owner.IsStopped))
            yield return "See what keeps the process from reading (its log, its threads); restarting it drops the datagrams that wait.";
        if (verdict == Verdict.Idle) yield return "Ask the service in its own protocol, or watch its queue and drops while clients do: --watch.";
        if (sockets.Exists(row => facts.Owners.Of(row.Inode).Count == 0))
            yield return Words.HowToSeeOwners(facts.Owners);
    }

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
            return (Verdict.Handled, !someWait, $"{ServedPort.Sentence(served!.Of(pairs[0].Now, facts)!.Value, TransportProtocol.Udp)}.");
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

    private static SocketRow? Earlier(PortFacts facts, SocketRow now)
    {
        foreach (var row in facts.Before)
        {
            if (row.Inode == now.Inode && row.Local.Equals(now.Local)) return row;
        }

        return null;
    }
}
