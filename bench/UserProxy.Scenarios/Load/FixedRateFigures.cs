using UserProxy.UdpLoad;

namespace UserProxy.Scenarios.Load;

/// <summary>What a load at a fixed rate has seen.</summary>
/// <param name="Latencies">From when a request was due to the end of its answer; of those that were lost, to the end of the run.</param>
/// <param name="Answered">Whole, in the measured time.</param>
/// <param name="Lost">Due and not answered by the end, or cut.</param>
internal sealed record FixedRateFigures(Latencies Latencies, long Answered, long Lost);
