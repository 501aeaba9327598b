using System.Net;
using System.Text;
using UserProxy.ProxyProtocol;

namespace UserProxy.Tcp;

/// <summary>What a load balancer has told of one connection, instead of what its socket says.</summary>
/// <param name="Client">Who has connected to it.</param>
/// <param name="Destination">The address that the client has connected to.</param>
/// <param name="UniqueId">As it was told; null without one.</param>
internal sealed record ToldClient(IPEndPoint Client, IPEndPoint Destination, byte[]? UniqueId)
{
    /// <summary>The unique id for people: as text when it is that, else in hexadecimal.</summary>
    public string? UniqueIdText =>
        UniqueId is not { } bytes ? null : bytes.All(letter => letter is > 0x20 and < 0x7F) ? Encoding.ASCII.GetString(bytes) : Convert.ToHexStringLower(bytes);

    public static ToldClient Of(in ProxyHeader header) => new(header.Source!, header.Destination!, header.UniqueId);
}
