namespace UserProxy.Linux.PortInspection;

/// <summary>How long each step of a look at a port may take; together under two seconds. Tests shorten them.</summary>
public sealed record InspectionTimings
{
    /// <summary>
    /// For the handshake. Above the second after which a lost SYN, or the question who has a neighbour's address, is sent again: one of them may be lost by
    /// chance where NAT sends the connection to another host.
    /// </summary>
    public TimeSpan Connect { get; init; } = TimeSpan.FromMilliseconds(1200);

    /// <summary>From the handshake to a process that has the connection.</summary>
    public TimeSpan Accept { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>For the handshake and the acceptance together, however late the former came.</summary>
    public TimeSpan Longest { get; init; } = TimeSpan.FromMilliseconds(1500);

    /// <summary>
    /// After which a handshake that the listener does not complete is taken for TCP_DEFER_ACCEPT, and a FIN is sent: it counts as the awaited data.
    /// </summary>
    public TimeSpan Deferred { get; init; } = TimeSpan.FromMilliseconds(150);

    /// <summary>
    /// After which a completed handshake without a socket on this node is somebody else's. The kernel makes that socket before it answers a SYN.
    /// </summary>
    public TimeSpan Elsewhere { get; init; } = TimeSpan.FromMilliseconds(60);

    /// <summary>From our FIN to the other side's.</summary>
    public TimeSpan Close { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Between two readings when there is no test connection.</summary>
    public TimeSpan Settle { get; init; } = TimeSpan.FromMilliseconds(400);

    /// <summary>For the tools that list netfilter rules; they run beside everything else.</summary>
    public TimeSpan Rules { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>For the walk over all processes.</summary>
    public TimeSpan Owners { get; init; } = TimeSpan.FromMilliseconds(500);
}
