namespace UserProxy.Policy;

/// <summary>Who is let in by a listener, before source ranges.</summary>
internal enum ListenerAudience
{
    /// <summary>Not in LISTEN: the kernel refuses.</summary>
    Refused,

    Everyone,

    /// <summary>Clients of this node; the SYNs of others are discarded.</summary>
    OwnNode,

    /// <summary>In LISTEN, and every SYN is discarded.</summary>
    Nobody,
}
