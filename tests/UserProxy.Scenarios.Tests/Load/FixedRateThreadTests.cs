using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using UserProxy.Scenarios.Load;

namespace UserProxy.Scenarios.Tests.Load;

/// <summary>The load at a fixed rate charges a stall to every request that was due in it.</summary>
[Collection(nameof(Alone))]
public sealed class FixedRateThreadTests
{
    private const double Rate = 200;

    private static readonly TimeSpan Measured = TimeSpan.FromSeconds(1), Stall = TimeSpan.FromMilliseconds(400);

    [Fact]
    public async Task Stall_IsInTheLatencyOfAllRequestsDueMeanwhile()
    {
        var (figures, _) = await RunAsync(stallAt: 60);

        // 0.4 s of 1 s: 80 of 200 requests waited, the first of them for all of it. A load that waits for its answers would have seen two (one a connection).
        figures.Latencies.Quantile(0.99).ShouldBeGreaterThan(0.8 * Stall.TotalMilliseconds);
        figures.Latencies.Quantile(0.75).ShouldBeGreaterThan(0.1 * Stall.TotalMilliseconds);
        figures.Lost.ShouldBe(0);
        figures.Answered.ShouldBeInRange((long)Rate - 2, (long)Rate + 2);
    }

    [Fact]
    public async Task ServerThatStopsAnswering_LosesWhatWasDue()
    {
        var (figures, answered) = await RunAsync(cutAt: 100);

        figures.Lost.ShouldBeGreaterThan(0);
        // In the warm-up (0.1 s) and the measured second are 220 requests; each is answered or lost.
        (answered + figures.Lost).ShouldBeInRange(218, 224);
        // The lost are not left out of the latencies: those that were due in the first half of the second waited for longer than it.
        figures.Latencies.Quantile(0.99).ShouldBeGreaterThan(Measured.TotalMilliseconds);
    }

    /// <summary>Figures, and how many requests the server answered beside the one that each connection begins with.</summary>
    private static async Task<(FixedRateThread Figures, int Answered)> RunAsync(int stallAt = int.MaxValue, int cutAt = int.MaxValue)
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(8);
        const int Connections = 2;
        int asked = 0, answered = 0;
        var gate = new Lock();
        var server = Task.Run(
            () => Task.WaitAll(
                [.. Enumerable.Range(0, Connections).Select(
                    _ => Task.Factory.StartNew(Serve, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default))]));

        var load = new FixedRate { Address = (IPEndPoint)listener.LocalEndPoint!, Body = "x", Connections = Connections, Rate = Rate, Measured = Measured };
        var thread = await Task.Factory.StartNew(Load, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        await server;
        return (thread, answered - Connections);

        FixedRateThread Load()
        {
            using var thread = new FixedRateThread(load, Connections, Rate, Stopwatch.GetTimestamp() + (Stopwatch.Frequency / 20));
            // Where all is answered it only waits for as long as the server stands still.
            thread.Run(TimeSpan.FromSeconds(0.1), TimeSpan.FromSeconds(cutAt == int.MaxValue ? 60 : 1));
            return thread;
        }

        void Serve()
        {
            using var client = listener.Accept();
            client.NoDelay = true;
            byte[] buffer = new byte[1024], answer = Encoding.ASCII.GetBytes("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx");
            while (client.Receive(buffer) > 0)
            {
                // Both connections stand still: the one that stalls holds the gate.
                lock (gate)
                {
                    int number = ++asked;
                    if (number >= cutAt) return;
                    if (number == stallAt) Thread.Sleep(Stall);
                    answered++;
                }

                client.Send(answer);
            }
        }
    }
}
