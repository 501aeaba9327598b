using System.Runtime.InteropServices;
using UserProxy.Linux.Kernel;
using UserProxy.Linux.Netlink;

namespace UserProxy.Linux.Transparent;

/// <summary>Finds the bridges of this node (rtnetlink(7), RTM_GETLINK). For <see cref="TransparentSources"/>.</summary>
internal static class BridgeLinks
{
    private const ushort GetLink = 18, Request = 0x1, Dump = 0x300, Done = 3;
    private const int LinkLength = 16; // sizeof(struct ifinfomsg)
    private const int LinkInfo = 18, InfoKind = 1; // IFLA_LINKINFO, IFLA_INFO_KIND

    /// <summary>Their indexes; none when the kernel does not tell: clients behind a bridge are not kept then.</summary>
    public static HashSet<int> Read()
    {
        var bridges = new HashSet<int>();
        try
        {
            using var query = NetlinkQuery.Open(Libc.NETLINK_ROUTE);
            query.Ask(Write, message =>
            {
                if (message.Type == AnswerRouteMessages.NewLink && ReadBridge(message.Payload) is { } index) bridges.Add(index);
                return message.Type != Done;
            });
        }
        catch (IOException)
        {
        }

        return bridges;
    }

    private static int Write(Span<byte> buffer, uint sequence)
    {
        const int Length = NetlinkMessages.HeaderLength + LinkLength;
        var message = buffer[..Length];
        message.Clear();
        MemoryMarshal.Write(message, Length);
        MemoryMarshal.Write(message[4..], GetLink);
        MemoryMarshal.Write(message[6..], (ushort)(Request | Dump));
        MemoryMarshal.Write(message[8..], sequence);
        return Length;
    }

    /// <summary>The index of a link that is a bridge; null for every other one.</summary>
    internal static int? ReadBridge(ReadOnlySpan<byte> payload)
    {
        if (payload.Length < LinkLength) return null;
        var attributes = new NetlinkAttributes(payload[LinkLength..]);
        while (attributes.MoveNext())
        {
            if (attributes.Type == LinkInfo && IsBridge(attributes.Value)) return MemoryMarshal.Read<int>(payload[4..]);
        }

        return null;
    }

    private static bool IsBridge(ReadOnlySpan<byte> linkInfo)
    {
        var attributes = new NetlinkAttributes(linkInfo);
        while (attributes.MoveNext())
        {
            if (attributes.Type == InfoKind) return attributes.Value.TrimEnd((byte)0).SequenceEqual("bridge"u8);
        }

        return false;
    }
}
