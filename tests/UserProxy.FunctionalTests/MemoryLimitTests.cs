using System.Net.Sockets;
using UserProxy.FunctionalTests.Backends;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.FunctionalTests;

/// <summary>The executable and slow readers in both directions: what a stalled connection costs it, and a limit of memory that it must not run into.</summary>
[Collection(nameof(Alone))]
[StartsProgram]
public sealed class MemoryLimitTests
{
    private const int Length = 512 * 1024;

    /// <summary>Each may hold 64 KiB a direction, and hundreds of them more than the whole heap may have.</summary>
    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task HeapOf32Megabytes_HundredsOfSlowReaders_LivesServesAndLosesNoByte(TransportKind transport)
    {
        // What the first leave is enough for the others, who get nothing kept.
        int clients = transport == TransportKind.Sockets ? 350 : 500;
        await using var pairs = new StallingPairs(Length);
        await using var proxy = RunningProxy.Start(transport, pairs.Backend, TimeSpan.FromSeconds(1), "env", "DOTNET_GCHeapHardLimit=2000000");
        await proxy.ListensAsync();
        for (int i = 0; i < clients; i++) await pairs.ConnectAsync(proxy.Port);

        // All that may be kept is, within a buffer.
        await UntilHeldAsync(proxy, limit => (limit / 2) - (64 * 1024));
        var scrape = await Scrape.OfAsync(proxy.MetricsPort);
        scrape.Sum("userproxy_memory_limit_bytes").ShouldBe(16 * 1024 * 1024);
        // The half, a buffer for each thread, and connections that came when it was full; on a busy machine there are reads that have not come to their end.
        await Eventually.IsTrue(
            async () => (await Scrape.OfAsync(proxy.MetricsPort)).Sum("userproxy_memory_held_bytes") < 15 * 1024 * 1024, "no more is kept");
        await pairs.ConnectAsync(proxy.Port);

        (await pairs.ReadOnAsync()).ShouldBe(clients + 1);
        await Eventually.IsTrue(() => pairs.RightAtBackend == clients + 1, "the servers have got everything");
        await Eventually.IsTrue(async () => (await Scrape.OfAsync(proxy.MetricsPort)).Sum("userproxy_memory_held_bytes") == 0, "all has been given back");
        proxy.Process.HasExited.ShouldBeFalse();
    }

    /// <summary>The kernel counts the sockets of idle connections against the limit of a container, and kills what is over it.</summary>
    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task ContainerOf64Megabytes_MoreIdleConnectionsThanFit_AreRefusedAndTheOthersServed(TransportKind transport)
    {
        const int clients = 6000;
        using var group = MemoryGroup.Create(64 << 20);
        await using var echo = Backend.Echo();
        await using var proxy = RunningProxy.Start(transport, echo, TimeSpan.Zero, group.Prefix);
        await proxy.ListensAsync();
        var idle = new List<Peer>();
        for (int i = 0; i < clients; i++)
        {
            try
            {
                idle.Add(await proxy.ConnectAsync());
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
            {
                // Refused before connect(2) has returned.
            }
        }

        await Eventually.IsTrue(
            async () => (await Scrape.OfAsync(proxy.MetricsPort)).Sum("userproxy_connections_closed_total", "limit") > clients / 10, "the last are refused");
        (await idle[0].AskAsync("hello")).ShouldBe("hello");
        proxy.Process.HasExited.ShouldBeFalse();
        foreach (var client in idle) client.Dispose();
        await Eventually.IsTrue(async () => (await Scrape.OfAsync(proxy.MetricsPort)).Sum("userproxy_memory_held_bytes") == 0, "all has been given back");
    }

    /// <summary>Resident memory that the connections have added, by the kernel's account.</summary>
    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task StalledBothWays_HoldBoundedMemory(TransportKind transport)
    {
        const int warmUp = 30, clients = 600;
        await using var pairs = new StallingPairs(Length);
        // The collector's first generation is else as large as the processor's last cache, which tells of the machine.
        await using var proxy = RunningProxy.Start(transport, pairs.Backend, TimeSpan.FromSeconds(1), "env", "DOTNET_GCgen0size=400000");
        await proxy.ListensAsync();
        for (int i = 0; i < warmUp; i++) await pairs.ConnectAsync(proxy.Port);
        await UntilStillAsync(proxy);
        double before = await ResidentAsync(proxy);

        for (int i = 0; i < clients; i++) await pairs.ConnectAsync(proxy.Port);
        await UntilStillAsync(proxy);
        double each = (await ResidentAsync(proxy) - before) / clients;

        TestContext.Current.TestOutputHelper?.WriteLine($"{each / 1024:0.0} KiB a connection");
        each.ShouldBeLessThan(128 * 1024, $"{each / 1024:0.0} KiB a connection");
    }

    private static Task<TimeSpan> UntilHeldAsync(RunningProxy proxy, Func<double, double> enough) => Eventually.IsTrue(
        async () =>
        {
            var scrape = await Scrape.OfAsync(proxy.MetricsPort);
            return scrape.Sum("userproxy_memory_held_bytes") >= enough(scrape.Sum("userproxy_memory_limit_bytes")!.Value);
        },
        "enough is kept");

    /// <summary>Returns when nothing has been moved between two looks.</summary>
    private static async Task UntilStillAsync(RunningProxy proxy)
    {
        double last = -1;
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(500));
        await Eventually.IsTrue(
            async () =>
            {
                await pace.WaitForNextTickAsync();
                double moved = (await Scrape.OfAsync(proxy.MetricsPort)).Sum("userproxy_bytes_total")!.Value;
                bool still = moved == last;
                last = moved;
                return still;
            },
            "nothing moves");
    }

    private static async Task<double> ResidentAsync(RunningProxy proxy) =>
        (await Scrape.OfAsync(proxy.MetricsPort)).Sum("process_resident_memory_bytes")!.Value;
}
