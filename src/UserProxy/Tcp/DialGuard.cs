using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace UserProxy.Tcp;

/// <summary>
/// Says which endpoint addresses may be dialled. Addresses from the API are data from tenants, and the proxy sits on the host network: without
/// this check it would reach loopback services, link-local metadata servers, or itself in a loop. Asked at every dial, on the parsed address.
/// </summary>
internal sealed class DialGuard(bool allowLoopback)
{
    private volatile HashSet<int> _ownPorts = [];

    /// <summary>The ports that this proxy listens on, set by the Proxier; dialling them on an address of this node would be a loop.</summary>
    public void SetOwnPorts(HashSet<int> ports) => _ownPorts = ports;

    public bool Allows(IPEndPoint endpoint) =>
        IsAllowedAddress(endpoint.Address) && !(_ownPorts.Contains(endpoint.Port) && IsOwnAddress(endpoint.Address));

    /// <summary>The part of the rule that does not change with what is listening.</summary>
    public bool IsAllowedAddress(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        if (IPAddress.IsLoopback(address)) return allowLoopback;
        if (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any)) return false;
        if (address.AddressFamily == AddressFamily.InterNetworkV6) return !address.IsIPv6LinkLocal && !address.IsIPv6Multicast;
        Span<byte> octets = stackalloc byte[4];
        address.TryWriteBytes(octets, out _);
        bool linkLocal = octets[0] == 169 && octets[1] == 254;
        bool multicastOrReserved = octets[0] >= 224;
        bool thisNetwork = octets[0] == 0;
        return !linkLocal && !multicastOrReserved && !thisNetwork;
    }

    // Only reached for a port that we listen on ourselves, which an honest endpoint rarely has: may be slow, must be true.
    private static bool IsOwnAddress(IPAddress address) =>
        IPAddress.IsLoopback(address)
        || NetworkInterface.GetAllNetworkInterfaces().Any(i => i.GetIPProperties().UnicastAddresses.Any(a => a.Address.Equals(address)));
}
