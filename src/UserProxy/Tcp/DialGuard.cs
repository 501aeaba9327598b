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
    private volatile HashSet<IPAddress> _ownAddresses = [];

    /// <summary>
    /// The ports that this proxy listens on, or is about to; dialling them on an address of this node would be a loop. Called by the Proxier at every
    /// sync, which is also when the node's addresses are looked up: a dial must not.
    /// </summary>
    public void SetOwnPorts(HashSet<int> ports)
    {
        _ownAddresses = ReadOwnAddresses();
        _ownPorts = ports;
    }

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

    private bool IsOwnAddress(IPAddress address) => IPAddress.IsLoopback(address) || _ownAddresses.Contains(address);

    private HashSet<IPAddress> ReadOwnAddresses()
    {
        try
        {
            return [.. NetworkInterface.GetAllNetworkInterfaces().SelectMany(i => i.GetIPProperties().UnicastAddresses).Select(a => a.Address)];
        }
        catch (NetworkInformationException)
        {
            // An interface vanished while it was read: what was known stays, the next sync reads again.
            return _ownAddresses;
        }
    }
}
