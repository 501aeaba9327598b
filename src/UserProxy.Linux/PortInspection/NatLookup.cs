using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using UserProxy.Linux.Kernel;
using UserProxy.Linux.Netlink;

namespace UserProxy.Linux.PortInspection;

/// <summary>
/// Where NAT has sent a connection of ours: connection tracking (ctnetlink, one question for one connection) knows who replies. Needs CAP_NET_ADMIN; without
/// it, or without conntrack, nothing is known. Never throws.
/// </summary>
internal static class NatLookup
{
    private const ushort Get = (1 << 8) | 1; // NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_GET
    private const ushort New = 1 << 8; // IPCTNL_MSG_CT_NEW, which answers
    private const ushort Request = 0x1, Nested = 0x8000;
    private const int GenericLength = 4; // struct nfgenmsg
    private const int OriginalTuple = 1, ReplyTuple = 2; // CTA_TUPLE_ORIG, CTA_TUPLE_REPLY
    private const int TupleAddresses = 1, TuplePorts = 2; // CTA_TUPLE_IP, CTA_TUPLE_PROTO
    private const int Number = 1, SourcePort = 2, DestinationPort = 3; // CTA_PROTO_NUM and so on
    private const byte Tcp = 6;

    /// <summary>Who answers in place of <paramref name="to"/>; null when nobody does or it cannot be known.</summary>
    public static IPEndPoint? FindReplier(IPEndPoint from, IPEndPoint to)
    {
        IPEndPoint? replier = null;
        try
        {
            using var query = NetlinkQuery.Open(Libc.NETLINK_NETFILTER);
            query.Ask((buffer, sequence) => Write(buffer, from, to, sequence), message =>
            {
                if (message.Type == New) replier = ReadReplier(message.Payload);
                return false;
            });
        }
        catch (IOException)
        {
            // Not permitted, no conntrack, or no such connection.
        }

        return to.Equals(replier) ? null : replier;
    }

    internal static int Write(Span<byte> buffer, IPEndPoint from, IPEndPoint to, uint sequence)
    {
        bool six = to.AddressFamily == AddressFamily.InterNetworkV6;
        int size = six ? 16 : 4;
        int addresses = 4 + (2 * (4 + size));
        const int ports = 4 + (3 * 8);
        int length = NetlinkMessages.HeaderLength + GenericLength + 4 + addresses + ports;
        var message = buffer[..length];
        message.Clear();
        MemoryMarshal.Write(message, length);
        MemoryMarshal.Write(message[4..], Get);
        MemoryMarshal.Write(message[6..], Request);
        MemoryMarshal.Write(message[8..], sequence);
        message[NetlinkMessages.HeaderLength] = (byte)(six ? Libc.AF_INET6 : Libc.AF_INET);
        var at = message[(NetlinkMessages.HeaderLength + GenericLength)..];
        Begin(ref at, OriginalTuple | Nested, 4 + addresses + ports);
        Begin(ref at, TupleAddresses | Nested, addresses);
        // CTA_IP_V4_SRC and CTA_IP_V4_DST are 1 and 2, those of IPv6 3 and 4.
        Begin(ref at, six ? 3 : 1, 4 + size);
        from.Address.TryWriteBytes(at, out _);
        at = at[size..];
        Begin(ref at, six ? 4 : 2, 4 + size);
        to.Address.TryWriteBytes(at, out _);
        at = at[size..];
        Begin(ref at, TuplePorts | Nested, ports);
        Begin(ref at, Number, 5);
        at[0] = Tcp;
        at = at[4..];
        Begin(ref at, SourcePort, 6);
        BinaryPrimitives.WriteUInt16BigEndian(at, (ushort)from.Port);
        at = at[4..];
        Begin(ref at, DestinationPort, 6);
        BinaryPrimitives.WriteUInt16BigEndian(at, (ushort)to.Port);
        return length;
    }

    internal static IPEndPoint? ReadReplier(ReadOnlySpan<byte> payload)
    {
        if (payload.Length < GenericLength) return null;
        IPAddress? address = null;
        int port = 0;
        var tuple = new NetlinkAttributes(Find(payload[GenericLength..], ReplyTuple));
        while (tuple.MoveNext())
        {
            if (tuple.Type == TupleAddresses)
            {
                var source = Find(tuple.Value, 1);
                if (source.IsEmpty) source = Find(tuple.Value, 3);
                if (source.Length is 4 or 16) address = new IPAddress(source);
            }
            else if (tuple.Type == TuplePorts && Find(tuple.Value, SourcePort) is { Length: 2 } found)
            {
                port = BinaryPrimitives.ReadUInt16BigEndian(found);
            }
        }

        return address is null ? null : new IPEndPoint(address, port);
    }

    private static ReadOnlySpan<byte> Find(ReadOnlySpan<byte> attributes, int type)
    {
        var walk = new NetlinkAttributes(attributes);
        while (walk.MoveNext())
        {
            if (walk.Type == type) return walk.Value;
        }

        return [];
    }

    private static void Begin(ref Span<byte> at, int type, int length)
    {
        MemoryMarshal.Write(at, (ushort)length);
        MemoryMarshal.Write(at[2..], (ushort)type);
        at = at[4..];
    }
}
