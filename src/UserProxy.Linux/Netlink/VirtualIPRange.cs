using System.Net;
using System.Net.Sockets;

namespace UserProxy.Linux.Netlink;

/// <summary>Which addresses may be made local at all. They come from tenants (external IPs, load-balancer status); used by <see cref="VirtualIPs"/>.</summary>
internal static class VirtualIPRange
{
    /// <summary>
    /// The address in its one form (IPv4 out of IPv6-mapped), or null for those that the API server refuses as well (ValidateNonSpecialIP):
    /// unspecified, loopback, link-local, multicast, broadcast, and with a scope.
    /// </summary>
    public static IPAddress? Normalise(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        return IsSpecial(address) ? null : address;
    }

    private static bool IsSpecial(IPAddress address)
    {
        if (IPAddress.IsLoopback(address)) return true;
        if (address.AddressFamily == AddressFamily.InterNetworkV6)
            return address.ScopeId != 0 || address.IsIPv6LinkLocal || address.IsIPv6Multicast || address.Equals(IPAddress.IPv6Any);
        Span<byte> bytes = stackalloc byte[4];
        address.TryWriteBytes(bytes, out _);
        // 0.0.0.0/8, 224.0.0.0/4 and above, 169.254.0.0/16
        return bytes[0] == 0 || bytes[0] >= 224 || (bytes[0] == 169 && bytes[1] == 254);
    }
}
