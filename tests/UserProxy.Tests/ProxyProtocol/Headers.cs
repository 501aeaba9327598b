using System.Buffers.Binary;
using System.Net;
using System.Text;
using UserProxy.ProxyProtocol;

namespace UserProxy.Tests.ProxyProtocol;

/// <summary>Headers as the specification writes them, made without the code under test.</summary>
internal static class Headers
{
    private static readonly byte[] Signature = [0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A];

    public static byte[] V1(string line) => Encoding.ASCII.GetBytes(line);

    /// <param name="command">The 13th byte.</param>
    /// <param name="family">The 14th byte.</param>
    /// <param name="rest">What follows the length.</param>
    public static byte[] V2(byte command, byte family, params byte[] rest)
    {
        byte[] length = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(length, (ushort)rest.Length);
        return [.. Signature, command, family, .. length, .. rest];
    }

    public static byte[] Tlv(byte type, params byte[] value) => [type, (byte)(value.Length >> 8), (byte)value.Length, .. value];

    /// <summary>Two addresses and two ports.</summary>
    public static byte[] Addresses(string source, int sourcePort, string destination, int destinationPort) =>
    [
        .. IPAddress.Parse(source).GetAddressBytes(), .. IPAddress.Parse(destination).GetAddressBytes(),
        (byte)(sourcePort >> 8), (byte)sourcePort, (byte)(destinationPort >> 8), (byte)destinationPort,
    ];

    /// <summary>The reflected polynomial of RFC 4960, bit by bit.</summary>
    public static uint Crc32c(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte next in bytes)
        {
            crc ^= next;
            for (int bit = 0; bit < 8; bit++) crc = (crc & 1) != 0 ? (crc >> 1) ^ 0x82F63B78 : crc >> 1;
        }

        return ~crc;
    }

    /// <summary>With a checksum at its end.</summary>
    public static byte[] WithChecksum(byte command, byte family, params byte[] rest)
    {
        byte[] header = V2(command, family, [.. rest, .. Tlv(0x03, 0, 0, 0, 0)]);
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(header.Length - 4), Crc32c(header));
        return header;
    }

    public static (ParseResult Result, ProxyHeader Header, ProxyHeaderFault Fault) Parse(ReadOnlySpan<byte> bytes)
    {
        var result = ProxyHeaderParser.Parse(bytes, out var header, out var fault);
        return (result, header, fault);
    }
}
