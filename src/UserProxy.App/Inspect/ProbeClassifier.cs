using UserProxy.Linux.PortInspection;

namespace UserProxy.App.Inspect;

/// <summary>
/// What one test connection shows, asked in this order: does a queue keep it, has a process taken it, is there a socket at all, was it refused, was there
/// silence. The first is how a held port looks. Pure.
/// </summary>
internal static class ProbeClassifier
{
    public static ProbeJudgement Judge(ProbeFacts probe, PortFacts facts, QueueFacts queue)
    {
        // A wildcard listener has the addresses of this node, and no other host's.
        var listeners = probe.TargetIsLocal ? queue.Listeners.Where(listener => listener.Takes(probe.Target.Address)).ToList() : [];
        return probe.Outcome switch
        {
            ProbeOutcome.Connected when probe.PeerEnd == PeerEnd.Reset && probe.AcceptedAfter is null && listeners.Count > 0 => JudgeReset(probe, queue),
            ProbeOutcome.Connected when probe.Child is { } child => JudgeChild(probe, child, facts, queue),
            ProbeOutcome.Connected => JudgeWithoutChild(probe, listeners.Count > 0, queue),
            ProbeOutcome.Refused when listeners.Count > 0 => new(
                Verdict.None,
                $"A test connection to {probe.Target} was refused although {Words.Owner(facts, listeners[0])} listens there: a rule rejects it or sends it "
                    + "on to where nobody listens, or the listener is bound to one interface."),
            ProbeOutcome.Refused =>
                new(
                    Verdict.None,
                    $"A test connection to {probe.Target} was refused: nothing listens at that "
                        + $"address{(probe.TargetIsLocal ? "" : ", which is not one of this node")}."),
            ProbeOutcome.NoAnswer when listeners.Count > 0 && queue.IsFull(probe.Target.Address) => JudgeOverflow(probe, queue),
            ProbeOutcome.NoAnswer =>
                new(
                    Verdict.Filtered,
                    $"A test connection to {probe.Target} got no answer within {Words.Time(probe.ConnectTime)}{WhySilent(probe, facts, listeners)}."),
            ProbeOutcome.Unreachable => new(Verdict.Filtered, $"A test connection to {probe.Target} failed: {probe.Error}."),
            _ => new(null, $"{probe.Target} could not be tried: {probe.Error}."),
        };
    }

    private static string WhySilent(ProbeFacts probe, PortFacts facts, List<SocketRow> listeners)
    {
        if (listeners.Count > 0)
            return $" although {Words.Owner(facts, listeners[0])} listens there and its queue has room: a rule or a socket filter drops it";
        return probe.TargetIsLocal ? ": a rule drops it" : ": a rule drops it, or nobody has the address, which is not one of this node";
    }

    private static ProbeJudgement JudgeChild(ProbeFacts probe, SocketRow child, PortFacts facts, QueueFacts queue)
    {
        if (probe.NatTo is { } elsewhere && !child.Local.Equals(probe.Target))
        {
            return new(
                Verdict.Kernel,
                $"A test connection to {probe.Target} was sent on to {elsewhere} of this node by NAT, where {Words.Owner(facts, child)} has it.");
        }

        if (child.IsOwned)
        {
            string after = probe.AcceptedAfter is { } time ? $" within {Words.Time(time)}" : "";
            return new(Verdict.Handled, $"A test connection to {probe.Target} was accepted by {Words.Owner(facts, child)}{after}.");
        }

        if (probe.AcceptedAfter is not null)
        {
            return new(
                Verdict.Handled,
                $"A test connection to {probe.Target} was accepted and closed within {Words.Time(probe.Waited)}: only a process that had it can do that.");
        }

        if (child.IsUnaccepted)
        {
            return new(
                Verdict.Placeholder,
                $"A test connection to {probe.Target} was established by the kernel, and in {Words.Time(probe.Waited)} no process accepted it: it lies in "
                    + $"the listener's queue, in {Words.State(child.State)}, without an owner.");
        }

        // Its last ACK did not get into the queue: no room, or TCP_DEFER_ACCEPT, which not even a FIN has ended.
        return queue.IsFull(probe.Target.Address)
            ? JudgeOverflow(probe, queue)
            : new(
                Verdict.Unknown,
                $"A test connection to {probe.Target} is held back by the kernel until the client sends something (TCP_DEFER_ACCEPT), which inspect does "
                    + "not do.", IsCertain: false);
    }

    private static ProbeJudgement JudgeWithoutChild(ProbeFacts probe, bool listens, QueueFacts queue)
    {
        if (probe.NatTo is { } replier)
            return new(Verdict.Kernel, $"A test connection to {probe.Target} was answered by {replier}, which NAT has put in its place.");
        if (listens && queue.Grew)
        {
            return new(
                Verdict.Placeholder, $"A test connection to {probe.Target} was established, the listener's queue has grown, and no process accepted it.",
                IsCertain: false);
        }

        if (!probe.TargetIsLocal)
        {
            return new(
                Verdict.Unknown,
                $"A test connection to {probe.Target} was established, but the address is not one of this node: NAT or another host answers, and connection "
                    + "tracking, which knows, was not readable or has no such entry.",
                IsCertain: false);
        }

        return new(
            Verdict.Kernel,
            $"A test connection to {probe.Target} was established, and no socket of this network namespace has its other end: NAT (iptables, nftables, IPVS "
                + $"or eBPF) took it"
            + (listens ? " before the listener saw it." : "; nothing listens there."));
    }

    /// <summary>
    /// The kernel resets a connection that waits only for want of room (net.ipv4.tcp_abort_on_overflow); else somebody accepted it first. Without a socket seen
    /// it may have been NAT's.
    /// </summary>
    private static ProbeJudgement JudgeReset(ProbeFacts probe, QueueFacts queue) => queue.IsFull(probe.Target.Address)
        ? JudgeOverflow(probe, queue)
        : new(
            Verdict.Handled,
            $"A test connection to {probe.Target} was established and reset within {Words.Time(probe.Waited)}: a process accepted it and would not serve it.",
            IsCertain: probe.Child is not null);

    private static ProbeJudgement JudgeOverflow(ProbeFacts probe, QueueFacts queue) => queue.AcceptedMeanwhile > 0
        ? new(
            Verdict.Handled,
            $"The accept queue is full, so that a test connection to {probe.Target} came to nothing; but "
                + $"{Words.Count(queue.AcceptedMeanwhile, "waiting connection")} found an owner meanwhile.")
        : new(
            Verdict.Placeholder,
            $"The accept queue is full and none of it was accepted in {Words.Time(probe.ConnectTime + probe.Waited)}: the kernel drops new connections, "
                + $"also the test connection to {probe.Target}.");
}

/// <summary>What one test connection shows. Made by <see cref="ProbeClassifier"/>.</summary>
/// <param name="Verdict">Null when it could not be tried: it says nothing.</param>
/// <param name="Reason">In words.</param>
/// <param name="IsCertain">See <see cref="Judgement"/>.</param>
internal readonly record struct ProbeJudgement(Verdict? Verdict, string Reason, bool IsCertain = true);
