using System.Text.Json.Serialization;

namespace UserProxy.App.Servers.Admin.Messages;

/// <summary>One line of <c>/v1/trace</c>, and of <c>trace -o json</c>: what has become of one connection. What an event does not tell is left out.</summary>
internal sealed record TraceRecord
{
    public const string Started = "started", Arrival = "arrival", Choice = "decision", Dialled = "dial", FirstByte = "firstByte", Session = "session",
        Ended = "end", Lost = "lost", Skipped = "skipped";

    /// <summary>See <see cref="Messages.ApiVersion"/>.</summary>
    public required string ApiVersion { get; init; }

    /// <summary>
    /// <c>started</c> (the first line), <c>arrival</c>, <c>decision</c>, <c>dial</c>, <c>firstByte</c>, <c>session</c> (of UDP), <c>end</c>, <c>lost</c>,
    /// or <c>skipped</c>.
    /// </summary>
    public required string Event { get; init; }

    public required DateTimeOffset Time { get; init; }

    /// <summary>This node's name, in the first line.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Node { get; init; }

    /// <summary>Since it arrived.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? AfterSeconds { get; init; }

    /// <summary>Which one; in every record of it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public TracedConnection? Connection { get; init; }

    /// <summary>Of <c>arrival</c>: for how long it had waited in the accept queue, where the kernel tells.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? QueuedSeconds { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public TraceDecision? Decision { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public TraceDial? Dial { get; init; }

    /// <summary>Of <c>firstByte</c>: whom it was written to, <c>endpoint</c> or <c>client</c>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? To { get; init; }

    /// <summary>Of <c>session</c>, and of a dial that was answered: filters that show this connection and no other.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public CaptureFilters? Filters { get; init; }

    /// <summary>Of <c>session</c>: where its datagrams go, and our port towards there.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public TraceSession? Upstream { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public TraceEnd? End { get; init; }

    /// <summary>
    /// Of <c>lost</c>: so many records before this one were not taken in time. Of <c>skipped</c>: so many connections came faster than any is followed.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? Count { get; init; }
}

/// <summary>Where the datagrams of a session go.</summary>
/// <param name="Endpoint"><c>ip:port</c>.</param>
/// <param name="LocalPort">Our own port, which sessions with other endpoints may share; null where it is not known.</param>
internal sealed record TraceSession(string Endpoint, int? LocalPort);

/// <summary>Which connection or session a <see cref="TraceRecord"/> is of.</summary>
/// <param name="Id">Among all that were followed since the process began.</param>
/// <param name="Protocol"><c>TCP</c> or <c>UDP</c>.</param>
/// <param name="Namespace">Of the Service.</param>
/// <param name="Name">Of the Service.</param>
/// <param name="Port">The port's name; may be empty.</param>
/// <param name="Kind">Which kind of address it came by.</param>
/// <param name="Client"><c>ip:port</c>, as all addresses here. As a load balancer has told, if one has.</param>
/// <param name="Listener">The address that it came to.</param>
/// <param name="ToldBy">That load balancer, the other end of the socket then; null when nobody has told.</param>
internal sealed record TracedConnection(
    long Id, string Protocol, string Namespace, string Name, string Port, string Kind, string Client, string Listener, string? ToldBy);

/// <summary>Filters for the two legs of one connection.</summary>
/// <param name="Client">Between the client (or its load balancer) and the proxy.</param>
/// <param name="Endpoint">Between the proxy and the endpoint: also for a capture in the Pod.</param>
internal sealed record CaptureFilters(CaptureFilter Client, CaptureFilter Endpoint);

/// <summary>The same for two programs.</summary>
/// <param name="Tcpdump">As pcap-filter(7) has it.</param>
/// <param name="Wireshark">A display filter of Wireshark and tshark.</param>
internal sealed record CaptureFilter(string Tcpdump, string Wireshark);
