using System.Net;

namespace UserProxy.Tracing;

/// <summary>A connection or session is over.</summary>
/// <param name="Flow">Which one.</param>
/// <param name="After">Since it arrived.</param>
/// <param name="Reason">In the words of the metrics and of the access log.</param>
/// <param name="Endpoint">Where it was relayed to, or was last dialled for it; null without any.</param>
/// <param name="BytesIn">Written to the endpoint.</param>
/// <param name="BytesOut">Written to the client.</param>
public sealed record EndEvent(TraceFlow Flow, TimeSpan After, string Reason, IPEndPoint? Endpoint, long BytesIn, long BytesOut) : TraceEvent(Flow, After)
{
    /// <summary>Our own end towards the endpoint; null when none has answered, and of UDP.</summary>
    public IPEndPoint? Local { get; init; }

    /// <summary>Our own port towards the endpoint, of UDP.</summary>
    public int? LocalPort { get; init; }

    /// <summary>From the arrival to the first byte for the endpoint; null when there was none.</summary>
    public TimeSpan? FirstByteIn { get; init; }

    /// <summary>From the arrival to the first byte for the client.</summary>
    public TimeSpan? FirstByteOut { get; init; }

    /// <summary>The connection with the client, just before it was closed.</summary>
    public TcpLeg? ClientLeg { get; init; }

    /// <summary>The connection with the endpoint.</summary>
    public TcpLeg? EndpointLeg { get; init; }

    /// <summary>To the endpoint, of UDP.</summary>
    public long? DatagramsIn { get; init; }

    /// <summary>To the client, of UDP.</summary>
    public long? DatagramsOut { get; init; }

    /// <summary>What the endpoint was told to know it by; null without a header of the PROXY protocol.</summary>
    public string? UniqueId { get; init; }
}
