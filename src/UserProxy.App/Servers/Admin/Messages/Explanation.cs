using System.Text.Json.Serialization;
using UserProxy.Model;

namespace UserProxy.App.Servers.Admin.Messages;

/// <summary>The answer of <c>/v1/explain</c>, and of <c>explain -o json</c>: the whole way of a connection through one Service.</summary>
/// <param name="ApiVersion">See <see cref="Messages.ApiVersion"/>.</param>
/// <param name="Node">This node's name.</param>
/// <param name="Revision">Of the table that is served.</param>
/// <param name="From">The client that was asked for; null stands for a process of this node.</param>
/// <param name="Ports">Each service port and address family of the Service that fits the question.</param>
/// <param name="Issues">What is wrong with the declaration of the Service and its EndpointSlices.</param>
internal sealed record Explanation(
    string ApiVersion, string Node, long Revision, string? From, IReadOnlyList<ExplainedPort> Ports, IReadOnlyList<IssueItem> Issues)
{
    /// <summary>Absent while the source is followed.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public SourceTroubleItem? SourceTrouble { get; init; }

    /// <summary>The proxy is ending and takes no new connections.</summary>
    public bool Draining { get; init; }
}

/// <summary>One service port of an <see cref="Explanation"/>.</summary>
internal sealed record ExplainedPort
{
    /// <summary>As <c>list</c> shows it.</summary>
    public required ServiceItem Service { get; init; }

    /// <summary>How long one dial may take.</summary>
    public double ConnectTimeoutSeconds { get; init; } = ServiceSettings.Default.ConnectTimeout.TotalSeconds;

    /// <summary>How many dials one connection may make.</summary>
    public int ConnectAttempts { get; init; } = ServiceSettings.Default.ConnectAttempts;

    /// <summary>The endpoint that session affinity has the client pinned to, usable or not; null without a pin.</summary>
    public required string? Pin { get; init; }

    /// <summary>What a connection to each address meets; in the order of the Service's listeners.</summary>
    public required IReadOnlyList<ExplainedAddress> Addresses { get; init; }

    public required IReadOnlyList<ExplainedEndpoint> Endpoints { get; init; }

    /// <summary>What a person could do next; empty when all is well.</summary>
    public required IReadOnlyList<string> NextSteps { get; init; }
}

/// <summary>What a new connection to one address of a Service meets.</summary>
/// <param name="Kind">As in <see cref="ListenerItem"/>.</param>
/// <param name="Address"><c>ip:port</c>.</param>
/// <param name="State">As in <see cref="ListenerItem"/>.</param>
/// <param name="Policy"><c>Cluster</c> or <c>Local</c>: the one that holds for this kind of address.</param>
/// <param name="NextEndpoint">Where the next connection goes, by the running scheduler; null when it goes nowhere.</param>
/// <param name="Says">The same in words, with the reason.</param>
internal sealed record ExplainedAddress(string Kind, string Address, string State, string Policy, string? NextEndpoint, string Says);

/// <summary>Whether one endpoint gets new connections, and why.</summary>
/// <param name="Endpoint"><c>ip:port</c>.</param>
/// <param name="Used">At some address at least, and not aside at present.</param>
/// <param name="Says">Why or why not, in words.</param>
/// <param name="State">As in <see cref="EndpointItem"/>.</param>
/// <param name="Refusal">Why it is never dialled; null when it may be.</param>
/// <param name="ClientAddress">Whether it sees its clients' own addresses, and why not; null where nobody has asked for that.</param>
internal sealed record ExplainedEndpoint(
    string Endpoint, bool Used, string Says, string State = HealthWords.Unknown, string? Refusal = null, string? ClientAddress = null)
{
    /// <summary>TCP connections that have sent it something and had nothing back for some seconds: it may not accept.</summary>
    public int Silent { get; init; }
}
