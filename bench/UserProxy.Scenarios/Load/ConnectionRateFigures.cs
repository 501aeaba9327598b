using UserProxy.UdpLoad;

namespace UserProxy.Scenarios.Load;

/// <summary>What a <see cref="ConnectionRate"/> has seen.</summary>
/// <param name="Latencies">From when a connection was due to the end of its answer.</param>
/// <param name="Answered">Whole.</param>
/// <param name="Failed">Refused, reset, cut, or without an answer for 5 s.</param>
/// <param name="LongestGap">Between two answers of all.</param>
internal sealed record ConnectionRateFigures(Latencies Latencies, long Answered, long Failed, TimeSpan LongestGap);
