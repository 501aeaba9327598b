using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using UserProxy.Model;

namespace UserProxy.ProxyProtocol;

/// <summary>The binary header of version 2 (2.2 of the specification).</summary>
internal static class ProxyHeaderV2
{
    /// <summary>More than <see cref="Write"/> needs for what it is given: 16 + 36, a unique id of 128, a name of 255, and what is around them.</summary>
    public const int MaxWritten = 512;

    private const int FixedLength = 16, TlvHead = 3, ChecksumLength = 4, MaxServiceName = 255;

    private const byte Version = 0x20, Local = 0x0, Proxy = 0x1;

    private const int Inet = 0x1, Inet6 = 0x2, Unix = 0x3;

    private const int Stream = 0x1, Datagram = 0x2;

    private const byte TypeChecksum = 0x03, TypeUniqueId = 0x05;

    /// <summary>One of PP2_TYPE_MIN_CUSTOM to PP2_TYPE_MAX_CUSTOM that no cloud is known to use (0xE0 Google, 0xEA Amazon, 0xEE Azure).</summary>
    private const byte TypeServiceName = 0xE5;

    public static ReadOnlySpan<byte> Signature => [0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A];

    /// <param name="bytes">Begin with <see cref="Signature"/>.</param>
    /// <param name="header">What they say.</param>
    /// <param name="fault">Set where it is another than malformed.</param>
    public static ParseResult Parse(ReadOnlySpan<byte> bytes, out ProxyHeader header, ref ProxyHeaderFault fault)
    {
        header = default;
        if (bytes.Length > Signature.Length && (bytes[12] & 0xF0) != Version) return ParseResult.Invalid;
        if (bytes.Length < FixedLength) return ParseResult.Incomplete;
        int command = bytes[12] & 0x0F, family = bytes[13] >> 4, protocol = bytes[13] & 0x0F;
        if (command is not (Local or Proxy)) return ParseResult.Invalid;
        // Of LOCAL nothing but the length counts.
        if (command == Proxy && (family > Unix || protocol > Datagram)) return ParseResult.Invalid;
        int length = FixedLength + BinaryPrimitives.ReadUInt16BigEndian(bytes[14..]);
        if (length > ProxyHeader.MaxLength)
        {
            fault = ProxyHeaderFault.TooLong;
            return ParseResult.Invalid;
        }

        if (bytes.Length < length) return ParseResult.Incomplete;
        bytes = bytes[..length];
        if (command == Local)
        {
            header = new ProxyHeader(length, ProxyCommand.Local);
            return ParseResult.Complete;
        }

        if (protocol != Stream || family is not (Inet or Inet6))
        {
            // "Automatically falls back to the UNSPEC mode": the connection is a stream, and its ends have IP addresses.
            header = new ProxyHeader(length, ProxyCommand.Unknown);
            return ParseResult.Complete;
        }

        int size = family == Inet ? 4 : 16;
        int addresses = 2 * (size + sizeof(ushort));
        if (length < FixedLength + addresses) return ParseResult.Invalid;
        if (!TryReadTlvs(bytes, FixedLength + addresses, out byte[]? uniqueId, ref fault)) return ParseResult.Invalid;
        var block = bytes[FixedLength..];
        header = new ProxyHeader(
            length,
            ProxyCommand.Proxy,
            new IPEndPoint(AddressOf(block[..size]), BinaryPrimitives.ReadUInt16BigEndian(block[(2 * size)..])),
            new IPEndPoint(AddressOf(block[size..(2 * size)]), BinaryPrimitives.ReadUInt16BigEndian(block[((2 * size) + 2)..])),
            uniqueId);
        return ParseResult.Complete;
    }

    /// <summary>Returns the length; <paramref name="to"/> has room for <see cref="MaxWritten"/>.</summary>
    public static int Write(
        Span<byte> to, IPEndPoint source, IPEndPoint destination, bool isDatagram, ReadOnlySpan<byte> uniqueId, ProxyV2Options options,
        ServicePortName service)
    {
        // Addresses of both families are told as IPv6 (RFC 4291, 2.5.5.2), as HAProxy does.
        bool four = source.AddressFamily == AddressFamily.InterNetwork && destination.AddressFamily == AddressFamily.InterNetwork;
        Signature.CopyTo(to);
        to[12] = Version | Proxy;
        to[13] = (byte)(((four ? Inet : Inet6) << 4) | (isDatagram ? Datagram : Stream));
        int at = FixedLength;
        at += WriteAddress(to[at..], source.Address, four);
        at += WriteAddress(to[at..], destination.Address, four);
        BinaryPrimitives.WriteUInt16BigEndian(to[at..], (ushort)source.Port);
        BinaryPrimitives.WriteUInt16BigEndian(to[(at + 2)..], (ushort)destination.Port);
        at += 4;
        if (!uniqueId.IsEmpty) at += WriteTlv(to[at..], TypeUniqueId, uniqueId[..Math.Min(uniqueId.Length, ProxyHeader.MaxUniqueId)]);
        if (options.HasFlag(ProxyV2Options.ServiceName))
        {
            byte[] name = Encoding.UTF8.GetBytes(service.ToString());
            at += WriteTlv(to[at..], TypeServiceName, name.AsSpan(0, Math.Min(name.Length, MaxServiceName)));
        }

        bool withChecksum = options.HasFlag(ProxyV2Options.Crc32c);
        int checksumAt = at + TlvHead;
        if (withChecksum) at += WriteTlv(to[at..], TypeChecksum, [0, 0, 0, 0]);
        BinaryPrimitives.WriteUInt16BigEndian(to[14..], (ushort)(at - FixedLength));
        if (withChecksum) BinaryPrimitives.WriteUInt32BigEndian(to[checksumAt..], Crc32c.OfHeader(to[..at], checksumAt));
        return at;
    }

    private static int WriteAddress(Span<byte> to, IPAddress address, bool four)
    {
        (four ? address : address.MapToIPv6()).TryWriteBytes(to, out int written);
        return written;
    }

    private static int WriteTlv(Span<byte> to, byte type, ReadOnlySpan<byte> value)
    {
        to[0] = type;
        BinaryPrimitives.WriteUInt16BigEndian(to[1..], (ushort)value.Length);
        value.CopyTo(to[TlvHead..]);
        return TlvHead + value.Length;
    }

    /// <summary>Unknown ones are passed over; all must end where the header does.</summary>
    private static bool TryReadTlvs(ReadOnlySpan<byte> header, int at, out byte[]? uniqueId, ref ProxyHeaderFault fault)
    {
        uniqueId = null;
        int checksumAt = 0;
        while (at < header.Length)
        {
            if (at + TlvHead > header.Length) return false;
            int length = BinaryPrimitives.ReadUInt16BigEndian(header[(at + 1)..]);
            int next = at + TlvHead + length;
            if (next > header.Length) return false;
            switch (header[at])
            {
                case TypeChecksum:
                    // A second one would be a part of what the first is of.
                    if (length != ChecksumLength || checksumAt != 0) return false;
                    checksumAt = at + TlvHead;
                    break;
                case TypeUniqueId:
                    if (length > ProxyHeader.MaxUniqueId) return false;
                    if (length > 0) uniqueId ??= header[(at + TlvHead)..next].ToArray();
                    break;
            }

            at = next;
        }

        if (checksumAt == 0 || BinaryPrimitives.ReadUInt32BigEndian(header[checksumAt..]) == Crc32c.OfHeader(header, checksumAt)) return true;
        fault = ProxyHeaderFault.Checksum;
        return false;
    }

    private static IPAddress AddressOf(ReadOnlySpan<byte> bytes)
    {
        var address = new IPAddress(bytes);
        return address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
    }
}
