using System.Diagnostics;
using System.Net;
using UserProxy.Scenarios.Bed;
using UserProxy.UdpLoad;

namespace UserProxy.Scenarios.Load;

/// <summary>
/// HTTP requests at a fixed rate over kept connections. The clock says when each request is due; its latency runs from then to the end of its answer, also
/// when it had to wait for a free connection: a path that stalls is charged for every request of the stall (no coordinated omission).
/// </summary>
internal sealed class FixedRate
{
    private const int Threads = 2;

    /// <summary>Before figures count.</summary>
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(0.3);

    /// <summary>After the last request was due.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    public required IPEndPoint Address { get; init; }

    public required string Body { get; init; }

    public required int Connections { get; init; }

    /// <summary>Requests a second, of all connections together.</summary>
    public required double Rate { get; init; }

    public required TimeSpan Measured { get; init; }

    public async Task<FixedRateFigures> RunAsync(string space)
    {
        long start = Stopwatch.GetTimestamp() + (Stopwatch.Frequency / 10);
        var threads = await Task.WhenAll(Enumerable.Range(0, Threads).Select(i => InNamespace.RunAsync(space, () =>
        {
            // Half an interval apart: the threads together keep the rate even.
            using var thread = new FixedRateThread(this, Connections / Threads, Rate / Threads, start + (long)(i * Stopwatch.Frequency / Rate));
            thread.Run(WarmUp, Grace);
            return thread;
        })));
        var latencies = new Latencies();
        foreach (var thread in threads) latencies.Add(thread.Latencies);
        return new FixedRateFigures(latencies, threads.Sum(thread => thread.Answered), threads.Sum(thread => thread.Lost));
    }
}
