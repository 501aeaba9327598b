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

/// <summary>A <see cref="ProxyHeaderFault"/> for people.</summary>
public static class ProxyHeaderFaultWords
{
    public static string Words(this ProxyHeaderFault fault) => fault switch
    {
        ProxyHeaderFault.NotAHeader => "it is listed in accept-proxy-protocol and did not begin with a PROXY protocol header",
        ProxyHeaderFault.Malformed => "its PROXY protocol header is malformed",
        ProxyHeaderFault.TooLong => $"its PROXY protocol header is longer than {ProxyHeader.MaxLength} bytes",
        ProxyHeaderFault.Checksum => "the CRC32c of its PROXY protocol header is wrong",
        ProxyHeaderFault.CutShort => "it ended within its PROXY protocol header",
        ProxyHeaderFault.Timeout => "its PROXY protocol header did not come in time",
        ProxyHeaderFault.NotListed => "it sent a PROXY protocol header and is not listed in accept-proxy-protocol",
        _ => throw new ArgumentOutOfRangeException(nameof(fault)),
    };
}
