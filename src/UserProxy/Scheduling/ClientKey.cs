using System.Buffers.Binary;
using System.Net;

namespace UserProxy.Scheduling;

/// <summary>
/// The client's address as a 64-bit hash: all that a source-hashing scheduler needs to know of a client. The port is left out, so that all
/// connections of a client land on one endpoint; an IPv4-mapped address hashes as the IPv4 address.
/// </summary>
public readonly record struct ClientKey(ulong Hash)
{
    public static ClientKey From(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out int written);
        if (address.IsIPv4MappedToIPv6)
        {
            // By hand: MapToIPv4 would allocate, for every client of a dual-mode socket.
            bytes[12..].CopyTo(bytes);
            bytes[4..].Clear();
            written = 4;
        }

        ulong low = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        ulong high = BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]);
        return new(Mix(low ^ Mix(high + (ulong)written)));
    }

    /// <summary>The finalizer of SplitMix64: every input bit reaches every output bit.</summary>
    internal static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9UL;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EBUL;
        return value ^ (value >> 31);
    }
}
