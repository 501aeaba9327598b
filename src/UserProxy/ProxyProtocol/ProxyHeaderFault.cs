namespace UserProxy.ProxyProtocol;

/// <summary>Why a connection was refused for its header.</summary>
public enum ProxyHeaderFault
{
    /// <summary>A listed load balancer began with something else.</summary>
    NotAHeader,

    /// <summary>It began as a header and does not follow the specification.</summary>
    Malformed,

    /// <summary>Longer than <see cref="ProxyHeader.MaxLength"/>.</summary>
    TooLong,

    /// <summary>The CRC32c in it is of another header.</summary>
    Checksum,

    /// <summary>The sender ended within it.</summary>
    CutShort,

    /// <summary>It did not come in time.</summary>
    Timeout,

    /// <summary>One was sent by somebody who is not listed.</summary>
    NotListed,
}
