using UserProxy.Model;

namespace UserProxy.Linux.PortInspection;

/// <summary>All that <see cref="PortInspector"/> has gathered about one port: facts without a judgement.</summary>
public sealed record PortFacts
{
    public required PortQuestion Question { get; init; }

    /// <summary>Sockets of the port before the test connection. TIME_WAIT is in <see cref="Kept"/>.</summary>
    public required IReadOnlyList<SocketRow> Before { get; init; }

    /// <summary>And after it, or a moment later; without the test connections' own.</summary>
    public required IReadOnlyList<SocketRow> After { get; init; }

    /// <summary>Connections in TIME_WAIT, where nobody listens: the kernel alone has them, and their addresses are not free for everybody.</summary>
    public IReadOnlyList<SocketRow> Kept { get; init; } = [];

    public IReadOnlyList<ProbeFacts> Probes { get; init; } = [];

    /// <summary>Between the two readings.</summary>
    public TimeSpan Between { get; init; }

    public ListenCounters? CountersBefore { get; init; }

    public ListenCounters? CountersAfter { get; init; }

    public required SocketOwners Owners { get; init; }

    public IReadOnlyList<RuleHint> Rules { get; init; } = [];

    /// <summary>The chains that filter packets, of all tools, as far as they may be read.</summary>
    public IReadOnlyList<FilterChain> Chains { get; init; } = [];

    /// <summary>Where the sockets were read.</summary>
    public string Source { get; init; } = "";

    /// <summary>The sockets of the port could not be read at all.</summary>
    public bool TableUnreadable { get; init; }

    /// <summary>What could not be looked at, and why: one line each.</summary>
    public IReadOnlyList<string> Unseen { get; init; } = [];

    public TimeSpan Elapsed { get; init; }

    public IEnumerable<SocketRow> Listeners => After.Where(row => row.State == SocketState.Listen);

    /// <summary>
    /// Connections that the listeners may have got, or those with this local port when nobody listens (any more). One that this node has made itself, from the
    /// same port at another address, is not among the former.
    /// </summary>
    public IEnumerable<SocketRow> Connections
    {
        get
        {
            var listeners = Listeners.ToList();
            return After.Where(row =>
                row.State is not (SocketState.Listen or SocketState.Bound or SocketState.Closed)
                && (listeners.Count == 0 || listeners.Exists(listener => listener.Takes(row.Local.Address))));
        }
    }

    /// <summary>
    /// Of TCP, who has the port besides listeners: it is bound without listening, or is a process's end of a connection at an address where nobody listens.
    /// </summary>
    public IEnumerable<SocketRow> OtherHolders
    {
        get
        {
            if (Question.Protocol != TransportProtocol.Tcp) return [];
            var listeners = Listeners.ToList();
            return After.Where(row => row.IsOwned
                && row.State != SocketState.Listen
                && (row.State == SocketState.Bound || !listeners.Exists(listener => listener.Takes(row.Local.Address))));
        }
    }

    /// <summary>The listener that was there before, if it is the same socket.</summary>
    public SocketRow? Earlier(SocketRow listener)
    {
        foreach (var row in Before)
        {
            if (row.State == listener.State && row.Inode == listener.Inode && row.Local.Equals(listener.Local)) return row;
        }

        return null;
    }
}
