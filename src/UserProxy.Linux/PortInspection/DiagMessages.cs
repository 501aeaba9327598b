using System.Buffers.Binary;
using System.Net;
using System.Runtime.InteropServices;
using UserProxy.Linux.Kernel;
using UserProxy.Linux.Netlink;

namespace UserProxy.Linux.PortInspection;

/// <summary>The two messages of sock_diag(7) that are needed, to and from bytes: ask for all sockets of a port, read one. No system calls here.</summary>
internal static class DiagMessages
{
    public const ushort Error = 2, Done = 3, ByFamily = 20;
    public const int RequestLength = NetlinkMessages.HeaderLength + 56; // struct inet_diag_req_v2

    private const uint ConnectionStates = (1u << (int)SocketState.Established) | (1u << (int)SocketState.FinWait1) | (1u << (int)SocketState.FinWait2)
        | (1u << (int)SocketState.CloseWait) | (1u << (int)SocketState.LastAck) | (1u << (int)SocketState.Closing);

    private const ushort Request = 0x1, Dump = 0x300;
    private const int RowLength = 72; // struct inet_diag_msg
    private const int MemoryAttribute = 7, IPv6OnlyAttribute = 11; // INET_DIAG_SKMEMINFO, INET_DIAG_SKV6ONLY
    private const ushort BytecodeAttribute = 1; // INET_DIAG_REQ_BYTECODE
    private const byte MarkCondition = 10; // INET_DIAG_BC_MARK_COND, Linux 4.9
    private const int ConditionLength = 12, FilterLength = 4 + ConditionLength;
    private const int ReceiveBufferAt = 1 * 4, DropsAt = 8 * 4; // SK_MEMINFO_RCVBUF, SK_MEMINFO_DROPS

    /// <summary>All sockets of a family and protocol with these ports, 0 for any: the kernel filters, so that a busy node costs little.</summary>
    /// <param name="buffer">For the message.</param>
    /// <param name="family">AF_INET or AF_INET6.</param>
    /// <param name="protocol">Of ip(7).</param>
    /// <param name="ports">Local and remote.</param>
    /// <param name="states">A bit for each.</param>
    /// <param name="sequence">Of the answer.</param>
    /// <param name="withMemory">Buffers and drops, too.</param>
    public static void WriteDump(Span<byte> buffer, int family, int protocol, SocketPorts ports, uint states, uint sequence, bool withMemory = true)
    {
        var message = buffer[..RequestLength];
        message.Clear();
        MemoryMarshal.Write(message, RequestLength);
        MemoryMarshal.Write(message[4..], ByFamily);
        MemoryMarshal.Write(message[6..], (ushort)(Request | Dump));
        MemoryMarshal.Write(message[8..], sequence);
        var request = message[NetlinkMessages.HeaderLength..];
        request[0] = (byte)family;
        request[1] = (byte)protocol;
        if (withMemory) request[2] = 1 << (MemoryAttribute - 1);
        MemoryMarshal.Write(request[4..], states);
        BinaryPrimitives.WriteUInt16BigEndian(request[8..], (ushort)ports.Local);
        BinaryPrimitives.WriteUInt16BigEndian(request[10..], (ushort)ports.Remote);
        request[48..].Fill(0xff); // INET_DIAG_NOCOOKIE
    }

    /// <summary>All TCP sockets of a family that have a peer, but for TIME_WAIT, which has nothing more to say; without what only some need to know.</summary>
    public static int WriteConnections(Span<byte> buffer, int family, uint sequence)
    {
        const int Tcp = 6;
        WriteDump(buffer, family, Tcp, default, ConnectionStates, sequence, withMemory: false);
        return RequestLength;
    }

    /// <summary>All sockets of a family and protocol that have a peer, or ask for one, and this bit in their mark: for who has CAP_NET_ADMIN.</summary>
    public static int WriteMarked(Span<byte> buffer, int family, int protocol, uint mark, uint sequence)
    {
        WriteDump(buffer, family, protocol, default, ConnectionStates | (1u << (int)SocketState.SynSent), sequence, withMemory: false);
        const int Length = RequestLength + FilterLength;
        MemoryMarshal.Write(buffer, Length);
        var filter = buffer[RequestLength..Length];
        MemoryMarshal.Write(filter, (ushort)FilterLength);
        MemoryMarshal.Write(filter[2..], BytecodeAttribute);
        // struct inet_diag_bc_op: where to go on if it holds, and if not (past the end: not told of).
        var condition = filter[4..];
        condition[0] = MarkCondition;
        condition[1] = ConditionLength;
        MemoryMarshal.Write(condition[2..], (ushort)(ConditionLength + 4));
        MemoryMarshal.Write(condition[4..], mark);
        MemoryMarshal.Write(condition[8..], mark);
        return Length;
    }

    /// <summary>Both ends of a socket, without an allocation; null when it is too short to be one.</summary>
    public static Ends? ReadEnds(ReadOnlySpan<byte> payload) => payload.Length < RowLength
        ? null
        : new Ends((SocketState)payload[1], MemoryMarshal.Read<UInt128>(payload[8..]), MemoryMarshal.Read<UInt128>(payload[24..]));

    /// <summary>The ports of what <see cref="ReadEnds"/> has read.</summary>
    public static SocketPorts ReadPorts(ReadOnlySpan<byte> payload) =>
        new(BinaryPrimitives.ReadUInt16BigEndian(payload[4..]), BinaryPrimitives.ReadUInt16BigEndian(payload[6..]));

    /// <summary>An address as <see cref="Ends"/> has it.</summary>
    public static UInt128 KeyOf(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        address.TryWriteBytes(bytes, out _);
        return MemoryMarshal.Read<UInt128>(bytes);
    }

    /// <summary>The address that is meant by <see cref="KeyOf"/>.</summary>
    public static IPAddress AddressOf(UInt128 key, bool isIPv6)
    {
        Span<byte> bytes = stackalloc byte[16];
        MemoryMarshal.Write(bytes, key);
        return new IPAddress(isIPv6 ? bytes : bytes[..4]);
    }

    /// <summary>Null when it is too short to be one.</summary>
    public static SocketRow? ReadRow(ReadOnlySpan<byte> payload)
    {
        if (payload.Length < RowLength) return null;
        int family = payload[0];
        if (family is not (Libc.AF_INET or Libc.AF_INET6)) return null;
        // TCP_NEW_SYN_RECV is told as SYN_RECV by the kernel.
        var row = new SocketRow(
            (SocketState)payload[1],
            ReadEndPoint(family, payload[8..24], payload[4..], payload[40..]),
            ReadEndPoint(family, payload[24..40], payload[6..], payload[40..]),
            MemoryMarshal.Read<uint>(payload[56..]),
            MemoryMarshal.Read<uint>(payload[60..]),
            MemoryMarshal.Read<uint>(payload[64..]),
            MemoryMarshal.Read<uint>(payload[68..]));
        var attributes = new NetlinkAttributes(payload[RowLength..]);
        while (attributes.MoveNext())
        {
            if (attributes.Type == IPv6OnlyAttribute && attributes.Value.Length >= 1) row = row with { IPv6Only = attributes.Value[0] != 0 };
            if (attributes.Type != MemoryAttribute || attributes.Value.Length < DropsAt + 4) continue;
            row = row with
            {
                ReceiveBuffer = MemoryMarshal.Read<uint>(attributes.Value[ReceiveBufferAt..]),
                Drops = MemoryMarshal.Read<uint>(attributes.Value[DropsAt..]),
            };
        }

        return row;
    }

    /// <param name="family">Of the socket.</param>
    /// <param name="address">16 bytes; of IPv4 the first four.</param>
    /// <param name="port">In network order.</param>
    /// <param name="link">The interface that it is bound to, 0 for none: without it a link-local address cannot be connected to.</param>
    private static IPEndPoint ReadEndPoint(int family, ReadOnlySpan<byte> address, ReadOnlySpan<byte> port, ReadOnlySpan<byte> link)
    {
        var ip = family == Libc.AF_INET ? new IPAddress(address[..4]) : new IPAddress(address);
        if (ip.IsIPv6LinkLocal) ip.ScopeId = MemoryMarshal.Read<uint>(link);
        return new IPEndPoint(ip.IsIPv4MappedToIPv6 ? ip.MapToIPv4() : ip, BinaryPrimitives.ReadUInt16BigEndian(port));
    }

    /// <summary>The addresses of a socket as bytes, of IPv4 the first four, and its state.</summary>
    public readonly record struct Ends(SocketState State, UInt128 Local, UInt128 Remote);
}
