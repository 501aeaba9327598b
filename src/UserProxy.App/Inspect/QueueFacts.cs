using System.Net;
using UserProxy.Linux.PortInspection;

namespace UserProxy.App.Inspect;

/// <summary>What two readings of the sockets of a port say about its accept queue. Pure; made once for a judgement.</summary>
internal sealed class QueueFacts
{
    public QueueFacts(PortFacts facts)
    {
        Listeners = [.. facts.Listeners];
        var earlier = new Dictionary<(IPEndPoint, IPEndPoint), SocketRow>();
        foreach (var row in facts.Before) earlier[(row.Local, row.Remote)] = row;
        foreach (var row in facts.Connections)
        {
            // Of a listener that is gone, or made by this node itself from this port as an ephemeral one.
            if (Listeners.Count == 0) break;
            bool known = earlier.TryGetValue((row.Local, row.Remote), out var before);
            if (row.IsOwned) Accepted++;
            if (row.IsUnaccepted) Waiting.Add(row);
            if (known && before.IsUnaccepted && row.IsUnaccepted) Stuck++;
            if (known && before.IsUnaccepted && row.IsOwned) AcceptedMeanwhile++;
            if (known && row.IsOwned && before.ReceiveQueue > 0 && row.ReceiveQueue >= before.ReceiveQueue) Unread.Add(row);
            if (row is { IsOwned: true, State: SocketState.CloseWait }) Leaked++;
        }

        long grown = facts.CountersBefore is { } old && facts.CountersAfter is { } now ? now.Overflows - old.Overflows : 0;
        OverflowsGrew = grown > 0;
        Lingers = Listeners.Exists(listener => facts.Earlier(listener) is { ReceiveQueue: > 0 } before && listener.ReceiveQueue >= before.ReceiveQueue);
        Grew = Listeners.Exists(listener => listener.ReceiveQueue > (facts.Earlier(listener)?.ReceiveQueue ?? listener.ReceiveQueue));
    }

    public List<SocketRow> Listeners { get; }

    /// <summary>Connections that no process has taken.</summary>
    public List<SocketRow> Waiting { get; } = [];

    /// <summary>Those that waited at both readings.</summary>
    public int Stuck { get; }

    /// <summary>Those that waited at the first and had an owner at the second: somebody accepts, however slowly.</summary>
    public int AcceptedMeanwhile { get; }

    /// <summary>Connections that a process has.</summary>
    public int Accepted { get; }

    /// <summary>Accepted ones with unread bytes at both readings, and not fewer.</summary>
    public List<SocketRow> Unread { get; } = [];

    /// <summary>Accepted ones whose client has left, and whose owner has not closed them.</summary>
    public int Leaked { get; }

    /// <summary>The queue of a listener is longer than before the test connection.</summary>
    public bool Grew { get; }

    /// <summary>
    /// The queue of a listener was not empty, and has not become shorter. What our own test connections have left in it counts: reset, they have no socket any
    /// more.
    /// </summary>
    public bool Lingers { get; }

    /// <summary>Some listener of this network namespace had no room.</summary>
    public bool OverflowsGrew { get; }

    /// <summary>Whether a SYN to this address finds a queue without room: the kernel has one more than the backlog in it then, and drops the SYN.</summary>
    public bool IsFull(IPAddress address) => Listeners.Exists(listener =>
        listener.Takes(address) && (listener.SendQueue is { } backlog ? listener.ReceiveQueue > backlog : OverflowsGrew && Waiting.Count > 0));
}
