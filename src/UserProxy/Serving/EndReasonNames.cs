namespace UserProxy.Serving;

/// <summary>The names of <see cref="EndReason"/> in metrics, logs and JSON.</summary>
public static class EndReasonNames
{
    public static string Name(this EndReason reason) => reason switch
    {
        EndReason.ClientFin => "client_fin",
        EndReason.BackendFin => "backend_fin",
        EndReason.ClientReset => "client_rst",
        EndReason.BackendReset => "backend_rst",
        EndReason.Idle => "idle",
        EndReason.ClientTimeout => "client_timeout",
        EndReason.BackendTimeout => "backend_timeout",
        EndReason.Drained => "drained",
        EndReason.NoEndpoint => "no_endpoint",
        EndReason.Loop => "loop",
        EndReason.Limit => "limit",
        EndReason.ProxyHeader => "proxy_header",
        _ => throw new ArgumentOutOfRangeException(nameof(reason)),
    };
}
