using System.Net;
using UserProxy.FunctionalTests.Support;
using UserProxy.Serving;

namespace UserProxy.FunctionalTests;

/// <summary>The executable under a low limit of descriptors: whatever clients open, what the process needs for itself is left.</summary>
[StartsProgram]
[Collection(nameof(Alone))]
public sealed class DescriptorShareTests
{
    /// <summary>What .NET does without a descriptor is to abort: nobody may be able to take the last ones.</summary>
    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task SixHundredDescriptors_ClientsHaveAllTheyCan_TheProcessLivesAndAnswers(TransportKind transport)
    {
        const int limit = 600;
        Tool.SkipUnlessInstalled("prlimit");
        await using var pairs = new StallingPairs(4 * 1024 * 1024);
        await using var proxy = RunningProxy.Start(transport, pairs.Backend, TimeSpan.Zero, "prlimit", "--nofile=600:600");
        await proxy.ListensAsync();
        // Bulk that is spliced into pipes, and then as many clients as there is room for and more.
        for (int i = 0; i < 40; i++) await pairs.ConnectAsync(proxy.Port);
        var crowd = new List<Peer>();
        for (int i = 0; i < 300; i++) crowd.Add(await proxy.ConnectAsync());
        for (int i = 0; i < 150; i++)
        {
            crowd.Add(await Peer.ConnectAsync(new IPEndPoint(IPAddress.Loopback, proxy.HealthPort)));
            crowd.Add(await Peer.ConnectAsync(new IPEndPoint(IPAddress.Loopback, proxy.MetricsPort)));
        }

        for (int i = 0; i < 20; i++)
        {
            var scrape = await Scrape.OfAsync(proxy.MetricsPort);
            scrape.Sum("process_open_fds")!.Value.ShouldBeInRange(limit / 2, limit - DescriptorBudget.Untouchable);
            scrape.Sum("userproxy_accept_paused_total")!.Value.ShouldBeGreaterThan(0);
        }

        proxy.Process.HasExited.ShouldBeFalse();
        foreach (var client in crowd) client.Dispose();
    }
}
