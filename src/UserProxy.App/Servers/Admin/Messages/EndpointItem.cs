namespace UserProxy.App.Servers.Admin.Messages;

/// <summary>One endpoint of a service port, with its counters since it was first seen.</summary>
internal sealed record EndpointItem
{
    public required string Address { get; init; }

    public required int Port { get; init; }

    public required bool Ready { get; init; }

    public required bool Serving { get; init; }

    public required bool Terminating { get; init; }

    /// <summary>On this node.</summary>
    public required bool Local { get; init; }

    /// <summary>New connections may go to it, at some address at least.</summary>
    public required bool Used { get; init; }

    /// <summary>New connections at ClusterIPs may go to it.</summary>
    public required bool UsedInternally { get; init; }

    /// <summary>New connections of clients outside this node at all other addresses may go to it.</summary>
    public required bool UsedExternally { get; init; }

    /// <summary>Failed dials keep it aside for now.</summary>
    public required bool Ejected { get; init; }

    /// <summary>
    /// <c>answering</c>, <c>failing</c> (the last dial did), <c>aside</c>, <c>unready</c>, <c>draining</c>, <c>unanswered</c> (of UDP: nothing has come back
    /// yet), <c>silent</c> (of TCP: it takes connections, and nobody has had a byte of it since one waits), or <c>unknown</c> (not dialled yet).
    /// </summary>
    public string State { get; init; } = HealthWords.Unknown;

    /// <summary>Of the last dial: <c>refused</c>, <c>timeout</c>, <c>unreachable</c>, <c>local</c> or <c>loop</c>; null when it has not failed.</summary>
    public string? LastError { get; init; }

    /// <summary>
    /// It fails dials under clients' addresses and answers those under this node's: <c>client</c>; the other way: <c>node</c>; null where it does not differ.
    /// </summary>
    public string? FailsOnly { get; init; }

    /// <summary>When the last dial to it ended, or the last datagram of it came: how old <see cref="State"/> is. Null when nobody knows.</summary>
    public DateTimeOffset? LastDialAt { get; init; }

    /// <summary>Of the first failed dial after its last answer.</summary>
    public DateTimeOffset? FailingSince { get; init; }

    /// <summary>Null unless it is aside.</summary>
    public DateTimeOffset? AsideUntil { get; init; }

    public required int Weight { get; init; }

    public required string? NodeName { get; init; }

    public required string? Zone { get; init; }

    public required int ActiveConnections { get; init; }

    public required long TotalConnections { get; init; }

    public required long FailedConnects { get; init; }

    /// <summary>From clients, of ended and running connections.</summary>
    public required long BytesIn { get; init; }

    /// <summary>To clients, of ended and running connections.</summary>
    public required long BytesOut { get; init; }

    /// <summary>As of the Service; a connection counts when it is established.</summary>
    public RateItem? Rates { get; init; }
}
