namespace UserProxy.ProxyProtocol;

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
