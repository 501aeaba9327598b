namespace UserProxy.Tracing;

/// <summary>What the kernel has measured of one TCP connection: a few fields of struct tcp_info (linux/tcp.h).</summary>
/// <param name="Rtt">Smoothed round-trip time (tcpi_rtt); zero before the first.</param>
/// <param name="RttVariance">Its mean deviation (tcpi_rttvar).</param>
/// <param name="Retransmits">Segments that were sent again, in all (tcpi_total_retrans).</param>
/// <param name="CongestionWindow">In segments (tcpi_snd_cwnd).</param>
/// <param name="SegmentSize">Bytes of a segment (tcpi_snd_mss).</param>
/// <param name="SinceSent">Since data was last sent; of a socket that has sent none, since its handshake was over (tcpi_last_data_sent).</param>
public readonly record struct TcpLeg(TimeSpan Rtt, TimeSpan RttVariance, uint Retransmits, uint CongestionWindow, uint SegmentSize, TimeSpan SinceSent)
{
    /// <summary>From the units of the kernel: times in microseconds, the last one in milliseconds.</summary>
    public static TcpLeg Of(uint rtt, uint rttVariance, uint retransmits, uint congestionWindow, uint segmentSize, uint lastDataSent) => new(
        TimeSpan.FromMicroseconds(rtt), TimeSpan.FromMicroseconds(rttVariance), retransmits, congestionWindow, segmentSize,
        TimeSpan.FromMilliseconds(lastDataSent));
}
