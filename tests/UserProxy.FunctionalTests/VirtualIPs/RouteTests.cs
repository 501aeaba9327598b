using System.Net;
using UserProxy.FunctionalTests.Support;
using UserProxy.Linux.VirtualIPs;

namespace UserProxy.FunctionalTests.VirtualIPs;

/// <summary>Local routes of virtual IPs, seen by ip(8).</summary>
[Collection(nameof(Alone))]
public sealed class RouteTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Apply_TwentyThousand_AddsAndRemovesThemFast()
    {
        await using var link = await TestLink.CreateAsync();
        await using var ips = await Node.OpenAsync(link.Node);
        HashSet<IPAddress> many = [.. Enumerable.Range(0, 10_000).Select(i => new IPAddress([10, 96, (byte)(i / 250), (byte)((i % 250) + 1)]))];
        var took = new Dictionary<string, TimeSpan> { ["10,000 IPv4"] = await Time(() => ips.ApplyAsync(many, Cancellation)) };
        many.UnionWith(Enumerable.Range(1, 10_000).Select(i => IPAddress.Parse($"fd96::{i:x}")));
        took["10,000 IPv6 more"] = await Time(() => ips.ApplyAsync(many, Cancellation));
        for (int i = 0; i < 10; i++)
        {
            var again = await Time(() => ips.ApplyAsync(many, Cancellation));
            if (i == 0 || again < took["same again"]) took["same again"] = again;
        }

        (await link.Node.OurRoutesAsync()).ToHashSet().SetEquals(many.Select(address => address.ToString())).ShouldBeTrue();
        many.Remove(IPAddress.Parse("10.96.0.1"));
        took["remove one"] = await Time(() => ips.ApplyAsync(many, Cancellation));
        (await link.Node.OurRoutesAsync()).Count.ShouldBe(19_999);
        took["remove all"] = await Time(() => ips.ApplyAsync(new HashSet<IPAddress>(), Cancellation));

        (await link.Node.OurRoutesAsync()).ShouldBeEmpty();
        TestContext.Current.TestOutputHelper?.WriteLine(string.Join(", ", took.Select(pair => $"{pair.Key}: {pair.Value.TotalMilliseconds:0.0} ms")));
        took["same again"].ShouldBeLessThan(took["10,000 IPv4"] / 5, "what is there already is not asked of the kernel");
    }

    [Fact]
    public async Task Apply_AddressThatOthersMadeLocal_IsLeftToThem()
    {
        await using var link = await TestLink.CreateAsync();
        await link.Node.IpAsync("route add local 10.96.0.9/32 dev lo table local proto static");
        var log = new Node.Lines();
        await using var ips = await Node.OpenAsync(link.Node, log: log);

        await ips.ApplyAsync(Node.Addresses("10.96.0.9", "10.96.0.10", "192.0.2.1", "2001:db8::1"), Cancellation);

        (await link.Node.OurRoutesAsync()).ShouldBe(["10.96.0.10"]);
        (await link.Node.NftAsync("list set inet userproxy v4")).ShouldContain("{ 10.96.0.10 }");
        (log.Count("virtual IPs: 3 addresses (first: "), log.Count("are local to this node without us")).ShouldBe((1, 1));
        await ips.ApplyAsync(new HashSet<IPAddress>(), Cancellation);
        (await link.Node.IpAsync("route show table local proto static")).ShouldContain("10.96.0.9");
    }

    [Fact]
    public async Task Apply_SpecialAddresses_AreNotMadeLocal_AndSaidOnce()
    {
        await using var link = await TestLink.CreateAsync();
        var log = new Node.Lines();
        await using var ips = await Node.OpenAsync(link.Node, log: log);

        await ips.ApplyAsync(Node.Addresses("169.254.169.254", "10.96.0.1", "ff02::1"), Cancellation);
        await ips.ApplyAsync(Node.Addresses("169.254.169.254", "10.96.0.2", "ff02::1"), Cancellation);

        (await link.Node.OurRoutesAsync()).ShouldBe(["10.96.0.2"]);
        log.Count("are special").ShouldBe(1);
    }

    [Theory]
    [InlineData("10.96.0.1/32", "-4")]
    [InlineData("fd96::1/128", "-6")]
    public async Task RouteRemovedByOthers_IsBack(string route, string family)
    {
        await using var link = await TestLink.CreateAsync();
        var log = new Node.Lines();
        await using var ips = await Node.OpenAsync(link.Node, log: log);
        await ips.ApplyAsync(Node.Addresses("10.96.0.1", "fd96::1"), Cancellation);

        await link.Node.IpAsync($"{family} route del local {route} dev lo table local");

        await Eventually.IsTrue(() => log.Count("they are back") == 1, "the route is back");
        (await link.Node.OurRoutesAsync()).ShouldBe(["10.96.0.1", "fd96::1"]);
    }

    [Fact]
    public async Task InterfaceTakesTheAddress_OursGivesWay_AndIsBackAfterwards()
    {
        await using var link = await TestLink.CreateAsync();
        var log = new Node.Lines();
        await using var ips = await Node.OpenAsync(link.Node, log: log);
        await ips.ApplyAsync(Node.Addresses("10.96.0.1", "fd96::1"), Cancellation);

        await link.Node.IpAsync("addr add 10.96.0.1/32 dev eth0");
        await Eventually.IsTrue(() => log.Count("are local to this node without us") == 1, "the address is known to be the interface's");
        await ips.ApplyAsync(Node.Addresses("10.96.0.1"), Cancellation);
        (await link.Node.OurRoutesAsync()).ShouldBeEmpty();
        (await link.Node.NftAsync("list set inet userproxy v4")).ShouldNotContain("10.96.0.1");

        await link.Node.IpAsync("addr del 10.96.0.1/32 dev eth0");
        await Eventually.IsTrue(() => log.Count("no longer local") == 1, "the address is free again");
        await Eventually.IsTrue(async () => (await link.Node.OurRoutesAsync()).Count == 1, "it is ours");
        await ips.ApplyAsync(Node.Addresses("10.96.0.1", "10.96.0.2"), Cancellation);
        (await link.Node.OurRoutesAsync()).ShouldBe(["10.96.0.1", "10.96.0.2"], ignoreOrder: true);
    }

    [Fact]
    public async Task NextRun_TakesOverWhatTheLastLeft()
    {
        await using var link = await TestLink.CreateAsync();
        await using (var first = await Node.OpenAsync(link.Node)) await first.ApplyAsync(Node.Addresses("10.96.0.1", "10.96.0.2", "fd96::1"), Cancellation);
        (await link.Node.OurRoutesAsync()).Count.ShouldBe(3);

        await using var second = await Node.OpenAsync(link.Node);
        // Guarded before anybody asks: the routes are there already.
        (await link.Node.NftAsync("list set inet userproxy v4")).ShouldContain("10.96.0.1");
        await second.ApplyAsync(Node.Addresses("10.96.0.2", "10.96.0.3"), Cancellation);

        (await link.Node.OurRoutesAsync()).ShouldBe(["10.96.0.2", "10.96.0.3"], ignoreOrder: true);
        (await link.Node.NftAsync("list set inet userproxy v4")).ShouldNotContain("10.96.0.1");
    }

    [Fact]
    public async Task SecondOwner_IsRefused_UntilTheFirstIsGone()
    {
        await using var link = await TestLink.CreateAsync();
        await using (await Node.OpenAsync(link.Node))
        {
            var second = await Node.TryOpenAsync(link.Node);
            second.Obstacle.ShouldBe(VirtualIPObstacle.InUse);
            second.Reason.ShouldContain("stop it first");
        }

        await using var third = await Node.OpenAsync(link.Node);
    }

    [Fact]
    public async Task BeforeTheFirstApply_WhatTheLastRunLeft_Stays()
    {
        await using var link = await TestLink.CreateAsync();
        await using (var first = await Node.OpenAsync(link.Node)) await first.ApplyAsync(Node.Addresses("10.96.0.1"), Cancellation);
        var log = new Node.Lines();
        await using var second = await Node.OpenAsync(link.Node, Node.Options(link.Node) with { RecheckInterval = TimeSpan.FromMilliseconds(20) }, log);

        // A repair of the guard shows that a check of everything has been made.
        await link.Node.NftAsync("flush ruleset");
        await Eventually.IsTrue(() => log.Count("rules of the guard") == 1, "a check was made");
        await link.Node.NftAsync("flush ruleset");
        await Eventually.IsTrue(() => log.Count("rules of the guard") == 2, "and another");

        (await link.Node.OurRoutesAsync()).ShouldBe(["10.96.0.1"]);
    }

    /// <summary>More changes at once than the kernel keeps for us to read.</summary>
    [Fact]
    public async Task AllRoutesFlushedByOthers_AreBack()
    {
        await using var link = await TestLink.CreateAsync();
        await using var ips = await Node.OpenAsync(link.Node);
        HashSet<IPAddress> many = [.. Enumerable.Range(0, 10_000).Select(i => new IPAddress([10, 97, (byte)(i / 250), (byte)(i % 250)]))];
        await ips.ApplyAsync(many, Cancellation);

        await link.Node.IpAsync("-4 route flush table local proto 117");

        await Eventually.IsTrue(async () => (await link.Node.OurRoutesAsync()).Count == 10_000, "all are back");
    }

    /// <summary>IPv6 takes no route over an interface that is down; IPv4 does.</summary>
    [Fact]
    public async Task LoopbackGoesDown_IsReportedOnce_AndTheRoutesComeBackWithIt()
    {
        await using var link = await TestLink.CreateAsync();
        var log = new Node.Lines();
        await using var ips = await Node.OpenAsync(link.Node, Node.Options(link.Node) with { RecheckInterval = TimeSpan.FromMilliseconds(50) }, log);
        await ips.ApplyAsync(Node.Addresses("10.96.0.1", "fd96::1"), Cancellation);

        await link.Node.IpAsync("link set lo down");
        await Eventually.IsTrue(() => log.Count("not as they should be") == 1, "it is reported");
        (await Should.ThrowAsync<IOException>(async () => await ips.ApplyAsync(Node.Addresses("fd96::1"), Cancellation))).Message.ShouldContain(
            "ip link set lo up");
        await link.Node.IpAsync("link set lo up");

        await Eventually.IsTrue(() => log.Count("as they should be again") == 1, "it is over");
        (await link.Node.OurRoutesAsync()).ShouldBe(["fd96::1"]);
        log.Count("not as they should be").ShouldBeInRange(1, 2);
        log.Count("fd96::1); they are back").ShouldBe(0);
    }

    private static async Task<TimeSpan> Time(Func<ValueTask> work)
    {
        long start = TimeProvider.System.GetTimestamp();
        await work();
        return TimeProvider.System.GetElapsedTime(start);
    }
}
