namespace UserProxy.Linux.PortInspection;

/// <summary>All that <see cref="NodeInspector"/> has gathered about the listening sockets of a network namespace: facts without a judgement.</summary>
public sealed record NodeFacts
{
    /// <summary>By protocol and port.</summary>
    public required IReadOnlyList<ListeningAddress> Listening { get; init; }

    public required SocketOwners Owners { get; init; }

    /// <summary>Connections from a port at which nobody listens: those that this node has made itself, or whose listener is gone.</summary>
    public ConnectionCounts WithoutListener { get; init; }

    /// <summary>The client addresses with the most connections to listeners, of all of them together.</summary>
    public IReadOnlyList<PeerCount> Peers { get; init; } = [];

    /// <summary>Connections of addresses for which there was no room.</summary>
    public int PeersUncounted { get; init; }

    public IReadOnlyList<KernelCounter> CountersBefore { get; init; } = [];

    public IReadOnlyList<KernelCounter> CountersAfter { get; init; } = [];

    /// <summary>Name and value of the sysctls that decide.</summary>
    public IReadOnlyList<(string Name, string Value)> Settings { get; init; } = [];

    /// <summary>Between two readings; zero when nothing waited, and one was enough.</summary>
    public TimeSpan Between { get; init; }

    public string Source { get; init; } = "";

    /// <summary>The sockets could not be read at all.</summary>
    public bool TableUnreadable { get; init; }

    /// <summary>What could not be looked at, and why: one line each.</summary>
    public IReadOnlyList<string> Unseen { get; init; } = [];

    public TimeSpan Elapsed { get; init; }
}
