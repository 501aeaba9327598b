using System.Buffers.Binary;
using System.Net;

namespace UserProxy.Scheduling;

/// <summary>
/// A client's address as the key of limits and pins: the IP alone, without port and scope. An IPv4-mapped address is the IPv4 address that it
/// stands for, so that a client of a dual-mode socket is one client. Made without allocation, once for a connection.
/// </summary>
public readonly record struct ClientAddress(UInt128 Value)
{
    public static ClientAddress From(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out int written);
        // IPv4 takes its place among the mapped addresses (RFC 4291, 2.5.5.2).
        return written == 4
            ? new(((UInt128)0xFFFF << 32) | BinaryPrimitives.ReadUInt32BigEndian(bytes))
            : new(BinaryPrimitives.ReadUInt128BigEndian(bytes));
    }
}
