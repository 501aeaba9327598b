using System.Net;
using System.Net.Sockets;
using System.Text;
using UserProxy.FunctionalTests.Cluster;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.FunctionalTests.ClientAddress;

/// <summary>What is added to the node for clients' addresses: when it comes, how it is kept, and that it goes.</summary>
[StartsProgram]
public sealed class KeepingLifeTests
{
    private const string Keep = "userproxy.io/client-address: keep";

    [Fact]
    public async Task ItComesWithTheFirstServiceThatWantsIt_AndGoesAtTheEnd()
    {
        await using var node = await KeepingNode.CreateAsync();
        node.Declare(node.Service("web", KeepingTests.Inside("10.96.0.1", 30011), "", "IPv4", "TCP", node.Routed));
        var run = await node.StartAsync(TransportKind.Epoll);
        (await node.Client.SeeAsync(node.Node.Address, 30011)).IsKept.ShouldBeFalse();
        (await node.LeftAsync()).ShouldBe("");

        node.Declare(node.Service("web", KeepingTests.Inside("10.96.0.1", 30011), Keep, "IPv4", "TCP", node.Routed));

        await Eventually.IsTrue(async () => (await node.Client.SeeAsync(node.Node.Address, 30011)).IsKept, "the client is seen");
        (await node.LeftAsync()).ShouldContain("fwmark 0x20/0x20 lookup 117117");
        await node.StopAsync(run, "TERM");
        (await node.LeftAsync()).ShouldBe("");
    }

    [Fact]
    public async Task Killed_TheNextRunTakesOver_AndCleanupLeavesNothing()
    {
        await using var node = await KeepingNode.CreateAsync();
        await node.Node.RunAsync("nft", "add", "table", "inet", "others");
        node.Declare(node.Service("web", KeepingTests.Local(30001), "", "IPv4", "TCP", node.Routed, node.Bridged));
        var first = await node.StartAsync(TransportKind.Epoll);
        (await node.Client.SeeAsync(node.Node.Address, 30001)).IsKept.ShouldBeTrue();
        await node.StopAsync(first, "KILL");
        (await node.LeftAsync()).ShouldNotBe("");

        var second = await node.StartAsync(TransportKind.Epoll);
        (await node.Client.SeeManyAsync(node.Node.Address, 30001, 50)).ShouldAllBe(sight => sight.IsWithPort || sight.IsKept);
        await node.StopAsync(second, "KILL");
        (await node.UserProxyAsync("cleanup")).ShouldContain("removed");

        (await node.LeftAsync()).ShouldBe("");
        (await node.Node.RunAsync("nft", "list", "tables")).ShouldContain("others");
        (await node.UserProxyAsync("cleanup")).Trim().ShouldBe("nothing to remove");
    }

    [Theory]
    [InlineData("ip rule del pref 118")]
    [InlineData("ip -6 rule del pref 118; ip rule del pref 117")]
    [InlineData("ip route flush table 117117")]
    [InlineData("nft flush ruleset")]
    [InlineData("nft delete chain inet userproxy_clients prerouting")]
    [InlineData("nft flush chain bridge userproxy_clients prerouting")]
    [InlineData("nft 'add table inet userproxy_clients { flags dormant; }'")]
    public async Task WhatOthersRemove_ComesBack(string removal)
    {
        await using var node = await KeepingNode.CreateAsync();
        node.Declare(
            node.Service("web", KeepingTests.Local(30001), "", "IPv4", "TCP", node.Routed),
            node.Service("pods", KeepingTests.Inside("10.96.0.1", 30011), Keep, "IPv4", "TCP", node.Bridged),
            node.Service("web6", KeepingTests.Local(30002), "", "IPv6", "TCP", node.Routed));
        await node.StartAsync(TransportKind.Epoll, "--cluster-ips", "on");
        (await node.Client.SeeAsync(node.Node.Address, 30001)).IsKept.ShouldBeTrue();
        string before = await StateAsync(node);

        await node.Node.RunAsync("sh", "-c", removal);

        await Eventually.IsTrue(async () => await StateAsync(node) == before, "all is as it was");
        // It is said when all of it has been looked at again, and addresses are kept anew.
        await Eventually.IsTrue(() => node.LogOf(1).Contains("[442]", StringComparison.Ordinal), "it is said");
        (await node.Client.SeeManyAsync(node.Node.Address, 30001, 20)).ShouldAllBe(sight => sight.IsKept);
        (await node.Client.SeeManyAsync(node.Node.Address6, 30002, 20)).ShouldAllBe(sight => sight.IsKept);
        (await node.Bridged2.SeeManyAsync(IPAddress.Parse("10.96.0.1"), 80, 20)).ShouldAllBe(sight => sight.IsKept);
    }

    /// <summary>Pods come and go under load: no connection is lost, and each Pod of this node sees its client.</summary>
    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task EndpointChanges_LoseNothing(TransportKind transport)
    {
        await using var node = await KeepingNode.CreateAsync();
        string Web(params Host[] pods) => node.Service("web", KeepingTests.Inside("10.96.0.1", 30011), Keep, "IPv4", "TCP", pods);
        node.Declare(Web(node.Routed));
        await node.StartAsync(transport);
        using var stop = new CancellationTokenSource();
        int changes = 0;
        var changing = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                node.Declare(Web(changes % 2 == 0 ? [node.Routed, node.Bridged, node.Remote] : [node.Routed, node.Routed2]));
                await Eventually.IsTrue(async () => (await node.UserProxyAsync("list", "-o", "wide", "--admin-socket", node.AdminSocket))
                    .Contains(changes % 2 == 0 ? "10.244.3.11" : "10.244.1.12", StringComparison.Ordinal), "it is applied");
                changes++;
            }
        });

        var sights = new List<Sight>();
        while (changes < 6) sights.AddRange(await node.Client.SeeManyAsync(node.Node.Address, 30011, 50));
        await stop.CancelAsync();
        await changing;

        sights.Where(sight => sight.Pod != "remote").ShouldAllBe(sight => sight.IsKept);
    }

    /// <summary>Connections and sessions that are kept go on while another process takes over, and nothing is removed when the first one ends.</summary>
    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task HandedOver_ConnectionsAndSessionsGoOn(TransportKind transport)
    {
        await using var node = await KeepingNode.CreateAsync();
        node.Declare(
            node.Service("web", KeepingTests.Inside("10.96.0.1", 30001), Keep, "IPv4", "TCP", node.Bridged),
            node.Service("udp", KeepingTests.Local(30003), "", "IPv4", "UDP", node.Routed));
        string[] more = ["--cluster-ips", "on", "--drain-timeout", "30s"];
        var first = await node.StartAsync(transport, more);
        var (sight, open) = await node.Bridged2.ConnectAsync(IPAddress.Parse("10.96.0.1"), 80);
        using var stream = open;
        using var datagrams = node.Client.Datagrams(node.Client.Address, 0);
        var before = await datagrams.SeeAsync(node.Node.Address, 30003);
        (sight.IsKept, before.IsWithPort).ShouldBe((true, true));

        await node.StartAsync(transport, more);

        var after = await datagrams.SeeAsync(node.Node.Address, 30003);
        after.Seen.ShouldBe(before.Seen, "the Pod sees one flow");
        (await node.Bridged2.SeeManyAsync(IPAddress.Parse("10.96.0.1"), 80, 20)).ShouldAllBe(each => each.IsKept);
        await EchoAsync(stream);
        stream.Dispose();
        await first.ExitCodeAsync();
        (await node.Client.SeeByDatagramAsync(node.Node.Address, 30003)).IsKept.ShouldBeTrue();
        (await node.Bridged2.SeeManyAsync(IPAddress.Parse("10.96.0.1"), 80, 20)).ShouldAllBe(each => each.IsKept);
    }

    /// <summary>The rules of the one that hands over stay, though the other one cannot have them.</summary>
    [Fact]
    public async Task HandedOver_ToOneWithoutNft_ConnectionsGoOn()
    {
        await using var node = await KeepingNode.CreateAsync();
        node.Declare(node.Service("web", KeepingTests.Local(30001), "", "IPv4", "TCP", node.Routed));
        // With virtual IPs, which need nft as well, they would listen on other addresses each.
        var first = await node.StartAsync(TransportKind.Epoll, "--cluster-ips", "off", "--drain-timeout", "60s");
        var (sight, open) = await node.Client.ConnectAsync(node.Node.Address, 30001);
        using var stream = open;
        sight.IsKept.ShouldBeTrue();

        var second = await node.StartBehindAsync(["env", "PATH=/nonexistent"], TransportKind.Epoll, "--cluster-ips", "off");
        (await node.Client.SeeAsync(node.Node.Address, 30001)).IsKept.ShouldBeFalse();

        await EchoAsync(stream);
        stream.Dispose();
        await first.ExitCodeAsync();
        node.LogOf(1).ShouldNotContain("[442]", Case.Sensitive, "nobody has taken them away");
        (await node.LeftAsync()).ShouldContain("fwmark 0x20/0x20 lookup 117117");
        await node.StopAsync(second, "TERM");
        (await node.LeftAsync()).ShouldNotContain("fwmark");
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task WithoutTheCapability_ServedAsTheNode_AndSaidOnce(TransportKind transport)
    {
        Tool.SkipUnlessInstalled("setpriv");
        await using var node = await KeepingNode.CreateAsync();
        node.Declare(
            node.Service("web", KeepingTests.Local(30001), Keep, "IPv4", "TCP", node.Routed),
            node.Service("two", KeepingTests.Local(30002), "", "IPv4", "TCP", node.Routed));
        var run = await node.StartBehindAsync(["setpriv", "--bounding-set", "-net_admin,-net_raw"], transport);

        (await node.Client.SeeAsync(node.Node.Address, 30001)).IsKept.ShouldBeFalse();

        (await node.ExplainAsync("default/web")).ShouldContain("not kept: binding to clients' addresses is not permitted");
        await node.StopAsync(run, "TERM");
        node.LogOf(1).Split('\n').Count(line => line.Contains("[441]", StringComparison.Ordinal)).ShouldBe(1);
        node.LogOf(1).ShouldNotContain("[443]", Case.Sensitive, "nothing was added");
        (await node.LeftAsync()).ShouldBe("");
    }

    [Fact]
    public async Task WithoutNft_ServedAsTheNode_AndNothingIsHalfThere()
    {
        await using var node = await KeepingNode.CreateAsync();
        node.Declare(node.Service("web", KeepingTests.Local(30001), Keep, "IPv4", "TCP", node.Routed));
        await node.StartBehindAsync(["env", "PATH=/nonexistent"], TransportKind.Epoll);

        (await node.Client.SeeAsync(node.Node.Address, 30001)).IsKept.ShouldBeFalse();

        (await node.ExplainAsync("default/web")).ShouldContain("install the package nftables");
        (await node.LeftAsync()).ShouldBe("");
    }

    /// <summary>Ports are served before nft has been given up, and addresses are kept as soon as it answers.</summary>
    [Fact]
    public async Task NftHangs_ServedAsTheNodeMeanwhile()
    {
        await using var node = await KeepingNode.CreateAsync();
        node.Declare(node.Service("web", KeepingTests.Local(30001), Keep, "IPv4", "TCP", node.Routed));
        string path = await node.HangNftAsync();
        await node.StartBehindAsync(["env", $"PATH={path}"], TransportKind.Epoll, "--cluster-ips", "off");

        (await node.Client.SeeAsync(node.Node.Address, 30001)).IsKept.ShouldBeFalse();
        (await node.ExplainAsync("default/web")).ShouldContain("not kept: ");
        node.ReleaseNft();

        await Eventually.IsTrue(async () => (await node.Client.SeeAsync(node.Node.Address, 30001)).IsKept, "the client is seen");
    }

    /// <summary>A rule is removed while nft hangs: the rule comes back at once, and new connections are served as the node's.</summary>
    [Fact]
    public async Task NftHangsLater_RulesComeBack_ServedAsTheNodeMeanwhile()
    {
        await using var node = await KeepingNode.CreateAsync();
        node.Declare(node.Service("web", KeepingTests.Local(30001), Keep, "IPv4", "TCP", node.Routed));
        string path = await node.HangNftAsync();
        node.ReleaseNft();
        await node.StartBehindAsync(["env", $"PATH={path}"], TransportKind.Epoll, "--cluster-ips", "off");
        await Eventually.IsTrue(async () => (await node.Client.SeeAsync(node.Node.Address, 30001)).IsKept, "the client is seen");
        string before = await node.LeftAsync();
        node.HangNft();

        await node.Node.RunAsync("ip", "rule", "del", "pref", "118");

        await Eventually.IsTrue(async () => await node.LeftAsync() == before, "the rule is back");
        await Eventually.IsTrue(async () => !(await node.Client.SeeAsync(node.Node.Address, 30001)).IsKept, "the node is seen");
        (await node.ExplainAsync("default/web")).ShouldContain("not kept");
        node.ReleaseNft();
        await Eventually.IsTrue(async () => (await node.Client.SeeAsync(node.Node.Address, 30001)).IsKept, "the client is seen again");
    }

    /// <summary>A socket that asked for such an address would get the node's, with a port that the load balancer has chosen.</summary>
    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task ToldAddresses_ThatNameNoSingleHost_AreNotKept(TransportKind transport)
    {
        const string Accept = "userproxy.io/accept-proxy-protocol: 192.0.2.8/32", Accept6 = "userproxy.io/accept-proxy-protocol: \"2001:db8::8/128\"";
        const int TellsPort = 4444;
        await using var node = await KeepingNode.CreateAsync();
        node.Declare(
            node.Service("web", KeepingTests.Local(30001), Accept, "IPv4", "TCP", node.Routed),
            node.Service("web6", KeepingTests.Local(30002), Accept6, "IPv6", "TCP", node.Routed));
        await node.StartAsync(transport);

        var seen = await SeenOfToldAsync(node, node.Node.Address, 30001, $"PROXY TCP4 192.0.2.255 192.0.2.1 {TellsPort} 30001\r\n");
        var seen6 = await SeenOfToldAsync(node, node.Node.Address6, 30002, $"PROXY TCP6 2001:db8:: 2001:db8::1 {TellsPort} 30002\r\n");
        var kept = await SeenOfToldAsync(node, node.Node.Address, 30001, $"PROXY TCP4 203.0.113.7 192.0.2.1 {TellsPort} 30001\r\n");

        (seen.Address, seen6.Address).ShouldBe((IPAddress.Parse("10.244.1.1"), IPAddress.Parse("fd00:244:1::1")));
        seen.Port.ShouldNotBe(TellsPort);
        seen6.Port.ShouldNotBe(TellsPort);
        kept.ShouldBe(new IPEndPoint(IPAddress.Parse("203.0.113.7"), TellsPort));
    }

    /// <summary>HAProxy in front tells the client, which the Pod then sees; and the load balancer's own connections are seen as its own.</summary>
    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task ToldClients_AreKept(TransportKind transport)
    {
        Tool.SkipUnlessInstalled("haproxy");
        await using var node = await KeepingNode.CreateAsync();
        node.Declare(
            node.Service(
                "web", KeepingTests.Local(30001), "userproxy.io/accept-proxy-protocol: 192.0.2.8/32", "IPv4", "TCP", node.Routed, node.Bridged));
        await node.StartAsync(transport);
        string file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, """
            global
              nbthread 1
            defaults
              timeout connect 5s
              timeout client 1m
              timeout server 1m
            listen balancer
              mode tcp
              bind 192.0.2.8:9000
              server target 192.0.2.1:30001 send-proxy-v2

            """);
        await using var haproxy = node.Balancer.StartProgram("haproxy", "-db", "-f", file);
        await Eventually.IsTrue(
            async () => (await node.Balancer.RunAsync("ss", "-Hltn", "sport", "=", ":9000")).Length > 0, "haproxy listens");

        var sights = await node.Client.SeeManyAsync(node.Balancer.Address, 9000, 50);
        var (sight, open) = await node.Client.ConnectAsync(node.Balancer.Address, 9000);

        sights.ShouldAllBe(each => each.IsWithPort);
        string connections = await node.UserProxyAsync("connections", "-o", "json", "--admin-socket", node.AdminSocket);
        open.Dispose();
        connections.ShouldContain($"\"client\": \"{sight.Client}\"");
        connections.ShouldContain("\"toldBy\": \"192.0.2.8:");
        connections.ShouldContain("\"listener\": \"192.0.2.1:30001\"");
        connections.ShouldContain($"\"source\": \"{sight.Seen}\"");
        File.Delete(file);
    }

    /// <summary>Whom the Pod sees when the load balancer has sent this header.</summary>
    private static async Task<IPEndPoint> SeenOfToldAsync(KeepingNode node, IPAddress address, int port, string header)
    {
        byte[] buffer = new byte[256];
        using var deadline = new CancellationTokenSource(Eventually.Patience);
        using var socket = NamespaceThread.Run(node.Balancer.Namespace, () => new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp));
        await socket.ConnectAsync(new IPEndPoint(address, port), deadline.Token);
        await socket.SendAsync(Encoding.ASCII.GetBytes(header), deadline.Token);
        int received = await socket.ReceiveAsync(buffer, deadline.Token);
        return IPEndPoint.Parse(Encoding.ASCII.GetString(buffer, 0, received).Split(' ')[0]);
    }

    private static async Task<string> StateAsync(KeepingNode node) =>
        await node.LeftAsync() + await node.TablesAsync();

    private static async Task EchoAsync(Socket socket)
    {
        byte[] buffer = new byte[16];
        using var deadline = new CancellationTokenSource(Eventually.Patience);
        await socket.SendAsync("still here"u8.ToArray(), deadline.Token);
        (await socket.ReceiveAsync(buffer, deadline.Token)).ShouldBeGreaterThan(0);
    }
}
