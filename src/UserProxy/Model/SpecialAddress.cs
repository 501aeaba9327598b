using System.Net;
using System.Net.Sockets;

namespace UserProxy.Model;

/// <summary>
/// The addresses that name no single peer on a network: what nobody may listen on as a virtual IP, and what (loopback aside) nobody may have dialled.
/// The one rule for the builder, the routes and the guard of dials, all of which take addresses from tenants (RFC 6890).
/// </summary>
public static class SpecialAddress
{
    /// <summary>What is special about the address, for a message; null when nothing is. An IPv4-mapped address is judged as the IPv4 address.</summary>
    public static string? MeaningOf(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        if (IPAddress.IsLoopback(address)) return "a loopback address";
        if (address.AddressFamily == AddressFamily.InterNetworkV6)
        {
            if (address.Equals(IPAddress.IPv6Any)) return "the unspecified address";
            return address.IsIPv6LinkLocal ? "a link-local address" : address.IsIPv6Multicast ? "a multicast address" : null;
        }

        Span<byte> octets = stackalloc byte[4];
        address.TryWriteBytes(octets, out _);
        return octets[0] switch
        {
            0 => "the unspecified address",
            169 when octets[1] == 254 => "a link-local address",
            >= 224 and <= 239 => "a multicast address",
            >= 240 => "a reserved address",
            _ => null,
        };
    }
}
