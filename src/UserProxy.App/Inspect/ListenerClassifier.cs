using UserProxy.Linux.PortInspection;

namespace UserProxy.App.Inspect;

/// <summary>
/// Judges listening sockets one by one, by owner and queue, where a test connection alone does not. Of sockets that share an address (SO_REUSEPORT, socket(7))
/// it comes to one, and which one is chance. A stopped process accepts from none of its sockets, tested or not. Pure; asked by <see cref="Classifier"/>.
/// </summary>
internal static class ListenerClassifier
{
    /// <summary>Between two readings, below which a queue that has not become shorter is no sign.</summary>
    private static readonly TimeSpan LongEnough = TimeSpan.FromMilliseconds(200);

    /// <summary>Every socket that shares its address, and every other whose process is stopped.</summary>
    public static List<ListenerJudgement> Judge(PortFacts facts, QueueFacts queue)
    {
        var judgements = new List<ListenerJudgement>();
        foreach (var
            group in queue.Listeners.Where(listener => facts.Question.Address is not { } asked || listener.Takes(asked)).GroupBy(listener => listener.Local))
        {
            var sockets = group.ToList();
            judgements.AddRange(sockets.Where(socket => sockets.Count > 1 || IsStopped(socket, facts)).Select(socket => Judge(socket, sockets, facts, queue)));
        }

        return judgements;
    }

    private static ListenerJudgement Judge(SocketRow socket, List<SocketRow> group, PortFacts facts, QueueFacts queue)
    {
        string owner = Words.Owner(facts, socket);
        if (IsStopped(socket, facts))
            return new(
                socket, false, true, $"{owner} is stopped (by a signal, a debugger or a freezer), so that nobody accepts from its socket on {socket.Local}.");
        if (HasTaken(socket, group, facts)) return new(socket, true, true, $"{owner} took the test connection to {socket.Local}.");
        var before = facts.Earlier(socket);
        if (socket.ReceiveQueue < before?.ReceiveQueue) return new(socket, true, true, $"{owner} accepts on {socket.Local}: its queue has become shorter.");
        bool kept = facts.Probes.Any(probe => probe.Child is { IsUnaccepted: true } && socket.Takes(probe.Target.Address));
        if (kept && socket.ReceiveQueue > before?.ReceiveQueue)
            return new(socket, false, true, $"{owner} did not accept the test connection to {socket.Local}, which lies in its queue.");
        if (before is { ReceiveQueue: > 0 } && facts.Between >= LongEnough)
            return new(
                socket, false, queue.Stuck > 0,
                $"{owner} took nothing from its queue on {socket.Local} in the {Words.Time(facts.Between)} between two readings.");
        if (TakersAmong(group, socket, facts).Any(takers => takers.Exists(taker => taker.Inode == socket.Inode)))
            return new(socket, null, false, $"{owner} took the test connection; by which of its sockets on {socket.Local} is not seen.");
        return new(socket, null, false, $"Nothing shows whether {owner} accepts on {socket.Local}, too: its queue was {Words.Queue(socket)}.");
    }

    private static bool IsStopped(SocketRow socket, PortFacts facts) =>
        facts.Owners.Of(socket.Inode) is { Count: > 0 } owners && owners.All(owner => owner.IsStopped);

    /// <summary>A process of this socket has the test connection, and of no other socket in the group.</summary>
    private static bool HasTaken(SocketRow socket, List<SocketRow> group, PortFacts facts) =>
        TakersAmong(group, socket, facts).Any(takers => takers is [var only] && only.Inode == socket.Inode);

    /// <summary>For each test connection that came to one of the group: those whose process has it.</summary>
    private static IEnumerable<List<SocketRow>> TakersAmong(List<SocketRow> group, SocketRow socket, PortFacts facts)
    {
        foreach (var probe in facts.Probes)
        {
            if (probe.Child is not { IsOwned: true } child || !socket.Takes(probe.Target.Address)) continue;
            var takers = facts.Owners.Of(child.Inode).Select(owner => owner.Pid).ToHashSet();
            yield return group.FindAll(candidate => facts.Owners.Of(candidate.Inode).Any(owner => takers.Contains(owner.Pid)));
        }
    }
}

/// <summary>What one listening socket shows by itself. Made by <see cref="ListenerClassifier"/>.</summary>
/// <param name="Listener">The socket.</param>
/// <param name="Accepts">Null when nothing shows it.</param>
/// <param name="IsCertain">See <see cref="Judgement"/>.</param>
/// <param name="Reason">In words.</param>
internal readonly record struct ListenerJudgement(SocketRow Listener, bool? Accepts, bool IsCertain, string Reason);
