namespace UserProxy.App.Servers.Admin.Messages;

/// <summary>A Service port that has endpoints of which none is ready.</summary>
internal sealed record UnreadyItem
{
    public required string Namespace { get; init; }

    public required string Name { get; init; }

    /// <summary>The name of the port.</summary>
    public required string Port { get; init; }

    public required int PortNumber { get; init; }

    public required string Protocol { get; init; }

    public required string IpFamily { get; init; }

    /// <summary>All that are declared.</summary>
    public required int Endpoints { get; init; }

    /// <summary>Not 0 only where none of them may be dialled.</summary>
    public required int Ready { get; init; }

    public required int Terminating { get; init; }

    /// <summary>Those that take connections while they terminate. Of 0 every connection is refused.</summary>
    public required int Used { get; init; }
}
