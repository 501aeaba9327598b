using UserProxy.FunctionalTests.Backends;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.FunctionalTests;

/// <summary>What the metrics of the executable say, against what clients have seen.</summary>
[StartsProgram]
public sealed class MetricsTests
{
    private const string Echo = "namespace=\"default\",service=\"echo\",port=\"\"";

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task Traffic_IsCountedAsTheClientsCountedIt(TransportKind transport)
    {
        const int clients = 200;
        await using var echo = Backend.Echo();
        await using var proxy = RunningProxy.Start(transport, echo, TimeSpan.FromSeconds(1));
        await proxy.ListensAsync();
        using var done = new CancellationTokenSource();
        var watching = NeverGoesBackAsync(proxy.MetricsPort, done.Token);

        // One stays: what it has moved counts while it is open.
        using var open = await proxy.ConnectAsync();
        (await open.AskAsync("hello")).ShouldBe("hello");
        await UntilAsync(
            proxy, scrape =>
                scrape.Sum("userproxy_bytes_total", "direction=\"out\"") == 5 && scrape.Sum("userproxy_connections_active") == 1, "an open connection is seen");

        long sent = 5, received = 5;
        await Parallel.ForAsync(0, clients, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (i, _) =>
        {
            using var client = await proxy.ConnectAsync();
            // From nothing to what takes the way of bulk.
            byte[] bytes = new byte[i * 997];
            var reading = client.HashToEndAsync();
            await client.SendAsync(bytes);
            client.FinishSending();
            var (count, _, end) = await reading;
            end.ShouldBe(StreamEnd.Fin);
            Interlocked.Add(ref sent, bytes.Length);
            Interlocked.Add(ref received, count);
        });
        open.FinishSending();
        (await open.ReceiveToEndAsync()).End.ShouldBe(StreamEnd.Fin);

        await UntilAsync(proxy, scrape => scrape.Sum("userproxy_connections_closed_total") == clients + 1, "all have ended");
        await UntilAsync(proxy, scrape => scrape.Sum("userproxy_connection_duration_seconds_count") == clients + 1, "which is counted last");
        await done.CancelAsync();
        (await watching).ShouldBeGreaterThan(0);
        var scrape = await Scrape.OfAsync(proxy.MetricsPort);
        scrape.Sum("userproxy_connections_total", $"{Echo},protocol=\"TCP\"").ShouldBe(clients + 1);
        scrape.Sum("userproxy_connections_active", Echo).ShouldBe(0);
        scrape.Sum("userproxy_connections_closed_total", "reason=\"client_fin\"").ShouldBe(clients + 1);
        scrape.Sum("userproxy_bytes_total", "direction=\"in\"").ShouldBe(sent);
        scrape.Sum("userproxy_bytes_total", "direction=\"out\"").ShouldBe(received);
        scrape.Sum("userproxy_connect_duration_seconds_count", Echo).ShouldBe(clients + 1);
        scrape.Sum("userproxy_connection_duration_seconds_count", Echo).ShouldBe(clients + 1);
        scrape.Sum("userproxy_connection_duration_seconds_bucket", "le=\"+Inf\"").ShouldBe(clients + 1);
        scrape.Sum("userproxy_connect_failures_total").ShouldBe(0);
        scrape.Sum("userproxy_accept_loop_deaths_total").ShouldBe(0);
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task DescriptorsRunOut_TheQueueIsSeenAndSaid(TransportKind transport)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the kernel tells the accept queue on Linux");
        Tool.SkipUnlessInstalled("prlimit");
        await using var echo = Backend.Echo();
        await using var proxy = RunningProxy.Start(transport, echo, TimeSpan.Zero, "prlimit", "--nofile=400:400");
        await proxy.ListensAsync();
        var before = await Scrape.OfAsync(proxy.MetricsPort);
        int backlog = (int)before.Sum("userproxy_listener_backlog", Echo).ShouldNotBeNull();
        before.Sum("userproxy_listener_accept_queue", Echo).ShouldBe(0);

        // More than half of the queue, and those that are taken before it fills.
        var clients = new List<Peer>();
        for (int i = 0; i < (backlog / 2) + 200; i++) clients.Add(await proxy.ConnectAsync());

        var during = await Scrape.OfAsync(proxy.MetricsPort);
        during.Sum("userproxy_listener_accept_queue", Echo).ShouldNotBeNull().ShouldBeGreaterThan(backlog / 2);
        await UntilAsync(proxy, scrape => scrape.Sum("userproxy_accept_paused_total") > 0, "accepting pauses");
        await UntilAsync(proxy, scrape => scrape.Sum("userproxy_accept_queue_stalls_total", Echo) == 1, "a queue that stays long is said");
        before.Sum("userproxy_close_wait_connections", "unaccepted").ShouldBe(0);
        clients[^1].FinishSending();
        await UntilAsync(proxy, scrape => scrape.Sum("userproxy_close_wait_connections", "unaccepted") == 1, "who has given up is seen in the queue");
        (await Scrape.OfAsync(proxy.MetricsPort)).Sum("userproxy_accept_loops_hung").ShouldBe(0, "a loop that pauses does not hang");
        foreach (var client in clients) client.Reset();
        await UntilAsync(proxy, scrape => scrape.Sum("userproxy_listener_accept_queue", Echo) == 0, "the queue is served");
    }

    private static Task<TimeSpan> UntilAsync(RunningProxy proxy, Func<Scrape, bool> condition, string what) =>
        Eventually.IsTrue(async () => condition(await Scrape.OfAsync(proxy.MetricsPort)), what);

    /// <summary>Scrapes over and over: no counter may fall. Returns how often it has looked.</summary>
    private static async Task<int> NeverGoesBackAsync(int port, CancellationToken stop)
    {
        int looks = 0;
        Dictionary<string, double> last = [];
        while (!stop.IsCancellationRequested)
        {
            var now = (await Scrape.OfAsync(port)).Samples;
            foreach (var (sample, value) in last)
            {
                if (sample.Contains("_total", StringComparison.Ordinal) || sample.Contains("_count", StringComparison.Ordinal))
                    now[sample].ShouldBeGreaterThanOrEqualTo(value, sample);
            }

            last = now;
            looks++;
        }

        return looks;
    }
}
