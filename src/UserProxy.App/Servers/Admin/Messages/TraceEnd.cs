namespace UserProxy.App.Servers.Admin.Messages;

/// <summary>How a connection or session ended.</summary>
internal sealed record TraceEnd
{
    /// <summary>As the label of the metrics, and in the access log.</summary>
    public required string Reason { get; init; }

    /// <summary>Where it was relayed to, or was last dialled for it; null without any.</summary>
    public required string? Endpoint { get; init; }

    /// <summary>Our own end towards the endpoint; null when none has answered, and of UDP.</summary>
    public required string? Local { get; init; }

    /// <summary>Of UDP: our own port towards the endpoint.</summary>
    public required int? LocalPort { get; init; }

    /// <summary>Written to the endpoint.</summary>
    public required long BytesIn { get; init; }

    /// <summary>Written to the client.</summary>
    public required long BytesOut { get; init; }

    /// <summary>Of UDP; null of TCP.</summary>
    public required long? DatagramsIn { get; init; }

    public required long? DatagramsOut { get; init; }

    /// <summary>From the arrival to the first byte for the endpoint; null when there was none, and of UDP.</summary>
    public required double? FirstByteInSeconds { get; init; }

    /// <summary>From the arrival to the first byte for the client.</summary>
    public required double? FirstByteOutSeconds { get; init; }

    /// <summary>The connection with the client, just before it was closed; null where the kernel does not tell, and of UDP.</summary>
    public required TraceLeg? ClientLeg { get; init; }

    /// <summary>The connection with the endpoint.</summary>
    public required TraceLeg? EndpointLeg { get; init; }

    /// <summary>What the endpoint was told to know it by; null without a header of the PROXY protocol.</summary>
    public required string? UniqueId { get; init; }
}

/// <summary>What TCP_INFO says of one leg.</summary>
/// <param name="RttSeconds">Smoothed round-trip time.</param>
/// <param name="RttVarianceSeconds">Its mean deviation.</param>
/// <param name="Retransmits">Segments that were sent again, in all.</param>
/// <param name="Cwnd">Congestion window, in segments.</param>
/// <param name="SegmentSize">In bytes.</param>
internal sealed record TraceLeg(double RttSeconds, double RttVarianceSeconds, long Retransmits, long Cwnd, long SegmentSize);
