using System.Net;
using UserProxy.FunctionalTests.Cluster;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.FunctionalTests.ClientAddress;

/// <summary>Endpoints of this node see their clients' own addresses, wherever these come from; all others see the node.</summary>
[StartsProgram]
public sealed class KeepingTests
{
    private const string Keep = "userproxy.io/client-address: keep";

    private static readonly IPAddress ClusterIP = IPAddress.Parse("10.96.0.1"), ClusterIP6 = IPAddress.Parse("fd00:96::1");

    /// <summary>Netfilter on bridges, strict checks of sources, and what WireGuard sets: none of it changes anything.</summary>
    private const string HardNode =
        "sysctl -qw net.bridge.bridge-nf-call-iptables=1 net.bridge.bridge-nf-call-ip6tables=1 net.ipv4.conf.all.rp_filter=1 "
            + "net.ipv4.conf.all.src_valid_mark=1";

    private const string PlainNode = "sysctl -qw net.bridge.bridge-nf-call-iptables=0 net.bridge.bridge-nf-call-ip6tables=0 net.ipv4.conf.all.rp_filter=0";

    public static TheoryData<TransportKind, bool> Everywhere { get; } = new(
        from row in Transports.All
        from isHard in new[] { false, true }
        select new TheoryDataRow<TransportKind, bool>(row.Data, isHard) { Skip = row.Skip });

    [Theory]
    [MemberData(nameof(Everywhere))]
    public async Task EveryClient_IsSeenAsItself(TransportKind transport, bool isHard)
    {
        await using var node = await KeepingNode.CreateAsync();
        try
        {
            await node.Node.RunAsync("sh", "-c", isHard ? HardNode : PlainNode);
        }
        catch (InvalidOperationException e)
        {
            Assert.Skip($"br_netfilter is not there: {e.Message}");
        }

        // The first three by default, as Kubernetes promises; the others as they say.
        node.Declare(
            node.Service("outside", Local(30001), "", "IPv4", "TCP", node.Routed, node.Bridged),
            node.Service("outside6", Local(30002), "", "IPv6", "TCP", node.Routed, node.Bridged),
            node.Service("outside-udp", Local(30003), "", "IPv4", "UDP", node.Routed, node.Bridged),
            node.Service("routed", Inside("10.96.0.1", 30011), Keep, "IPv4", "TCP", node.Routed),
            node.Service("bridged", Inside("10.96.0.2", 30012), Keep, "IPv4", "TCP", node.Bridged),
            node.Service("bridged-udp", Inside("10.96.0.3", 30013), Keep, "IPv4", "UDP", node.Bridged),
            node.Service("routed6", Inside("fd00:96::1", 30014), Keep, "IPv6", "TCP", node.Routed),
            node.Service("bridged6", Inside("fd00:96::2", 30015), Keep, "IPv6", "TCP", node.Bridged),
            node.Service("udp6", Inside("fd00:96::3", 30016), Keep, "IPv6", "UDP", node.Routed, node.Bridged));
        await node.StartAsync(transport, "--cluster-ips", "on");

        foreach (var (host, address, port) in new[]
        {
            (node.Client, node.Node.Address, 30001), (node.Client, node.Node.Address6, 30002), (node.Routed2, ClusterIP, 80), (node.Bridged2, ClusterIP, 80),
            (node.Routed2, IPAddress.Parse("10.96.0.2"), 80), (node.Bridged2, IPAddress.Parse("10.96.0.2"), 80), (node.Routed2, ClusterIP6, 80),
            (node.Bridged2, ClusterIP6, 80), (node.Bridged2, IPAddress.Parse("fd00:96::2"), 80),
        })
        {
            var sights = await host.SeeManyAsync(address, port, 100);
            sights.ShouldAllBe(sight => sight.IsWithPort, $"{host.Name} to {address}");
        }

        foreach (var (host, address, port) in new[]
        {
            (node.Client, node.Node.Address, 30003), (node.Routed2, IPAddress.Parse("10.96.0.3"), 80), (node.Bridged2, IPAddress.Parse("10.96.0.3"), 80),
            (node.Bridged2, IPAddress.Parse("fd00:96::3"), 80), (node.Client, node.Node.Address6, 30016),
        })
        {
            for (int i = 0; i < 10; i++) (await host.SeeByDatagramAsync(address, port)).IsWithPort.ShouldBeTrue($"{host.Name} to {address}");
        }
    }

    /// <summary>A stand-in for a NetworkPolicy.</summary>
    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task RuleByClient_InThePod_DecidesRightly(TransportKind transport)
    {
        await using var node = await KeepingNode.CreateAsync();
        node.Declare(node.Service("web", Inside("10.96.0.1", 30011), Keep, "IPv4", "TCP", node.Routed));
        await node.StartAsync(transport);
        await node.Routed.RunAsync(
            "nft", "table inet pods { chain in { type filter hook input priority 0; "
                + "tcp dport 8080 ip saddr != { 192.0.2.7, 10.244.1.12 } reject with tcp reset; }; }");

        (await node.Client.SeeManyAsync(node.Node.Address, 30011, 50)).ShouldAllBe(sight => sight.IsKept);
        (await node.Routed2.SeeManyAsync(ClusterIP, 80, 50)).ShouldAllBe(sight => sight.IsKept);
        (await node.Balancer.AskAsync(node.Node.Address, 30011)).ShouldBe(Host.Reset, "another host outside");
        (await node.Bridged.AskAsync(ClusterIP, 80)).ShouldBe(Host.Reset, "another Pod");
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task RemoteEndpoints_SeeTheNode_AMixedSetDoesBoth(TransportKind transport)
    {
        await using var node = await KeepingNode.CreateAsync();
        node.Declare(
            node.Service("mixed", Inside("10.96.0.1", 30011), Keep, "IPv4", "TCP", node.Routed, node.Remote),
            node.Service("udp", Inside("10.96.0.2", 30012), Keep, "IPv4", "UDP", node.Remote));
        await node.StartAsync(transport);

        var sights = await node.Client.SeeManyAsync(node.Node.Address, 30011, 100);

        sights.Where(sight => sight.Pod == "routed").ShouldAllBe(sight => sight.IsWithPort);
        sights.Where(sight => sight.Pod == "remote").ShouldAllBe(sight => sight.Seen.Address.Equals(node.Node.Address));
        sights.Select(sight => sight.Pod).Distinct().Count().ShouldBe(2);
        (await node.Client.SeeByDatagramAsync(node.Node.Address, 30012)).Seen.Address.ShouldBe(node.Node.Address);
        string said = string.Join(' ', (await node.ExplainAsync("default/mixed")).Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries));
        said.ShouldContain("client address kept: the endpoint is on this node");
        said.ShouldContain("client address not kept: 192.0.2.2 answers by another way, as it is not on this node");
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task WhoCannotBeKept_IsServedAsTheNode(TransportKind transport)
    {
        await using var node = await KeepingNode.CreateAsync();
        node.Declare(
            node.Service("web", Inside("10.96.0.1", 30011), Keep, "IPv4", "TCP", node.Routed),
            node.Service("host", Inside("10.96.0.2", 30012), Keep, "IPv4", "TCP", node.Node),
            node.Service("plain", Local(30013), "userproxy.io/client-address: node", "IPv4", "TCP", node.Routed),
            node.Service("six", Local(30014), Keep, "IPv6", "TCP", node.Routed));
        await node.StartAsync(transport, "--cluster-ips", "on");

        foreach (var (host, address, port, why) in new[]
        {
            (node.Routed, ClusterIP, 80, "the endpoint is the client"), (node.Node, ClusterIP, 80, "the client is the node, at a virtual IP"),
            (node.Node, node.Node.Address, 30011, "the client is the node"), (node.Node, IPAddress.Loopback, 30011, "loopback"),
            (node.Client, node.Node.Address, 30012, "the endpoint is in the node's network"), (node.Client, node.Node.Address, 30013, "the setting says node"),
        })
        {
            string answer = await host.AskAsync(address, port);
            answer.ShouldNotBeOneOf([Host.Refused, Host.Reset, Host.Silence], why);
            var sight = await host.SeeAsync(address, port);
            bool isOfNode = sight.Seen.Address.Equals(node.Node.Address) || sight.Seen.Address.Equals(IPAddress.Parse("10.244.1.1"));
            isOfNode.ShouldBeTrue($"{why}: {sight.Seen}");
        }

        (await node.ExplainAsync("default/web", "--from", "10.244.1.11")).ShouldContain("the endpoint is the client itself");
        (await node.ExplainAsync("default/web", "--from", "192.0.2.1")).ShouldContain("the client is this node");
        // The broadcast address of a link, and the anycast one of its routers.
        (await node.ExplainAsync("default/web", "--from", "192.0.2.255")).ShouldContain("the client's address names no single host");
        (await node.ExplainAsync("default/six", "--from", "2001:db8::")).ShouldContain("the client's address names no single host");
    }

    /// <summary>A client may use one port towards several addresses of a Service at a time: the Pod must see two connections.</summary>
    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task OnePortOfAClient_ToTwoNodePortsOfOnePod_IsTwoConnections(TransportKind transport)
    {
        await using var node = await KeepingNode.CreateAsync();
        node.Declare(
            node.Service("one", Local(30001), "", "IPv4", "TCP", node.Routed), node.Service("two", Local(30002), "", "IPv4", "TCP", node.Routed));
        await node.StartAsync(transport);

        // One port of the kernel's range, and one outside of it.
        foreach (int own in new[] { 40123, 20123 })
        {
            var (first, open) = await node.Client.ConnectAsync(node.Node.Address, 30001, own);
            using (open)
            {
                var (second, other) = await node.Client.ConnectAsync(node.Node.Address, 30002, own);
                using (other)
                {
                    first.IsWithPort.ShouldBeTrue();
                    (second.IsKept, second.IsWithPort).ShouldBe((true, false));
                }
            }
        }
    }

    /// <summary>The same of UDP: two sessions with one port would get each other's answers.</summary>
    [Fact]
    public async Task OnePortOfAClientOfUdp_ToTwoNodePortsOfOnePod_IsTwoSessions()
    {
        await using var node = await KeepingNode.CreateAsync();
        node.Declare(
            node.Service("one", Local(30003), "", "IPv4", "UDP", node.Routed), node.Service("two", Local(30004), "", "IPv4", "UDP", node.Routed));
        await node.StartAsync(TransportKind.Epoll);
        using var client = node.Client.Datagrams(node.Client.Address, 40123);

        var first = await client.SeeAsync(node.Node.Address, 30003);
        var second = await client.SeeAsync(node.Node.Address, 30004);

        (first.IsKept, first.IsWithPort).ShouldBe((true, true));
        (second.IsKept, second.IsWithPort).ShouldBe((true, false));
        (await client.SeeAsync(node.Node.Address, 30003)).IsWithPort.ShouldBeTrue("the first goes on");
    }

    /// <summary>
    /// A port that somebody may want to listen on is no session's, whichever the client has chosen: none outside of the kernel's range, and no reserved one.
    /// </summary>
    [Theory]
    [InlineData(123)]
    [InlineData(20123)]
    [InlineData(40123)]
    public async Task PortOfAClientOfUdp_CanBeListenedOn(int own)
    {
        await using var node = await KeepingNode.CreateAsync();
        await node.Node.RunAsync("sysctl", "-qw", "net.ipv4.ip_local_reserved_ports=40120-40125");
        node.Declare(node.Service("udp", Local(30003), "", "IPv4", "UDP", node.Routed));
        await node.StartAsync(TransportKind.Epoll);
        using var client = node.Client.Datagrams(node.Client.Address, own);

        var sight = await client.SeeAsync(node.Node.Address, 30003);

        (sight.IsKept, sight.IsWithPort).ShouldBe((true, false));
        node.Node.Datagrams(IPAddress.Any, own).Dispose();
    }

    /// <summary>Ports that clients have used, and that are in TIME_WAIT towards the Pod, are no use to anybody else, and no harm.</summary>
    [Fact]
    public async Task ThousandsOfConnections_OfOneClient_AreAllSeenAsItself_AndTheNodeKeepsItsPorts()
    {
        await using var node = await KeepingNode.CreateAsync();
        await node.Node.RunAsync("sysctl", "-qw", "net.ipv4.ip_local_port_range=40000 41999");
        node.Declare(node.Service("web", Local(30001), "", "IPv4", "TCP", node.Routed));
        await node.StartAsync(TransportKind.Epoll);

        var sights = await node.Client.SeeManyAsync(node.Node.Address, 30001, 4000);

        sights.Count.ShouldBe(4000);
        sights.ShouldAllBe(sight => sight.IsKept);
        // A program of the node still gets a port, whatever clients use.
        (await node.Node.SeeAsync(node.Remote.Address, SeeingPod.Port)).Pod.ShouldBe("remote");
    }

    internal static string Local(int nodePort) => $"type: NodePort, externalTrafficPolicy: Local, ports: [{{PORTS, nodePort: {nodePort}}}]";

    internal static string Inside(string clusterIP, int nodePort) =>
        $"type: NodePort, clusterIP: \"{clusterIP}\", clusterIPs: [\"{clusterIP}\"], ports: [{{PORTS, nodePort: {nodePort}}}]";
}
