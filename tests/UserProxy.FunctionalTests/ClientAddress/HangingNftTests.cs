using System.Diagnostics;
using System.Net;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.FunctionalTests.ClientAddress;

/// <summary>Somebody has the kernel's lock of nftables, and nft does not come back.</summary>
[StartsProgram]
public sealed class HangingNftTests
{
    private const string Keep = "userproxy.io/client-address: keep", Node = "userproxy.io/client-address: node";

    private static readonly IPAddress ClusterIP = IPAddress.Parse("10.96.0.1");

    /// <summary>Ten times what an end takes at most, and half of what it took by waiting.</summary>
    private static readonly TimeSpan LongestEnd = TimeSpan.FromSeconds(20);

    [Theory]
    [InlineData("--cluster-ips", "on")]
    [InlineData("--cluster-ips", "auto")]
    [InlineData("--cluster-ips", "on", "--allow-unguarded")]
    public async Task AtTheStart_NodePortsAreServed_AndVirtualIPsComeWithIt(params string[] more)
    {
        await using var node = await KeepingNode.CreateAsync();
        node.Declare(node.Service("web", KeepingTests.Inside($"{ClusterIP}", 30001), Node, "IPv4", "TCP", node.Routed));
        string path = await node.HangNftAsync();
        var run = await node.StartBehindAsync(["env", $"PATH={path}"], TransportKind.Epoll, more);

        (await node.Client.SeeAsync(node.Node.Address, 30001)).Pod.ShouldBe("routed");
        await Eventually.IsTrue(() => node.LogOf(1).Contains("[432]", StringComparison.Ordinal), "it is said that virtual IPs come later");
        bool isGuarded = !more.Contains("--allow-unguarded");
        if (isGuarded) await Eventually.IsTrue(async () => (await node.StatusAsync()).Contains("(VirtualIPsFailed)", StringComparison.Ordinal), "it is said");
        else (await node.Routed2.SeeAsync(ClusterIP, 80)).Pod.ShouldBe("routed");
        (await node.Node.RunAsync("nft", "list", "tables")).ShouldBe("");
        node.ReleaseNft();

        await Eventually.IsTrue(
            async () => (await node.Node.RunAsync("nft", "list", "tables")).Contains("table inet userproxy", StringComparison.Ordinal), "there is a guard");
        await Eventually.IsTrue(async () => await node.Routed2.AskAsync(ClusterIP, 80) is { } answer && answer.Contains("routed", StringComparison.Ordinal),
            "the virtual IP is served");
        await Eventually.IsTrue(async () => !(await node.StatusAsync()).Contains("VirtualIPsFailed", StringComparison.Ordinal), "it is over");
        await node.StopAsync(run, "TERM");
        (await node.Node.RunAsync("nft", "list", "tables")).ShouldBe("");
    }

    /// <summary>What is not taken back is said, and removed by the command that is named.</summary>
    [Fact]
    public async Task AtTheEnd_WhatIsLeftIsSaid_AndNotWaitedFor()
    {
        await using var node = await KeepingNode.CreateAsync();
        node.Declare(node.Service("web", KeepingTests.Inside($"{ClusterIP}", 30001), Keep, "IPv4", "TCP", node.Routed));
        string path = await node.HangNftAsync();
        node.ReleaseNft();
        var run = await node.StartBehindAsync(["env", $"PATH={path}"], TransportKind.Epoll, "--cluster-ips", "on");
        (await node.Routed2.SeeAsync(ClusterIP, 80)).IsKept.ShouldBeTrue();
        node.HangNft();

        var watch = Stopwatch.StartNew();
        await node.StopAsync(run, "TERM");

        watch.Elapsed.ShouldBeLessThan(LongestEnd);
        string log = node.LogOf(1);
        log.ShouldContain("the tables inet userproxy and arp userproxy are left: nft hangs");
        log.ShouldContain("inet userproxy_clients and bridge userproxy_clients: nft hangs");
        (await node.UserProxyAsync("cleanup")).ShouldContain("removed");
        (await node.Node.RunAsync("nft", "list", "tables")).ShouldBe("");
    }
}
