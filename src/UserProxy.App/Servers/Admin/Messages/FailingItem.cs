namespace UserProxy.App.Servers.Admin.Messages;

/// <summary>A Service port of which some endpoints have not answered their last dial, and others have or may; or of which some are silent.</summary>
internal sealed record FailingItem
{
    public required string Namespace { get; init; }

    public required string Name { get; init; }

    /// <summary>The name of the port.</summary>
    public required string Port { get; init; }

    public required int PortNumber { get; init; }

    public required string Protocol { get; init; }

    public required string IpFamily { get; init; }

    /// <summary>All that new connections may go to.</summary>
    public required int Endpoints { get; init; }

    /// <summary>Those of them that fail, or are silent.</summary>
    public required int Failing { get; init; }

    /// <summary>The first of those, <c>ip:port</c>.</summary>
    public required string Endpoint { get; init; }

    /// <summary><c>failing</c>, <c>aside</c> or <c>silent</c>.</summary>
    public required string State { get; init; }

    /// <summary>Of its last dial, as that of an endpoint.</summary>
    public required string? LastError { get; init; }

    /// <summary>Of its first failed dial after its last answer.</summary>
    public required DateTimeOffset? FailingSince { get; init; }
}
