using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using UserProxy.FunctionalTests.Cluster;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.FunctionalTests.ClientAddress;

/// <summary>The same in thousands, with figures: for a machine that does nothing else. <see cref="KeepingTests"/> are the small ones of every run.</summary>
[StartsProgram]
public sealed class KeepingScaleTests
{
    private const string Keep = "userproxy.io/client-address: keep";

    [Theory(Explicit = true)]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task TenThousandOfEach_AreSeenAsThemselves(TransportKind transport)
    {
        await using var node = await KeepingNode.CreateAsync();
        node.Declare(
            node.Service("outside", KeepingTests.Local(30001), "", "IPv4", "TCP", node.Routed, node.Bridged),
            node.Service("outside6", KeepingTests.Local(30002), "", "IPv6", "TCP", node.Routed, node.Bridged),
            node.Service("outside-udp", KeepingTests.Local(30003), "", "IPv4", "UDP", node.Routed, node.Bridged),
            node.Service("outside-udp6", KeepingTests.Local(30004), "", "IPv6", "UDP", node.Routed, node.Bridged),
            node.Service("inside", KeepingTests.Inside("10.96.0.1", 30011), Keep, "IPv4", "TCP", node.Routed, node.Bridged),
            node.Service("inside6", KeepingTests.Inside("fd00:96::1", 30012), Keep, "IPv6", "TCP", node.Routed, node.Bridged),
            node.Service("inside-udp", KeepingTests.Inside("10.96.0.3", 30013), Keep, "IPv4", "UDP", node.Routed, node.Bridged),
            node.Service("inside-udp6", KeepingTests.Inside("fd00:96::3", 30014), Keep, "IPv6", "UDP", node.Routed, node.Bridged));
        await node.StartAsync(transport, "--cluster-ips", "on");

        foreach (var (host, address, port) in new[]
        {
            (node.Client, node.Node.Address, 30001), (node.Client, node.Node.Address6, 30002),
            (node.Bridged2, IPAddress.Parse("10.96.0.1"), 80), (node.Bridged2, IPAddress.Parse("fd00:96::1"), 80),
        }) Say(await host.SeeManyAsync(address, port, 10_000), transport, "TCP", host, address);

        foreach (var (host, address, port) in new[]
        {
            (node.Client, node.Node.Address, 30003), (node.Client, node.Node.Address6, 30004),
            (node.Bridged2, IPAddress.Parse("10.96.0.3"), 80), (node.Bridged2, IPAddress.Parse("fd00:96::3"), 80),
        }) Say(await host.SeeManyByDatagramAsync(address, port, 10_000), transport, "UDP", host, address);
    }

    /// <summary>Within a minute, which is how long the Pod's side of a connection may be in TIME_WAIT: the client's ports are nearly used up.</summary>
    [Theory(Explicit = true)]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task SixtyThousandOfOneClient_InAMinute(TransportKind transport)
    {
        await using var node = await KeepingNode.CreateAsync();
        node.Declare(node.Service("web", KeepingTests.Local(30001), "", "IPv4", "TCP", node.Routed));
        await node.StartAsync(transport);
        var sights = new ConcurrentBag<Sight>();
        long began = Stopwatch.GetTimestamp();

        // Ports of its own: the kernel looks ever longer for one that is free.
        await Parallel.ForAsync(2_000, 62_000, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (port, _) =>
        {
            var (sight, socket) = await node.Client.ConnectAsync(node.Node.Address, 30001, port);
            socket.Dispose();
            sights.Add(sight);
        });

        var taken = Stopwatch.GetElapsedTime(began);
        Say(sights, transport, string.Create(CultureInfo.InvariantCulture, $"TCP in {taken.TotalSeconds:0} s"), node.Client, node.Node.Address);
        taken.ShouldBeLessThan(TimeSpan.FromMinutes(1));
    }

    [Theory(Explicit = true)]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task ThousandEndpointChanges_LoseNothing(TransportKind transport)
    {
        await using var node = await KeepingNode.CreateAsync();
        // Flat out for minutes the client has no port left that was not used within the last one.
        await node.Client.RunAsync("sysctl", "-qw", "net.ipv4.tcp_tw_reuse=1");
        string Web(params Host[] pods) => node.Service("web", KeepingTests.Inside("10.96.0.1", 30011), Keep, "IPv4", "TCP", pods);
        node.Declare(Web(node.Routed));
        await node.StartAsync(transport);
        using var stop = new CancellationTokenSource();
        var sights = new List<Sight>();
        var asking = Task.Run(
            async () =>
            {
                while (!stop.IsCancellationRequested) sights.AddRange(await node.Client.SeeManyAsync(node.Node.Address, 30011, 200));
            },
            CancellationToken.None);

        for (int change = 0; change < 1000; change++)
        {
            bool isEven = change % 2 == 0;
            node.Declare(Web(isEven ? [node.Routed, node.Bridged, node.Remote] : [node.Routed, node.Routed2]));
            await Eventually.IsTrue(async () => (await node.UserProxyAsync("list", "-o", "wide", "--admin-socket", node.AdminSocket))
                .Contains(isEven ? "10.244.3.11" : "10.244.1.12", StringComparison.Ordinal), "it is applied");
        }

        await stop.CancelAsync();
        await asking;
        var kept = sights.Where(sight => sight.Pod != "remote").ToList();
        kept.Count.ShouldBeLessThan(sights.Count);
        Say(kept, transport, $"TCP in 1,000 changes ({sights.Count - kept.Count} more to the other node)", node.Client, node.Node.Address);
    }

    private static void Say(IReadOnlyCollection<Sight> sights, TransportKind transport, string what, Host host, IPAddress address)
    {
        int kept = sights.Count(sight => sight.IsKept), withPort = sights.Count(sight => sight.IsWithPort);
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{transport}, {what}, {host.Name} to {address}: {kept} of {sights.Count} kept, {withPort} with their port");
        kept.ShouldBe(sights.Count);
    }
}
