using UserProxy.Policy;

namespace UserProxy.Serving;

/// <summary>Why a connection ended: the <c>reason</c> label of userproxy_connections_closed_total and of the access log.</summary>
public enum EndReason
{
    /// <summary>Both directions ended with FIN; the client's came first.</summary>
    ClientFin,

    /// <summary>Both directions ended with FIN; the backend's came first.</summary>
    BackendFin,
    ClientReset,
    BackendReset,

    /// <summary>No progress in either direction for the idle timeout, or for the half-close timeout after a FIN.</summary>
    Idle,

    /// <summary>The client's host no longer answers (keepalive, retransmission).</summary>
    ClientTimeout,

    /// <summary>The backend's host no longer answers, or stopped acknowledging data that it had window for.</summary>
    BackendTimeout,

    /// <summary>Reset because its endpoint left the Service (drain annotation) or the process ended.</summary>
    Drained,

    /// <summary>No endpoint could be dialled.</summary>
    NoEndpoint,

    /// <summary>It leads back to this proxy, or has no hop left: see <see cref="ConnectOutcome.Loop"/>.</summary>
    Loop,

    /// <summary>
    /// Over max-connections, max-connections-per-client or the descriptor limit, or outside the source ranges where the kernel could not discard it.
    /// </summary>
    Limit,

    /// <summary>It did not begin with a valid PROXY protocol header, or began with one that is not to be believed.</summary>
    ProxyHeader,
}
