namespace UserProxy.Reading;

/// <summary>What is known of an endpoint by dials that were made anyway: nobody probes. The same words in every output.</summary>
public enum EndpointHealth
{
    /// <summary>Not dialled yet; of UDP: no datagram has been sent to it.</summary>
    Unknown,

    /// <summary>The last dial was answered.</summary>
    Answering,

    /// <summary>The last dial failed; or it is a listener of this proxy, which is never dialled.</summary>
    Failing,

    /// <summary>Failed dials keep new connections away from it for a while.</summary>
    Aside,

    /// <summary>Declared, not ready, and without connections.</summary>
    Unready,

    /// <summary>Takes no new connections and still has some.</summary>
    Draining,

    /// <summary>Of UDP, which has no dial: datagrams were sent to it, and none has come back yet.</summary>
    Unanswered,

    /// <summary>
    /// Of TCP: its last dial was answered, and since the oldest connection that waits for it has begun to wait, or the last one has ended that had waited in
    /// vain, nobody has had a byte of it. A kernel takes connections for a process that does not accept.
    /// </summary>
    Silent,
}
