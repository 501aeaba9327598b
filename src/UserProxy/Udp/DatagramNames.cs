namespace UserProxy.Udp;

/// <summary>The names of <see cref="SessionEnd"/> and <see cref="DatagramDrop"/> in metrics, logs and JSON.</summary>
public static class DatagramNames
{
    public static string Name(this SessionEnd end) => end switch
    {
        SessionEnd.Idle => "idle",
        SessionEnd.Unanswered => "unanswered",
        SessionEnd.Responses => "responses",
        SessionEnd.EndpointLeft => "endpoint_left",
        SessionEnd.Refused => "refused",
        SessionEnd.NotAdmitted => "not_admitted",
        SessionEnd.ClientAddress => "client_address",
        SessionEnd.EvictedTotal => "evicted_total",
        SessionEnd.EvictedListener => "evicted_listener",
        SessionEnd.EvictedClient => "evicted_client",
        SessionEnd.EvictedPort => "evicted_port",
        SessionEnd.Closed => "closed",
        _ => throw new ArgumentOutOfRangeException(nameof(end)),
    };

    public static string Name(this DatagramDrop drop) => drop switch
    {
        DatagramDrop.NoEndpoint => "no_endpoint",
        DatagramDrop.NotAdmitted => "not_admitted",
        DatagramDrop.Loop => "loop",
        DatagramDrop.Unanswerable => "unanswerable",
        DatagramDrop.Truncated => "truncated",
        DatagramDrop.NoPort => "no_port",
        DatagramDrop.SendBuffer => "send_buffer",
        DatagramDrop.SendFailed => "send_failed",
        _ => throw new ArgumentOutOfRangeException(nameof(drop)),
    };
}
