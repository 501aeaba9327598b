using System.Runtime.InteropServices;

namespace UserProxy.Linux;

/// <summary>The fields of struct tcp_info (linux/tcp.h) that say whether a peer still acknowledges; the kernel fills as much as fits.</summary>
[StructLayout(LayoutKind.Explicit, Size = 232)]
internal struct TcpInfo
{
    /// <summary>Segments sent and not acknowledged.</summary>
    [FieldOffset(24)]
    public uint Unacknowledged;

    /// <summary>Milliseconds since the last ACK was received.</summary>
    [FieldOffset(56)]
    public uint LastAckReceived;

    /// <summary>The peer's receive window in bytes; 0 is a legal slow reader. Kernels before 5.4 leave it 0.</summary>
    [FieldOffset(228)]
    public uint SendWindow;
}
