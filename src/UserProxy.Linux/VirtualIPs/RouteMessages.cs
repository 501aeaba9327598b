using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using UserProxy.Linux.Kernel;
using UserProxy.Linux.Netlink;

namespace UserProxy.Linux.VirtualIPs;

/// <summary>
/// The few rtnetlink(7) messages that are needed, to and from bytes: add or delete <c>local ADDRESS dev lo table local proto 117</c>, dump the
/// table "local", and what the kernel answers. No system calls here. Used by <see cref="RouteSocket"/> and <see cref="RouteEvents"/>.
/// </summary>
internal static class RouteMessages
{
    public const ushort Error = 2, Done = 3;
    public const ushort NewRoute = 24, DeleteRoute = 25, GetRoute = 26;
    public const ushort DumpInterrupted = 0x10;

    public const int DumpLength = NetlinkMessages.HeaderLength + RouteLength;

    private const int RouteLength = 12; // sizeof(struct rtmsg)
    private const ushort Request = 0x1, Acknowledge = 0x4, Exclusive = 0x200, Create = 0x400, Dump = 0x300;
    private const ushort Capped = 0x100, HasAttributes = 0x200; // of an answer
    private const byte TableLocal = 255, ScopeHost = 254, ScopeNowhere = 255;
    private const byte TypeUnicast = 1, TypeLocal = 2, TypeBroadcast = 3, TypeAnycast = 4, TypeMulticast = 5;
    private const uint Cloned = 0x200; // RTM_F_CLONED: a cache entry, not a route
    private const int Destination = 1, OutInterface = 4, Gateway = 5, Via = 18; // RTA_DST, RTA_OIF, RTA_GATEWAY, RTA_VIA
    private const int IPProtocol = 27, SourcePort = 28, DestinationPort = 29; // RTA_IP_PROTO, RTA_SPORT, RTA_DPORT; kernels before 4.18 pass over them
    private const int ErrorText = 1; // NLMSGERR_ATTR_MSG

    private static readonly RouteWay NoWay = new(RouteKind.None, 0, HasGateway: false);

    // The same in every network namespace (LOOPBACK_IFINDEX of net/flow.h).
    private const int Loopback = 1;

    /// <summary>Writes one request and returns its length, a multiple of four.</summary>
    public static int WriteChange(Span<byte> buffer, RouteChange change, IPAddress address, uint sequence)
    {
        bool six = address.AddressFamily == AddressFamily.InterNetworkV6;
        bool add = change == RouteChange.Add;
        int addressLength = six ? 16 : 4;
        int length = NetlinkMessages.HeaderLength + RouteLength + 4 + addressLength + 8;
        var message = buffer[..length];
        message.Clear();
        // Exclusive: what somebody else has put there is never replaced.
        WriteHeader(message, add ? NewRoute : DeleteRoute, (ushort)(Request | Acknowledge | (add ? Create | Exclusive : 0)), sequence);
        var route = message[NetlinkMessages.HeaderLength..];
        route[0] = (byte)(six ? Libc.AF_INET6 : Libc.AF_INET);
        route[1] = (byte)(addressLength * 8);
        route[4] = TableLocal;
        route[5] = LocalRoute.OurProtocol; // Also of a deletion: the kernel then passes over the routes of others.
        route[6] = add ? (six ? (byte)0 : ScopeHost) : ScopeNowhere; // Nowhere: any scope.
        route[7] = TypeLocal;
        var destination = WriteAttributeHeader(route[RouteLength..], Destination, addressLength);
        address.TryWriteBytes(destination, out _);
        var device = WriteAttributeHeader(destination[addressLength..], OutInterface, sizeof(int));
        MemoryMarshal.Write(device, Loopback);
        return length;
    }

    /// <summary>Asks for the table "local" of one family. Kernels before 4.20 ignore the filter, so that the answer is filtered once more.</summary>
    public static int WriteDump(Span<byte> buffer, int family, uint sequence)
    {
        var message = buffer[..DumpLength];
        message.Clear();
        WriteHeader(message, GetRoute, Request | Dump, sequence);
        message[NetlinkMessages.HeaderLength] = (byte)family;
        message[NetlinkMessages.HeaderLength + 4] = TableLocal;
        return DumpLength;
    }

    /// <summary>Asks which route a packet to <paramref name="address"/> would take.</summary>
    /// <param name="buffer">Takes the request.</param>
    /// <param name="address">Where the packet goes.</param>
    /// <param name="sequence">Of the request.</param>
    /// <param name="protocol">TCP or UDP, with the ports, for the rules that ask for them; 0 for neither.</param>
    /// <param name="source">The port that it comes from; 0 for none in particular.</param>
    /// <param name="target">The port that it goes to; 0 for none in particular.</param>
    public static int WriteLookup(Span<byte> buffer, IPAddress address, uint sequence, byte protocol = 0, ushort source = 0, ushort target = 0)
    {
        bool six = address.AddressFamily == AddressFamily.InterNetworkV6;
        int addressLength = six ? 16 : 4;
        int attributes = (protocol != 0 ? 8 : 0) + (source != 0 ? 8 : 0) + (target != 0 ? 8 : 0);
        var message = buffer[..(NetlinkMessages.HeaderLength + RouteLength + 4 + addressLength + attributes)];
        message.Clear();
        WriteHeader(message, GetRoute, Request, sequence);
        var route = message[NetlinkMessages.HeaderLength..];
        route[0] = (byte)(six ? Libc.AF_INET6 : Libc.AF_INET);
        route[1] = (byte)(addressLength * 8);
        var rest = WriteAttributeHeader(route[RouteLength..], Destination, addressLength);
        address.TryWriteBytes(rest, out _);
        rest = rest[addressLength..];
        if (protocol != 0)
        {
            WriteAttributeHeader(rest, IPProtocol, sizeof(byte))[0] = protocol;
            rest = rest[8..];
        }

        if (source != 0)
        {
            BinaryPrimitives.WriteUInt16BigEndian(WriteAttributeHeader(rest, SourcePort, sizeof(ushort)), source);
            rest = rest[8..];
        }

        if (target != 0) BinaryPrimitives.WriteUInt16BigEndian(WriteAttributeHeader(rest, DestinationPort, sizeof(ushort)), target);
        return message.Length;
    }

    /// <summary>
    /// What the answer to a lookup says; a route of the type local does not leave the node. That there is no route, or one that is unreachable, prohibited or a
    /// blackhole, is told by an errno.
    /// </summary>
    public static RouteWay ReadWay(in NetlinkMessage message)
    {
        if (message.Type == Error && ReadError(message).Errno is Errno.ENETUNREACH or Errno.EHOSTUNREACH or Errno.EACCES or Errno.EINVAL) return NoWay;
        if (message.Type != NewRoute || message.Payload.Length < RouteLength) return default;
        byte type = message.Payload[7];
        if (type == TypeLocal) return new RouteWay(RouteKind.Local, 0, HasGateway: false);
        if (type is TypeBroadcast or TypeAnycast or TypeMulticast) return new RouteWay(RouteKind.Many, 0, HasGateway: false);
        if (type != TypeUnicast) return NoWay;
        int link = 0;
        bool hasGateway = false;
        var attributes = new NetlinkAttributes(message.Payload[RouteLength..]);
        while (attributes.MoveNext())
        {
            if (attributes.Type == OutInterface && attributes.Value.Length >= sizeof(int)) link = MemoryMarshal.Read<int>(attributes.Value);
            else if (attributes.Type is Gateway or Via) hasGateway = true;
        }

        return new RouteWay(RouteKind.Link, link, hasGateway);
    }

    /// <summary>
    /// The host route of the table "local" that the payload of a NewRoute or DeleteRoute describes, whoever's it is; null for every other route
    /// and for what is cut off. Broadcast and anycast addresses count as routes of others: they cannot be added either.
    /// </summary>
    public static LocalRoute? ReadRoute(ReadOnlySpan<byte> payload)
    {
        if (payload.Length < RouteLength) return null;
        int addressLength = payload[0] switch { Libc.AF_INET => 4, Libc.AF_INET6 => 16, _ => 0 };
        if (addressLength == 0 || payload[1] != addressLength * 8 || payload[4] != TableLocal) return null;
        byte protocol = payload[5];
        byte type = payload[7];
        if (type is not (TypeLocal or TypeBroadcast or TypeAnycast)) return null;
        if ((MemoryMarshal.Read<uint>(payload[8..]) & Cloned) != 0) return null;
        var attributes = new NetlinkAttributes(payload[RouteLength..]);
        while (attributes.MoveNext())
        {
            if (attributes.Type == Destination && attributes.Value.Length == addressLength) return new LocalRoute(new IPAddress(attributes.Value), protocol);
        }

        return null;
    }

    /// <summary>The errno of an Error message (0 for a mere acknowledgement), with the kernel's own words where it has some (NETLINK_EXT_ACK).</summary>
    public static (int Errno, string? Text) ReadError(in NetlinkMessage message)
    {
        const int ErrorLength = sizeof(int) + NetlinkMessages.HeaderLength; // struct nlmsgerr
        var payload = message.Payload;
        if (payload.Length < ErrorLength) return (Errno.EPROTO, null);
        int errno = -MemoryMarshal.Read<int>(payload);
        if ((message.Flags & HasAttributes) == 0) return (errno, null);
        // Without NETLINK_CAP_ACK the whole request is repeated before the attributes.
        uint repeated = (message.Flags & Capped) != 0 ? NetlinkMessages.HeaderLength : MemoryMarshal.Read<uint>(payload[4..]);
        if (repeated > (uint)(payload.Length - sizeof(int))) return (errno, null);
        int start = NetlinkMessages.Align(sizeof(int) + (int)repeated);
        var attributes = new NetlinkAttributes(payload[Math.Min(start, payload.Length)..]);
        while (attributes.MoveNext())
        {
            if (attributes.Type == ErrorText) return (errno, Encoding.UTF8.GetString(attributes.Value.TrimEnd((byte)0)));
        }

        return (errno, null);
    }

    /// <summary>The errno with which a dump ended; 0 for a whole one.</summary>
    public static int ReadDone(ReadOnlySpan<byte> payload) => payload.Length < sizeof(int) ? 0 : -MemoryMarshal.Read<int>(payload);

    private static void WriteHeader(Span<byte> message, ushort type, ushort flags, uint sequence)
    {
        MemoryMarshal.Write(message, message.Length);
        MemoryMarshal.Write(message[4..], type);
        MemoryMarshal.Write(message[6..], flags);
        MemoryMarshal.Write(message[8..], sequence);
    }

    private static Span<byte> WriteAttributeHeader(Span<byte> attribute, ushort type, int length)
    {
        MemoryMarshal.Write(attribute, (ushort)(4 + length));
        MemoryMarshal.Write(attribute[2..], type);
        return attribute[4..];
    }
}
