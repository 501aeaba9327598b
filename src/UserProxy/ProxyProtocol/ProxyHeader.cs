using System.Net;

namespace UserProxy.ProxyProtocol;

/// <summary>
/// What a PROXY protocol header says (proxy-protocol.txt of HAProxy, 2020/03/05). An IPv4-mapped IPv6 address is the IPv4 address that it stands for: it must
/// not pass for one of the other family.
/// </summary>
/// <param name="Length">The bytes that the header has; the client's begin after them.</param>
/// <param name="Command">Whose connection it is.</param>
/// <param name="Source">The client; null unless it is told.</param>
/// <param name="Destination">What the client connected to; null unless it is told.</param>
/// <param name="UniqueId">PP2_TYPE_UNIQUE_ID; null without one.</param>
public readonly record struct ProxyHeader(int Length, ProxyCommand Command, IPEndPoint? Source = null, IPEndPoint? Destination = null, byte[]? UniqueId = null)
{
    /// <summary>
    /// A header that claims to be longer is refused. The specification has senders keep to 536; certificates in TLVs take more. nginx draws the same line.
    /// </summary>
    public const int MaxLength = 4096;

    /// <summary>PP2_TYPE_UNIQUE_ID, "up to 128 bytes".</summary>
    public const int MaxUniqueId = 128;

    /// <summary>By these no protocol of clients begins: those of a header, or a forgery.</summary>
    public static bool IsBegunBy(ReadOnlySpan<byte> bytes) => bytes.StartsWith(ProxyHeaderV2.Signature) || bytes.StartsWith(ProxyHeaderV1.Signature);
}
