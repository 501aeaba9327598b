using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using UserProxy.Scheduling;

namespace UserProxy.Udp;

/// <summary>
/// Where a datagram comes from or goes to: an <see cref="IPEndPoint"/> as a value, because one is looked at for every datagram. Made by the datagram
/// transport from what the kernel gives it.
/// </summary>
/// <param name="Address">IPv4 addresses in their mapped form.</param>
/// <param name="Port">In host order.</param>
/// <param name="Scope">The interface of a link-local IPv6 address (sin6_scope_id), else 0.</param>
public readonly record struct DatagramAddress(ClientAddress Address, ushort Port, uint Scope = 0)
{
    public AddressFamily Family => Address.IsIPv4 ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6;

    public static DatagramAddress From(IPEndPoint endpoint) => new(
        ClientAddress.From(endpoint.Address),
        (ushort)endpoint.Port,
        endpoint.AddressFamily == AddressFamily.InterNetworkV6 && !endpoint.Address.IsIPv4MappedToIPv6 ? (uint)endpoint.Address.ScopeId : 0);

    public IPEndPoint ToEndPoint()
    {
        if (Scope == 0) return new IPEndPoint(Address.ToIPAddress(), Port);
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, Address.Value);
        return new IPEndPoint(new IPAddress(bytes, Scope), Port);
    }

    public override int GetHashCode() => (int)Hash;

    internal ulong Hash => TableHash.Of(Address.Value, ((ulong)Port << 32) | Scope);
}
