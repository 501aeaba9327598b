using System.Net.Sockets;
using System.Runtime.InteropServices;
using UserProxy.Serving;
using UserProxy.Tracing;

namespace UserProxy.Tcp.Sockets;

/// <summary>
/// What the kernel knows about a TCP socket and .NET does not say: struct tcp_info of linux/tcp.h, read by offset. Asked at the rare
/// moments (an end, a stall), never for each read; elsewhere than on Linux there is no answer.
/// </summary>
internal readonly record struct TcpState(bool IsClosed, uint UnackedSegments, uint UnsentBytes, TimeSpan SinceLastAck, ulong AckedBytes, uint PeerWindow)
{
    private const int IpProtoTcp = 6;
    private const int TcpInfoOption = 11;
    private const byte TcpClose = 7, TcpListen = 10;

    /// <summary>Up to and with tcpi_snd_wnd (Linux 5.4).</summary>
    private const int Length = 232;

    /// <summary>Whether everything written has reached the peer's kernel.</summary>
    public bool IsDelivered => UnackedSegments == 0 && UnsentBytes == 0;

    public static TcpState? Read(Socket socket)
    {
        Span<byte> info = stackalloc byte[Length];
        if (!TryRead(socket, info)) return null;
        return new TcpState(
            info[0] == TcpClose,
            MemoryMarshal.Read<uint>(info[24..]),
            MemoryMarshal.Read<uint>(info[144..]),
            TimeSpan.FromMilliseconds(MemoryMarshal.Read<uint>(info[56..])),
            MemoryMarshal.Read<ulong>(info[120..]),
            MemoryMarshal.Read<uint>(info[228..]));
    }

    /// <summary>Of a listening socket: tcp_get_info puts sk_ack_backlog into tcpi_unacked and sk_max_ack_backlog into tcpi_sacked.</summary>
    public static AcceptQueue? ReadQueue(Socket socket)
    {
        Span<byte> info = stackalloc byte[Length];
        return TryRead(socket, info) && info[0] == TcpListen ? new AcceptQueue(MemoryMarshal.Read<int>(info[24..]), MemoryMarshal.Read<int>(info[28..])) : null;
    }

    public static TcpLeg? ReadLeg(Socket socket)
    {
        Span<byte> info = stackalloc byte[Length];
        if (!TryRead(socket, info)) return null;
        return TcpLeg.Of(At(info, 68), At(info, 72), At(info, 100), At(info, 80), At(info, 16), At(info, 44));
    }

    private static uint At(ReadOnlySpan<byte> info, int offset) => MemoryMarshal.Read<uint>(info[offset..]);

    private static bool TryRead(Socket socket, Span<byte> info)
    {
        if (!OperatingSystem.IsLinux()) return false;
        try
        {
            return socket.GetRawSocketOption(IpProtoTcp, TcpInfoOption, info) == Length;
        }
        catch (Exception e) when (e is ObjectDisposedException or SocketException)
        {
            return false;
        }
    }
}
