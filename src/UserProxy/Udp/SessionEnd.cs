namespace UserProxy.Udp;

/// <summary>Why a UDP session ended.</summary>
public enum SessionEnd
{
    /// <summary>No datagram in either direction for the idle timeout.</summary>
    Idle,

    /// <summary>Never answered, and no datagram for the unanswered timeout.</summary>
    Unanswered,

    /// <summary>Each of its datagrams has had its answers (udp-responses).</summary>
    Responses,

    /// <summary>Its endpoint left the lists that new sessions are given.</summary>
    EndpointLeft,

    /// <summary>Its endpoint's host said that nobody is there (ICMP), or it could not be reached.</summary>
    Refused,

    /// <summary>Its client is not admitted any more.</summary>
    NotAdmitted,

    /// <summary>It made room: all sessions together were too many.</summary>
    EvictedTotal,

    /// <summary>It made room: those of its listener were too many.</summary>
    EvictedListener,

    /// <summary>It made room for another one of its client, which had too many.</summary>
    EvictedClient,

    /// <summary>It made room: no port was left towards an endpoint.</summary>
    EvictedPort,

    /// <summary>Its listener was closed.</summary>
    Closed,

    /// <summary>Its endpoint has seen the client's address, which is not to be kept any more, or cannot be.</summary>
    ClientAddress,
}
