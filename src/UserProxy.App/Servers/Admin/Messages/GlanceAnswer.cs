namespace UserProxy.App.Servers.Admin.Messages;

/// <summary>
/// The answer of <c>/v1/glance</c>: one look at the whole node, and at as many Services as were asked for. What <c>top</c> and the status page show.
/// </summary>
internal sealed record GlanceAnswer
{
    public required string ApiVersion { get; init; }

    /// <summary>When it was looked, by the node's clock.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>As <c>/v1/status</c> has it, with the first hundred issues.</summary>
    public required ProcessStatus Status { get; init; }

    /// <summary>How many issues there are.</summary>
    public required int IssuesTotal { get; init; }

    /// <summary>Of the node.</summary>
    public required RateItem Rates { get; init; }

    public required long ConnectionsTotal { get; init; }

    public required long FailedConnects { get; init; }

    public required long BytesIn { get; init; }

    public required long BytesOut { get; init; }

    /// <summary>Of all Services that were looked at, how many fit <c>q</c> and <c>namespace</c>.</summary>
    public required int Matching { get; init; }

    /// <summary>Of the first of <see cref="Services"/> among those that fit, as they are sorted.</summary>
    public required int Offset { get; init; }

    public required IReadOnlyList<GlanceItem> Services { get; init; }

    /// <summary>The Service whose id was given as <c>chosen</c>, with its endpoints; null when none was, or it is not served.</summary>
    public required ServiceItem? Chosen { get; init; }

    /// <summary>Endpoints that <see cref="Chosen"/> leaves out: it has the first five hundred.</summary>
    public required int EndpointsLeftOut { get; init; }
}

/// <summary>One Service port in one address family, in a line.</summary>
internal sealed record GlanceItem
{
    /// <summary><c>NAMESPACE/NAME:PORT/PROTOCOL/FAMILY</c>, with the port's number where it has no name.</summary>
    public required string Id { get; init; }

    public required string Namespace { get; init; }

    public required string Name { get; init; }

    /// <summary>The port's name; may be empty.</summary>
    public required string Port { get; init; }

    public required int PortNumber { get; init; }

    /// <summary><c>TCP</c> or <c>UDP</c>.</summary>
    public required string Protocol { get; init; }

    /// <summary><c>IPv4</c> or <c>IPv6</c>.</summary>
    public required string IpFamily { get; init; }

    /// <summary>
    /// The worst of it: <c>Failed</c>, <c>Failing</c>, <c>Silent</c>, <c>Dropping</c>, <c>Refusing</c>, <c>NotServed</c>, <c>Degraded</c>, <c>Unknown</c> or
    /// <c>Answering</c>.
    /// </summary>
    public required string State { get; init; }

    /// <summary>Why, where an address says so.</summary>
    public required string? Reason { get; init; }

    public required int ActiveConnections { get; init; }

    public required long AcceptedConnections { get; init; }

    public required long FailedConnects { get; init; }

    public required long BytesIn { get; init; }

    public required long BytesOut { get; init; }

    public required RateItem Rates { get; init; }

    /// <summary>Of the last 10 to 20 seconds; null without a connect, and for UDP.</summary>
    public required double? ConnectP99Seconds { get; init; }

    /// <summary>Of those that new connections may go to.</summary>
    public required int EndpointsAnswering { get; init; }

    /// <summary>Kept aside, as dials to them have failed.</summary>
    public required int EndpointsAside { get; init; }

    /// <summary>All that are declared.</summary>
    public required int Endpoints { get; init; }

    /// <summary>Of the fullest queue of its listeners; null where the system does not tell.</summary>
    public required int? AcceptQueue { get; init; }

    /// <summary>How many fit into that one.</summary>
    public required int? Backlog { get; init; }

    /// <summary>The first four, as <c>KIND IP:PORT</c>.</summary>
    public required IReadOnlyList<string> Addresses { get; init; }

    public required int AddressCount { get; init; }
}
