using System.Net;
using System.Net.Sockets;
using UserProxy.Model;

namespace UserProxy.Linux.VirtualIPs;

/// <summary>
/// Which addresses may be made local at all. They come from tenants (external IPs, load-balancer status); used by <see cref="RoutedVirtualIPs"/>.
/// </summary>
internal static class VirtualIPRange
{
    /// <summary>
    /// The address in its one form (IPv4 out of IPv6-mapped), or null for those that the API server refuses as well (ValidateNonSpecialIP):
    /// unspecified, loopback, link-local, multicast, broadcast, and with a scope.
    /// </summary>
    public static IPAddress? Normalise(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        return SpecialAddress.MeaningOf(address) is not null || HasScope(address) ? null : address;
    }

    private static bool HasScope(IPAddress address) => address.AddressFamily == AddressFamily.InterNetworkV6 && address.ScopeId != 0;
}
