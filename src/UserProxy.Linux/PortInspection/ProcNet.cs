using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;

namespace UserProxy.Linux.PortInspection;

/// <summary>
/// Reads one line of /proc/net/{tcp,tcp6,udp,udp6} (proc_net_tcp.rst of the kernel's documentation): what is asked when sock_diag is not there. It tells no
/// backlog and no IPV6_V6ONLY. Used by <see cref="SocketTable"/>.
/// </summary>
internal static class ProcNet
{
    // "  0: 0100007F:7580 00000000:0000 0A 00000000:00000001 00:00000000 00000000     0        0 4711 1 ..."; UDP lines end with the drops.
    private const int Local = 1, Remote = 2, State = 3, Queues = 4, Uid = 7, Inode = 9, UdpDrops = 12;

    /// <summary>Null for the heading, for what cannot be read, and for sockets of other ports.</summary>
    public static SocketRow? ReadLine(string line, bool udp, SocketPorts ports)
    {
        string[] columns = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (columns.Length <= Inode || ReadEndPoint(columns[Local]) is not { } local || ReadEndPoint(columns[Remote]) is not { } remote) return null;
        if (!ports.Match(local.Port, remote.Port)) return null;
        string[] queues = columns[Queues].Split(':');
        if (queues.Length != 2 || !Hex(queues[0], out uint send) || !Hex(queues[1], out uint receive) || !Hex(columns[State], out uint state)) return null;
        if (!uint.TryParse(columns[Uid], NumberStyles.None, CultureInfo.InvariantCulture, out uint uid)) return null;
        if (!ulong.TryParse(columns[Inode], NumberStyles.None, CultureInfo.InvariantCulture, out ulong inode)) return null;
        // TCP_NEW_SYN_RECV (12) of a request that waits for the client's ACK.
        var known = state == 12 ? SocketState.SynReceived : (SocketState)state;
        uint? drops = udp
            && columns.Length > UdpDrops && uint.TryParse(columns[UdpDrops], NumberStyles.None, CultureInfo.InvariantCulture, out uint count) ? count : null;
        return new SocketRow(known, local, remote, receive, known == SocketState.Listen ? null : send, uid, inode) { Drops = drops };
    }

    /// <summary>The address as 32-bit words in the machine's order, each in hexadecimal; the port as a number.</summary>
    private static IPEndPoint? ReadEndPoint(string text)
    {
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon is not (8 or 32) || !Hex(text.AsSpan(colon + 1), out uint port) || port > IPEndPoint.MaxPort) return null;
        Span<byte> bytes = stackalloc byte[colon / 2];
        for (int at = 0; at < bytes.Length; at += 4)
        {
            if (!Hex(text.AsSpan(at * 2, 8), out uint word)) return null;
            MemoryMarshal.Write(bytes[at..], word);
        }

        var address = new IPAddress(bytes);
        return new IPEndPoint(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address, (int)port);
    }

    private static bool Hex(ReadOnlySpan<char> text, out uint value) =>
        uint.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
}
