using System.Runtime.InteropServices;

namespace UserProxy.Linux.Kernel;

/// <summary>
/// The fields of struct tcp_info (linux/tcp.h) that say whether a peer still acknowledges, how long an accept queue is, and how a connection has done; the
/// kernel fills as much as fits.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = 232)]
internal struct TcpInfo
{
    /// <summary>TCP_CLOSE and TCP_LISTEN of the kernel's states.</summary>
    public const byte Closed = 7, Listen = 10;

    [FieldOffset(0)]
    public byte State;

    /// <summary>Bytes of a segment (tcpi_snd_mss).</summary>
    [FieldOffset(16)]
    public uint SegmentSize;

    /// <summary>Segments sent and not acknowledged; of a listening socket: connections that wait to be accepted (sk_ack_backlog).</summary>
    [FieldOffset(24)]
    public uint Unacknowledged;

    /// <summary>Of a listening socket: how many may wait (sk_max_ack_backlog).</summary>
    [FieldOffset(28)]
    public uint Sacked;

    /// <summary>Milliseconds since data was last sent, else since the handshake was over (tcp_create_openreq_child).</summary>
    [FieldOffset(44)]
    public uint LastDataSent;

    /// <summary>Milliseconds since the last ACK was received.</summary>
    [FieldOffset(56)]
    public uint LastAckReceived;

    /// <summary>Microseconds; as the next.</summary>
    [FieldOffset(68)]
    public uint Rtt;

    [FieldOffset(72)]
    public uint RttVariance;

    /// <summary>In segments (tcpi_snd_cwnd).</summary>
    [FieldOffset(80)]
    public uint CongestionWindow;

    /// <summary>Segments that were sent again, in all (tcpi_total_retrans).</summary>
    [FieldOffset(100)]
    public uint Retransmits;

    /// <summary>The peer's receive window in bytes; 0 is a legal slow reader. Kernels before 5.4 leave it 0.</summary>
    [FieldOffset(228)]
    public uint SendWindow;
}
