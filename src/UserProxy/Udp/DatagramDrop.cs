namespace UserProxy.Udp;

/// <summary>Why a datagram was not passed on: the <c>reason</c> label of userproxy_datagrams_dropped_total.</summary>
public enum DatagramDrop
{
    /// <summary>No endpoint may be sent to.</summary>
    NoEndpoint,

    /// <summary>The client is outside the source ranges, or no endpoint on this node may serve it (externalTrafficPolicy Local).</summary>
    NotAdmitted,

    /// <summary>It would go round for ever: it claims to come from one of our own listeners, its endpoint is one, or it has no hop left.</summary>
    Loop,

    /// <summary>It cannot be answered: from port 0, or to a broadcast or multicast address.</summary>
    Unanswerable,

    /// <summary>Longer than any datagram may be; part of one is never passed on.</summary>
    Truncated,

    /// <summary>No port was left towards the endpoint.</summary>
    NoPort,

    /// <summary>The kernel's send buffer was full.</summary>
    SendBuffer,

    /// <summary>The kernel did not take it for another reason: no route, a firewall.</summary>
    SendFailed,
}
