using System.Text.Json.Serialization;

namespace UserProxy.App.Servers.Admin.Messages;

/// <summary>The answer of <c>/v1/services</c>, and of <c>list -o json</c>.</summary>
/// <param name="ApiVersion">See <see cref="Messages.ApiVersion"/>.</param>
/// <param name="Node">This node's name.</param>
/// <param name="Revision">Of the table that is served; 0 before the first.</param>
/// <param name="Source">Where the Services come from: paths of manifests, the API server, or <c>snapshot</c>.</param>
/// <param name="Services">One for each service port and address family, sorted; made while it is written.</param>
/// <param name="Snapshot">Which one, while it is served; absent once the source has been listed.</param>
internal sealed record ServiceList(
    string ApiVersion, string Node, long Revision, string Source, IEnumerable<ServiceItem> Services,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] SnapshotItem? Snapshot = null)
{
    /// <summary>Absent while the source is followed.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public SourceTroubleItem? SourceTrouble { get; init; }

    /// <summary>The proxy is ending and takes no new connections.</summary>
    public bool Draining { get; init; }

    /// <summary>Services that are declared and have no row; with an API server, which does not send most of them, few.</summary>
    public IReadOnlyList<LeftOutItem> LeftOut { get => field ?? []; init; } = [];

    /// <summary>
    /// As <see cref="ProcessStatus.Issues"/>, without those of endpoints, whose states are in <see cref="Services"/>; made while it is written. None where only
    /// a port was asked for.
    /// </summary>
    public IEnumerable<IssueItem> Issues { get => field ?? []; init; } = [];
}

/// <summary>What a run serves until its source has been listed.</summary>
/// <param name="Of">The source.</param>
/// <param name="WrittenAt">When it was so.</param>
/// <param name="AgeSeconds">Since then.</param>
internal sealed record SnapshotItem(string Of, DateTimeOffset WrittenAt, double AgeSeconds);

/// <summary>One service port in one address family.</summary>
internal sealed record ServiceItem
{
    public required string Namespace { get; init; }

    public required string Name { get; init; }

    /// <summary>The port's name; empty for the single port of a Service that does not name it.</summary>
    public required string Port { get; init; }

    /// <summary>The Service's own <c>port</c>.</summary>
    public required int PortNumber { get; init; }

    /// <summary><c>TCP</c> or <c>UDP</c>.</summary>
    public required string Protocol { get; init; }

    /// <summary><c>IPv4</c> or <c>IPv6</c>.</summary>
    public required string IpFamily { get; init; }

    /// <summary>IPVS's short name.</summary>
    public required string Scheduler { get; init; }

    /// <summary><c>ClientIP</c> or <c>None</c>.</summary>
    public required string SessionAffinity { get; init; }

    public required double? SessionAffinityTimeoutSeconds { get; init; }

    /// <summary><c>Cluster</c> or <c>Local</c>: for ClusterIPs.</summary>
    public required string InternalTrafficPolicy { get; init; }

    /// <summary><c>Cluster</c> or <c>Local</c>: for all other addresses.</summary>
    public required string ExternalTrafficPolicy { get; init; }

    /// <summary>
    /// Whose address endpoints see, as is declared: <c>keep</c> (the client's own, where it can be) or <c>node</c>; null: kept where the traffic policy is
    /// Local.
    /// </summary>
    public string? ClientAddress { get; init; }

    /// <summary>The PROXY protocol header that endpoints are sent: <c>v1</c> or <c>v2</c>; null is none.</summary>
    public string? ProxyProtocol { get; init; }

    /// <summary>What a header of version 2 carries besides the addresses and the unique id; null is nothing.</summary>
    public string? ProxyV2Options { get; init; }

    /// <summary>The load balancers that must begin with a PROXY protocol header; null is none.</summary>
    public string? AcceptProxyProtocol { get; init; }

    public required int ActiveConnections { get; init; }

    /// <summary>Taken from the listeners' queues since the port was first served.</summary>
    public required long AcceptedConnections { get; init; }

    /// <summary>Null from a process that does not know them yet.</summary>
    public RateItem? Rates { get; init; }

    /// <summary>Seconds that 99 of 100 connects took at most, of the last 10 to 20 seconds; null without a connect, and for UDP.</summary>
    public double? ConnectP99Seconds { get; init; }

    /// <summary>How nearly all connections of the last minutes ended, where that serves nobody; null else.</summary>
    public BadEndsItem? BadEnds { get; init; }

    /// <summary>Endpoints that new connections may go to and whose last dial was answered.</summary>
    public int EndpointsAnswering { get; init; }

    public required IReadOnlyList<ListenerItem> Listeners { get; init; }

    /// <summary>Addresses of it that are not listened on here.</summary>
    public IReadOnlyList<UnservedItem> NotServed { get => field ?? []; init; } = [];

    public required IReadOnlyList<EndpointItem> Endpoints { get; init; }
}

/// <summary>One address and port that a service port is to be reached at.</summary>
/// <param name="Kind"><c>NodePort</c>, <c>ClusterIP</c>, <c>LoadBalancer</c> or <c>ExternalIP</c>.</param>
/// <param name="Address">IP; the wildcard stands for every address of the node.</param>
/// <param name="Port">Port.</param>
/// <param name="State">What a client from outside meets: <c>Listening</c>, <c>Refusing</c>, <c>Dropping</c> or <c>Failed</c>.</param>
/// <param name="Reason">Why it is not listening; null when it is.</param>
/// <param name="AcceptQueue">Clients that wait to be accepted; null where it is not known.</param>
/// <param name="Backlog">How many may wait; null where it is not known.</param>
/// <param name="Health">
/// Of the endpoints behind it: <c>Answering</c>, <c>Degraded</c> (some fail or are silent), <c>Failing</c> (none answers and some fail), <c>Silent</c> (none
/// answers, none fails and some are silent), <c>Unknown</c> (none was dialled yet); null without an endpoint.
/// </param>
internal sealed record ListenerItem(
    string Kind, string Address, int Port, string State, string? Reason, int? AcceptQueue, int? Backlog, string? Health = null)
{
    /// <summary>The clients that are let in, as CIDRs; empty is everybody.</summary>
    public IReadOnlyList<string> SourceRanges { get => field ?? []; init; } = [];

    /// <summary>What a person can do where <see cref="Reason"/> says who has the port; null where nobody knows.</summary>
    public string? Cure { get; init; }
}
