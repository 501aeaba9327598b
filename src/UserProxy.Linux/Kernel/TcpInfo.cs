using System.Runtime.InteropServices;

namespace UserProxy.Linux.Kernel;

/// <summary>
/// The fields of struct tcp_info (linux/tcp.h) that say whether a peer still acknowledges, and how long an accept queue is; the kernel fills as much as fits.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = 232)]
internal struct TcpInfo
{
    /// <summary>TCP_CLOSE and TCP_LISTEN of the kernel's states.</summary>
    public const byte Closed = 7, Listen = 10;

    [FieldOffset(0)]
    public byte State;

    /// <summary>Segments sent and not acknowledged; of a listening socket: connections that wait to be accepted (sk_ack_backlog).</summary>
    [FieldOffset(24)]
    public uint Unacknowledged;

    /// <summary>Of a listening socket: how many may wait (sk_max_ack_backlog).</summary>
    [FieldOffset(28)]
    public uint Sacked;

    /// <summary>Milliseconds since the last ACK was received.</summary>
    [FieldOffset(56)]
    public uint LastAckReceived;

    /// <summary>The peer's receive window in bytes; 0 is a legal slow reader. Kernels before 5.4 leave it 0.</summary>
    [FieldOffset(228)]
    public uint SendWindow;
}
