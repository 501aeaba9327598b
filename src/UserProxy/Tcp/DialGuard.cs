using System.Net;
using System.Net.Sockets;

namespace UserProxy.Tcp;

/// <summary>
/// Says which endpoint addresses may be dialled. Addresses from the API are data from tenants, and the proxy sits on the host network: without
/// this check it would reach loopback services, link-local metadata servers, or itself in a loop. Asked at every dial, on the parsed address.
/// </summary>
internal sealed class DialGuard(bool allowLoopback, OwnAddresses own, OwnListeners listeners)
{
    public bool Allows(IPEndPoint endpoint) => IsAllowedAddress(endpoint.Address) && !IsOwnListener(endpoint);

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

    /// <summary>A NodePort is ours on every address of the node, a virtual address (which no interface has) only with its own port.</summary>
    private bool IsOwnListener(IPEndPoint endpoint)
    {
        if (endpoint.Address.IsIPv4MappedToIPv6) endpoint = new IPEndPoint(endpoint.Address.MapToIPv4(), endpoint.Port);
        return listeners.HasVirtual(endpoint) || (listeners.HasNodePort(endpoint.Port) && own.Scope.IsOwnAddress(endpoint.Address));
    }
}
