using System.Globalization;
using UserProxy.App.Rules;
using UserProxy.Kubernetes;
using UserProxy.Linux.PortInspection;
using UserProxy.Model;

namespace UserProxy.App.Inspect;

/// <summary>From facts to a verdict: a pure function, so that every case is a line of a table in its test.</summary>
internal static class Classifier
{
    private const int MostHolders = 8, MostOfRule = 400;

    /// <summary>What counts when addresses disagree: what loses connections first, then what takes them away from the process that one would expect.</summary>
    private static readonly Verdict[] Precedence =
        [Verdict.Placeholder, Verdict.Unserved, Verdict.Kernel, Verdict.Handled, Verdict.Idle, Verdict.Unknown, Verdict.Filtered, Verdict.None];

    /// <param name="facts">What was seen.</param>
    /// <param name="served">What the running userproxy says of the port; null without one.</param>
    /// <param name="isUnheard">A userproxy may run, and could not be asked.</param>
    public static Judgement Judge(PortFacts facts, ServedPort? served = null, bool isUnheard = false)
    {
        if (facts.Question.Protocol == TransportProtocol.Udp) return UdpClassifier.Judge(facts, served);
        var queue = new QueueFacts(facts);
        var sockets = ListenerClassifier.Judge(facts, queue);
        var probed = ByProbes(facts, queue) ?? ByReading(facts, queue);
        var (verdict, certain) = Combine(probed.Verdict, probed.IsCertain, sockets);
        var unserved = verdict is Verdict.Handled or Verdict.Idle or Verdict.Unknown ? served?.Unserved(queue.Listeners, facts) : null;
        if (unserved is not null) (verdict, certain) = (Verdict.Unserved, true);
        var asked = queue.Listeners.FindAll(listener => facts.Question.Address is not { } address || listener.Takes(address));
        var unbound = served?.Unbound(asked, facts) ?? [];
        bool isTaken = served?.IsTaken(asked, facts) is true;
        bool isForSome = verdict == Verdict.Handled && served?.IsForSome(queue.Listeners, facts) is true;
        string[] resets = verdict == Verdict.Handled && !isTaken && !isForSome ? [.. ResetBy(facts, queue, served)] : [];
        bool isVeiled = verdict == Verdict.Handled && resets.Length == 0 && IsVeiled(facts, queue, served, isUnheard);
        if (isVeiled) resets = [AsRoot(facts)];
        if (resets.Length > 0) (verdict, certain) = (Verdict.Unknown, false);
        bool isNobody = verdict is Verdict.None or Verdict.Filtered;
        var closing = isNobody ? PortRules.ClosingOf(facts) : null;
        string[] closed = closing is not { } by ? []
            : [PrintableText.Of($"Of this node {DropWords.Of(by.Dropping)} what comes: {by.Dropping.Rule ?? "no rule lets it in"}", MostOfRule)];
        // What the proxy says comes first where it is the cause.
        string[] causes = [.. unbound, .. unserved is null ? [] : (string[])[unserved], .. isNobody ? served?.Refused(facts) ?? [] : []];
        int sharing = sockets.CountBy(socket => socket.Listener.Local).Where(count => count.Value > 1).Sum(count => count.Value);
        return new Judgement(
            verdict,
            certain,
            [
                .. Words.Once(
                    [
                        .. causes, .. closed, .. SharingReasons(sockets), .. sockets.Select(socket => socket.Reason), .. probed.Reasons,
                        .. QueueReasons(facts, queue, verdict),
                    ]),
            ],
            [
                .. Words.Once(
                    [
                        .. probed.Remarks, .. Remarks(facts, queue, verdict, sharing > 0), .. isNobody ? served?.NotServed(facts) ?? [] : [],
                        .. (served?.Remarks(facts, unbound.Count > 0) ?? []).Where(remark => !causes.Contains(remark)),
                    ]),
            ],
            [
                .. served?.NextSteps(verdict, isTaken) ?? [], .. resets,
                .. closing is { } one ? [DropWords.Cure(one.Dropping, one.Connection)] : NextSteps(facts, queue, verdict, sockets, served),
            ])
        {
            ClosedBy = closing is { } closes ? PrintableText.Of(DropWords.Place(closes.Dropping), MostOfRule) : null,
            IsListenedOn = asked.Count > 0,
            Sharing = sharing,
            IsTaken = isTaken,
            IsForSome = isForSome,
            IsReset = resets.Length > 0 && !isVeiled,
            IsVeiled = isVeiled,
            IsUnreachable = verdict == Verdict.Filtered && IsUnreachable(facts),
        };
    }

    private static bool IsUnreachable(PortFacts facts) =>
        facts.Probes is { Count: > 0 } probes && probes.All(probe => probe.Outcome == ProbeOutcome.Unreachable);

    /// <summary>
    /// What to ask where a userproxy has reset all test connections: it relays what it accepts, so that a reset is no sign that clients are served. Nothing
    /// where another program has the port.
    /// </summary>
    private static IEnumerable<string> ResetBy(PortFacts facts, QueueFacts queue, ServedPort? served)
    {
        var connected = facts.Probes.Where(probe => probe.Outcome == ProbeOutcome.Connected).ToList();
        if (connected.Count == 0 || !connected.TrueForAll(probe => probe.PeerEnd == PeerEnd.Reset)) return [];
        string[] services = [.. served?.ServicesOf(queue.Listeners, facts) ?? []];
        return services.Length > 0
            ? services.Select(service => $"See who resets its clients, an endpoint or the proxy, and why: userproxy trace {service}, and connect again")
            : ServedPort.NotAsked(facts, served).Select(owner => string.Create(
                CultureInfo.InvariantCulture,
                $"Ask {Words.Name(owner)} why it resets its clients: userproxy inspect {facts.Question.Port} --admin-socket PATH"));
    }

    /// <summary>
    /// Whoever accepts cannot be seen from here, and may be a userproxy: it accepts, and resets or leaves alone those for whom no endpoint answers. Where one
    /// runs and could not be asked, only who ends a connection after its client, or speaks first, is known to serve it.
    /// </summary>
    private static bool IsVeiled(PortFacts facts, QueueFacts queue, ServedPort? served, bool isUnheard)
    {
        var asked = queue.Listeners.FindAll(listener => facts.Question.Address is not { } address || listener.Takes(address));
        if (served is not null || asked.Count == 0 || asked.Exists(listener => facts.Owners.Of(listener.Inode).Count > 0)) return false;
        var connected = facts.Probes.Where(probe => probe.Outcome == ProbeOutcome.Connected).ToList();
        return connected.Count > 0
            && connected.TrueForAll(probe => probe.PeerEnd == PeerEnd.Reset || (isUnheard && probe.BytesReceived == 0 && probe.ClosedAfterFin == false));
    }

    private static string AsRoot(PortFacts facts) => string.Create(
        CultureInfo.InvariantCulture,
        $"Look as root whether it is userproxy, and whether any endpoint answers: sudo userproxy inspect {facts.Question.Port}"
            + $"{(facts.Question.Address is { } address ? $" --address {address}" : "")}");

    /// <summary>
    /// One socket that is not accepted from loses its clients, however well another does. What was not seen of one leaves the whole uncertain.
    /// </summary>
    private static (Verdict Verdict, bool IsCertain) Combine(Verdict verdict, bool certain, List<ListenerJudgement> sockets)
    {
        if (verdict is Verdict.Handled or Verdict.Idle or Verdict.Unknown && sockets.FindAll(socket => socket.Accepts == false) is { Count: > 0 } idle)
            return (Verdict.Placeholder, idle.Exists(socket => socket.IsCertain));
        return (verdict, certain && !(verdict == Verdict.Handled && sockets.Exists(socket => socket.Accepts is null)));
    }

    private static IEnumerable<string> SharingReasons(List<ListenerJudgement> sockets) =>
        from shared in sockets.GroupBy(socket => socket.Listener.Local)
        where shared.Count() > 1
        let accepting = shared.Count(socket => socket.Accepts == true)
        select $"{shared.Count()} sockets share {shared.Key} (SO_REUSEPORT), and the kernel deals connections out to all of them, whether they accept or "
            + $"not; {accepting} {(accepting == 1 ? "was" : "were")} seen to accept.";

    /// <summary>Null when no test connection says anything.</summary>
    private static (Verdict Verdict, bool IsCertain, IEnumerable<string> Reasons, IEnumerable<string> Remarks)? ByProbes(PortFacts facts, QueueFacts queue)
    {
        var probes = facts.Probes.Select(probe => ProbeClassifier.Judge(probe, facts, queue)).Where(judgement => judgement.Verdict is not null).ToList();
        if (probes.Count == 0) return null;
        var verdict = Precedence.First(candidate => probes.Exists(judgement => judgement.Verdict == candidate));
        var decisive = probes.FindAll(judgement => judgement.Verdict == verdict);
        return (
            verdict,
            decisive.Exists(judgement => judgement.IsCertain),
            decisive.Select(judgement => judgement.Reason),
            probes.Where(judgement => judgement.Verdict != verdict).Select(judgement => $"Elsewhere it is otherwise: {judgement.Reason}"));
    }

    /// <summary>Without a test connection: what is there already, seen twice.</summary>
    private static (Verdict Verdict, bool IsCertain, IEnumerable<string> Reasons, IEnumerable<string> Remarks) ByReading(PortFacts facts, QueueFacts queue)
    {
        var (verdict, certain, reason) = WithoutProbe(facts, queue);
        return (verdict, certain, [reason], facts.Probes.Select(probe => ProbeClassifier.Judge(probe, facts, queue).Reason));
    }

    private static (Verdict Verdict, bool IsCertain, string Reason) WithoutProbe(PortFacts facts, QueueFacts queue)
    {
        if (facts.TableUnreadable) return (Verdict.Unknown, false, "The sockets of this node could not be read.");
        var listeners = queue.Listeners.Where(listener => facts.Question.Address is not { } asked || listener.Takes(asked)).ToList();
        if (listeners.Count == 0)
        {
            return facts.Rules.Count > 0
                ? (Verdict.Kernel, false,
                    $"Nothing listens, and {PortRules.Count(facts)}; whether one applies was not tried.")
                : (Verdict.None, false, "Nothing listens; whether NAT answers was not tried.");
        }

        if (queue.AcceptedMeanwhile > 0)
            return (Verdict.Handled, true, $"{Words.Count(queue.AcceptedMeanwhile, "connection")} that waited found an owner meanwhile.");
        if (queue.Stuck > 0)
        {
            return (Verdict.Placeholder, true,
                $"{Words.Count(queue.Stuck, "connection")} waited to be accepted for all the {Words.Time(facts.Between)} between two readings, and no "
                    + "process took one.");
        }

        if (queue.Lingers)
            return (Verdict.Placeholder, false,
                $"The accept queue was not empty, and did not become shorter in the {Words.Time(facts.Between)} between two readings.");
        return queue.Accepted > 0
            ? (Verdict.Handled, true,
                $"{Words.Count(queue.Accepted, "connection")} of the port {(queue.Accepted == 1 ? "has" : "have")} an owner: a process has accepted.")
            : (Verdict.Idle, false,
                $"{Words.Owner(facts, listeners[0])} listens, and there is no connection to judge by: a process that never accepts looks the same until "
                    + "somebody connects.");
    }

    private static IEnumerable<string> QueueReasons(PortFacts facts, QueueFacts queue, Verdict verdict)
    {
        foreach (var listener in queue.Listeners)
        {
            string before = facts.Earlier(listener) is { } earlier ? $"{Words.Queue(earlier)} before and " : "";
            yield return $"{Words.Owner(facts, listener)} listens on {listener.Local}; its accept queue (Recv-Q/Send-Q) was {before}{Words.Queue(listener)} "
                + "after.";
        }

        if (verdict != Verdict.Placeholder || queue.Waiting.Count == 0) yield break;
        var states = queue.Waiting.GroupBy(row => row.State).Select(group => $"{group.Count()} in {Words.State(group.Key)}");
        long bytes = queue.Waiting.Sum(row => (long)row.ReceiveQueue);
        yield return string.Create(
            CultureInfo.InvariantCulture,
            $"{Words.Count(queue.Waiting.Count, "connection")} that the kernel established {(queue.Waiting.Count == 1 ? "has" : "have")} no owner: "
                + $"{string.Join(", ", states)}, with {bytes} unread bytes (a FIN counts as one).");
    }

    private static IEnumerable<string> Remarks(PortFacts facts, QueueFacts queue, Verdict verdict, bool isShared)
    {
        if (verdict == Verdict.Placeholder && IsSystemdAlone(facts, queue))
            yield return "systemd alone holds the socket: it keeps it for a service that does not run now (a file descriptor store, FileDescriptorStoreMax), "
                + "or for one that is not started yet (a .socket unit).";
        if (verdict == Verdict.Placeholder && queue.Accepted > 0 && !isShared)
            yield return $"{Words.Count(queue.Accepted, "connection")} of the port {(queue.Accepted == 1 ? "has" : "have")} an owner, so the process "
                + "accepted once: its accept loop is stalled or stopped rather than missing.";
        if (verdict == Verdict.Handled && queue.Stuck > 0)
            yield return $"{Words.Count(queue.Stuck, "other connection")} waited in the queue all the time: the process accepts slowly, or shares the port "
                + "with a listener that does not.";
        if (queue.Unread.Count > 0)
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"{Words.Count(queue.Unread.Count, "accepted connection")} held {queue.Unread.Sum(row => (long)row.ReceiveQueue)} unread bytes at both "
                    + $"readings: accepted, and not read.");
        if (facts.Probes.Any(probe => probe.ClosedAfterFin == false))
            yield return $"The process did not close the test connection within {Words.Time(facts.Question.Timings.Close)} after its end: it may accept "
                + $"without reading, or pass the end on to a server that does not.";
        if (queue.Leaked > 0)
            yield return $"{Words.Count(queue.Leaked, "accepted connection")} in CLOSE_WAIT: "
                + $"{(queue.Leaked == 1 ? "its client has" : "their clients have")} left, and the process has not closed "
                + $"{(queue.Leaked == 1 ? "it" : "them")}.";
        if (queue.OverflowsGrew) yield return "ListenOverflows has grown meanwhile: a full accept queue has turned a connection away on this node.";
        foreach (string holder in Holders(facts)) yield return holder;
        foreach (var owner in queue.Listeners.SelectMany(listener => facts.Owners.Of(listener.Inode)).DistinctBy(owner => owner.Pid))
        {
            // A process at its limit cannot accept: accept(2) fails with EMFILE.
            if (owner.DescriptorLimit is { } limit && owner.Descriptors >= limit - (limit / 20))
                yield return $"{Words.Name(owner)} has {owner.Descriptors} of {limit} descriptors open: at the limit it cannot accept.";
        }
    }

    /// <summary>Who keeps others from the port, and does not listen.</summary>
    private static IEnumerable<string> Holders(PortFacts facts)
    {
        var lines = facts.OtherHolders.Select(row => row.State == SocketState.Bound
            ? $"{Words.Owner(facts, row)} has {row.Local} bound without listening: it refuses, and keeps others away."
            : $"{Words.Owner(facts, row)} has a connection from {row.Local} to {row.Remote}: it may keep others from listening there.").Distinct().ToList();
        foreach (string line in lines.Take(MostHolders)) yield return line;
        if (lines.Count > MostHolders) yield return $"And {lines.Count - MostHolders} more have the port without listening: -o json.";
        if (facts.Kept.Count > 0)
            yield return $"The kernel keeps {Words.Count(facts.Kept.Count, "closed connection")} from the port for a minute (TIME_WAIT, "
                + $"{string.Join(", ", facts.Kept.Select(row => row.Local).Distinct().Take(MostHolders))}); no process has "
                + $"{(facts.Kept.Count == 1 ? "it" : "them")}, and who does not set SO_REUSEADDR cannot listen there until then.";
    }

    private static bool IsSystemdAlone(PortFacts facts, QueueFacts queue)
    {
        var owners = queue.Listeners.SelectMany(listener => facts.Owners.Of(listener.Inode)).ToList();
        return owners.Count > 0 && owners.All(owner => owner is { Pid: 1, Name: "systemd" });
    }

    private static IEnumerable<string> NextSteps(
        PortFacts facts, QueueFacts queue, Verdict verdict, List<ListenerJudgement> sockets, ServedPort? served)
    {
        int port = facts.Question.Port;
        var stopped = sockets.SelectMany(
            socket => facts.Owners.Of(socket.Listener.Inode)).Where(owner => owner.IsStopped).DistinctBy(owner => owner.Pid).ToList();
        foreach (var owner in stopped)
            yield return $"Let {Words.Name(owner)} go on (kill -CONT {owner.Pid}, or whatever stopped it), or end it: its clients wait for ever.";
        switch (verdict)
        {
            case Verdict.Placeholder when stopped.Count > 0:
                break;
            case Verdict.Placeholder when sockets.Exists(socket => socket.Accepts == false):
                yield return "End the process whose socket is not accepted from, or have it accept: until then it gets its share of the clients.";
                break;
            case Verdict.Handled when sockets.Exists(socket => socket.Accepts is null):
                yield return "Ask again: each test connection comes to one of the sockets, by chance.";
                break;
            case Verdict.Placeholder when IsSystemdAlone(facts, queue):
                yield return "Find the service (systemctl list-units --state=failed,activating,auto-restart; systemctl list-sockets): its start serves who "
                    + "waits, and systemctl stop has systemd close what it keeps.";
                break;
            case Verdict.Placeholder when queue.Accepted > 0:
                yield return "See what keeps its accept loop (its log, its descriptor limit, its threads); restarting it frees the waiting connections.";
                break;
            case Verdict.Placeholder:
                yield return "Stop the process that holds the port, or have it release the port: nothing else removes the waiting connections. Then let "
                    + "something that accepts listen there.";
                break;
            case Verdict.Kernel when facts.Rules.Count == 0:
                yield return $"See the rules as root: nft list ruleset, iptables-save, ipvsadm -Ln, or your CNI's own list, and look for {port}.";
                break;
            case Verdict.Filtered when IsUnreachable(facts):
                yield return $"See where it would go: ip route get {facts.Probes[0].Target.Address}; a rule may also reject it as unreachable: "
                    + "nft list ruleset, iptables-save.";
                break;
            case Verdict.Filtered:
                yield return $"Look for a rule that drops port {port}: nft list ruleset, iptables-save; a listener may also drop by a socket filter of its "
                    + "own.";
                break;
            case Verdict.None when queue.Listeners.Count > 0
                && facts.Probes.Any(probe => probe.TargetIsLocal && queue.Listeners.Exists(listener => listener.Takes(probe.Target.Address))):
                yield return $"Look for a rule that takes port {port} away from the listener: nft list ruleset, iptables-save.";
                break;
            // The running userproxy has said whose it is, and why nobody listens.
            case Verdict.None when served is { Listeners.Count: > 0 }:
                break;
            case Verdict.None:
                yield return "Start what should listen; a NodePort of a Service without usable endpoints is refused on purpose.";
                break;
            case Verdict.Idle or Verdict.Unknown when !facts.Question.Probe:
                yield return "Run it without --no-probe.";
                break;
        }

        bool someUnseen = queue.Listeners.Exists(listener => facts.Owners.Of(listener.Inode).Count == 0);
        if (someUnseen) yield return Words.HowToSeeOwners(facts.Owners);
    }
}
