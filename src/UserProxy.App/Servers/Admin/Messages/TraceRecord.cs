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
