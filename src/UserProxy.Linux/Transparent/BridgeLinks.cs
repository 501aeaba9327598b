using System.Runtime.InteropServices;
using UserProxy.Linux.Kernel;
using UserProxy.Linux.Netlink;

namespace UserProxy.Linux.Transparent;

/// <summary>Finds the bridges of this node (rtnetlink(7), RTM_GETLINK). For <see cref="TransparentSources"/>.</summary>
internal static class BridgeLinks
{
    private const ushort GetLink = 18, Request = 0x1, Dump = 0x300, Done = 3;
    private const int LinkLength = 16; // sizeof(struct ifinfomsg)
    private const int LinkAddress = 1, LinkInfo = 18, InfoKind = 1; // IFLA_ADDRESS, IFLA_LINKINFO, IFLA_INFO_KIND

    /// <summary>
    /// The hardware addresses of all, by index, as nft has them; none when the kernel does not tell: clients behind a bridge are not kept then.
    /// </summary>
    public static Dictionary<int, string> Read()
    {
        var bridges = new Dictionary<int, string>();
        try
        {
            using var query = NetlinkQuery.Open(Libc.NETLINK_ROUTE);
            query.Ask(Write, message =>
            {
                if (message.Type == AnswerRouteMessages.NewLink && ReadBridge(message.Payload) is { } bridge) bridges[bridge.Index] = bridge.Address;
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

    /// <summary>A link that is a bridge; null for every other one.</summary>
    internal static (int Index, string Address)? ReadBridge(ReadOnlySpan<byte> payload)
    {
        if (payload.Length < LinkLength) return null;
        bool isBridge = false;
        string address = "";
        var attributes = new NetlinkAttributes(payload[LinkLength..]);
        while (attributes.MoveNext())
        {
            if (attributes.Type == LinkAddress) address = Convert.ToHexStringLower(attributes.Value);
            isBridge |= attributes.Type == LinkInfo && IsBridge(attributes.Value);
        }

        return isBridge ? (MemoryMarshal.Read<int>(payload[4..]), string.Join(':', address.Chunk(2).Select(digits => new string(digits)))) : null;
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
