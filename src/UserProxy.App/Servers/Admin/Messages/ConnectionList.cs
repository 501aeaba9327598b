namespace UserProxy.App.Servers.Admin.Messages;

/// <summary>The answer of <c>/v1/connections</c>, and of <c>connections -o json</c>.</summary>
/// <param name="ApiVersion">See <see cref="Messages.ApiVersion"/>.</param>
/// <param name="Node">This node's name.</param>
/// <param name="Connections">Every connection that fits the question; made while it is written.</param>
internal sealed record ConnectionList(string ApiVersion, string Node, IEnumerable<ConnectionItem> Connections);

/// <summary>One live TCP connection, or UDP session.</summary>
internal sealed record ConnectionItem
{
    /// <summary><c>TCP</c> or <c>UDP</c>.</summary>
    public required string Protocol { get; init; }

    public required string Namespace { get; init; }

    public required string Name { get; init; }

    /// <summary>The port's name; may be empty.</summary>
    public required string Port { get; init; }

    /// <summary>Which kind of address it came by.</summary>
    public required string Kind { get; init; }

    /// <summary><c>ip:port</c>, as all addresses here. As a load balancer has told, if one has.</summary>
    public required string Client { get; init; }

    /// <summary>The load balancer that has told the client by a PROXY protocol header; null when nobody has.</summary>
    public string? ToldBy { get; init; }

    /// <summary>What it was accepted at.</summary>
    public required string Listener { get; init; }

    /// <summary>Null while none has been chosen.</summary>
    public required string? Endpoint { get; init; }

    /// <summary>What its endpoint sees as its client. Null before it is connected; of a session also where that is this node.</summary>
    public string? Source { get; init; }

    /// <summary><see cref="Source"/> has the client's own address.</summary>
    public bool AddressKept { get; init; }

    /// <summary>The unique id of the PROXY protocol header that its endpoint was sent, or that was told; null without one.</summary>
    public string? UniqueId { get; init; }

    /// <summary><c>Dialling</c>, <c>Established</c> or <c>HalfClosed</c>; of a session <c>Unanswered</c> or <c>Answered</c>.</summary>
    public required string State { get; init; }

    /// <summary>Its endpoint takes no new connections.</summary>
    public required bool EndpointLeft { get; init; }

    public required double AgeSeconds { get; init; }

    /// <summary>Since a byte was last moved or acknowledged; to half a second.</summary>
    public required double IdleSeconds { get; init; }

    /// <summary>Written to the endpoint.</summary>
    public required long BytesIn { get; init; }

    /// <summary>Written to the client.</summary>
    public required long BytesOut { get; init; }
}
