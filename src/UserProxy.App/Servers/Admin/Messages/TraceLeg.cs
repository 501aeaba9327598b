namespace UserProxy.App.Servers.Admin.Messages;

/// <summary>What TCP_INFO says of one leg.</summary>
/// <param name="RttSeconds">Smoothed round-trip time.</param>
/// <param name="RttVarianceSeconds">Its mean deviation.</param>
/// <param name="Retransmits">Segments that were sent again, in all.</param>
/// <param name="Cwnd">Congestion window, in segments.</param>
/// <param name="SegmentSize">In bytes.</param>
internal sealed record TraceLeg(double RttSeconds, double RttVarianceSeconds, long Retransmits, long Cwnd, long SegmentSize);
