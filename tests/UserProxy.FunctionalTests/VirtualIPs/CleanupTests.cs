using UserProxy.FunctionalTests.Support;
using UserProxy.Linux.Netlink;

namespace UserProxy.FunctionalTests.VirtualIPs;

/// <summary><c>userproxy cleanup</c> as a process inside the node.</summary>
public sealed class CleanupTests
{
    private static readonly string[] UserProxy = [Path.Combine(AppContext.BaseDirectory, "userproxy")];

    [Fact]
    public async Task AfterSigkill_EverythingIsRemoved_AndTheSecondTimeNothing()
    {
        await using var link = await TestLink.CreateAsync();
        await link.Node.IpAsync("route add local 10.96.9.9/32 dev lo table local proto static");
        await link.Node.NftAsync("add table inet others");
        string test = $"{typeof(CleanupTests).FullName}.{nameof(Child_AppliesAndWaitsToBeKilled)}";
        await using (var child = Tool.Start("ip", [.. Enter(link.Node), Path.Combine(AppContext.BaseDirectory, "UserProxy.FunctionalTests"), "-explicit", "only", "-method", test]))
        {
            await Eventually.IsTrue(async () => (await link.Node.OurRoutesAsync()).Count == 2, "the child has applied");
            await child.SignalAsync("KILL");
            await child.ExitCodeAsync(TestHost.Patience);
        }

        (await link.Node.OurRoutesAsync()).Count.ShouldBe(2);

        (await Tool.RunAsync("ip", [.. Enter(link.Node), .. UserProxy, "cleanup"])).Trim().ShouldBe("removed 2 routes and 2 nftables tables");

        (await link.Node.OurRoutesAsync()).ShouldBeEmpty();
        (await link.Node.NftAsync("list tables")).Trim().ShouldBe("table inet others");
        (await link.Node.IpAsync("route show table local proto static")).ShouldContain("10.96.9.9");
        (await Tool.RunAsync("ip", [.. Enter(link.Node), .. UserProxy, "cleanup"])).Trim().ShouldBe("nothing to remove");
    }

    /// <summary>Run by the case above in a process of its own, never by itself.</summary>
    [Fact(Explicit = true)]
    public async Task Child_AppliesAndWaitsToBeKilled()
    {
        var opening = await Linux.Netlink.VirtualIPs.OpenAsync(new VirtualIPOptions(), new Node.Lines(), TimeProvider.System, CancellationToken.None);
        await opening.Opened.ShouldNotBeNull(opening.Reason).ApplyAsync(Node.Addresses("10.96.0.1", "fd96::1"), CancellationToken.None);
        await Task.Delay(TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task WithoutTheRight_SaysWhatIsMissingAndExits1()
    {
        Tool.SkipUnlessInstalled("setpriv");
        await using var link = await TestLink.CreateAsync();
        await using (var ips = await Node.OpenAsync(link.Node)) await ips.ApplyAsync(Node.Addresses("10.96.0.1"), CancellationToken.None);

        var failure = await Should.ThrowAsync<InvalidOperationException>(() => Tool.RunAsync("ip", [.. Enter(link.Node), .. Unprivileged, .. UserProxy, "cleanup"]));

        failure.Message.ShouldContain("exited with 1");
        failure.Message.ShouldContain("1 of 1 routes are still there");
        failure.Message.ShouldContain("CAP_NET_ADMIN");
        failure.Message.ShouldContain("nothing removed");
        (await link.Node.OurRoutesAsync()).ShouldBe(["10.96.0.1"]);
    }

    [Fact]
    public async Task WithoutTheRight_OpeningNamesTheCapability_AndLeavesNoTrace()
    {
        Tool.SkipUnlessInstalled("setpriv");
        await using var link = await TestLink.CreateAsync();
        string test = $"{typeof(CleanupTests).FullName}.{nameof(Child_AppliesAndWaitsToBeKilled)}";

        var failure = await Should.ThrowAsync<InvalidOperationException>(() => Tool.RunAsync(
            "ip", [.. Enter(link.Node), .. Unprivileged, Path.Combine(AppContext.BaseDirectory, "UserProxy.FunctionalTests"), "-explicit", "only", "-method", test]));

        failure.Message.ShouldContain("CAP_NET_ADMIN");
        (await link.Node.NftAsync("list tables")).ShouldBeEmpty();
        (await link.Node.OurRoutesAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task WithoutNft_RoutesAreRemoved_AndTheRestIsSaid()
    {
        await using var link = await TestLink.CreateAsync();
        await using (var ips = await Node.OpenAsync(link.Node)) await ips.ApplyAsync(Node.Addresses("10.96.0.1"), CancellationToken.None);

        var result = await link.Node.Inside(() => VirtualIPCleanup.RunAsync(force: false, ["/nonexistent/nft"]));

        result.Routes.ShouldBe(1);
        result.Problems.ShouldBeEmpty();
        result.Notes.ShouldHaveSingleItem().ShouldContain("install the package nftables");
        (await link.Node.OurRoutesAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task WhileARunIsActive_RefusesUnlessForced_AndTheRunPutsThemBack()
    {
        await using var link = await TestLink.CreateAsync();
        var log = new Node.Lines();
        await using var ips = await Node.OpenAsync(link.Node, Node.Options(link.Node) with { RecheckInterval = TimeSpan.FromMilliseconds(50) }, log);
        await ips.ApplyAsync(Node.Addresses("10.96.0.1"), CancellationToken.None);

        var refused = await Should.ThrowAsync<InvalidOperationException>(() => Tool.RunAsync("ip", [.. Enter(link.Node), .. UserProxy, "cleanup"]));
        refused.Message.ShouldContain("exited with 1");
        refused.Message.ShouldContain("stop it first, or give --force");
        log.Count("they are back").ShouldBe(0);

        (await Tool.RunAsync("ip", [.. Enter(link.Node), .. UserProxy, "cleanup", "--force"])).ShouldContain("removed 1 route and ");
        await Eventually.IsTrue(() => log.Count("local routes (first: 10.96.0.1); they are back") > 0 && log.Count("rules of the guard") > 0, "all is back");
    }

    private static string[] Unprivileged => ["setpriv", "--bounding-set", "-net_admin", "--inh-caps", "-net_admin", "--"];

    private static string[] Enter(TestHost host) => ["netns", "exec", host.Name];
}
