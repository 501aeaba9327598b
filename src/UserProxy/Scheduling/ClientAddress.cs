using System.Buffers.Binary;
using System.Net;

namespace UserProxy.Scheduling;

/// <summary>
/// A client's address as the key of limits and pins: the IP alone, without port and scope. An IPv4-mapped address is the IPv4 address that it
/// stands for, so that a client of a dual-mode socket is one client. Made without allocation, once for a connection.
/// </summary>
public readonly record struct ClientAddress(UInt128 Value)
{
    /// <summary>Where IPv4 addresses are among the IPv6 ones (::ffff:0:0/96).</summary>
    private static readonly UInt128 Mapped = (UInt128)0xFFFF << 32;

    public bool IsIPv4 => Value >> 32 == 0xFFFF;

    public static ClientAddress From(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out int written);
        // IPv4 takes its place among the mapped addresses (RFC 4291, 2.5.5.2).
        return written == 4
            ? FromIPv4(BinaryPrimitives.ReadUInt32BigEndian(bytes))
            : new(BinaryPrimitives.ReadUInt128BigEndian(bytes));
    }

    public override int GetHashCode() => (int)TableHash.Of(Value);

    public static ClientAddress FromIPv4(uint address) => new(Mapped | address);

    public IPAddress ToIPAddress()
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, Value);
        return new IPAddress(IsIPv4 ? bytes[12..] : bytes);
    }
}
