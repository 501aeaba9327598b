using System.Net;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.FunctionalTests;

/// <summary>What leads back to where it came from comes to an end, seen from the node or not.</summary>
[Collection(nameof(Alone))]
[StartsProgram]
public sealed class LoopTests
{
    private const int PortA = 30501, PortB = 30601;

    /// <summary>A packet of Linux may take so many hops (net.ipv4.ip_default_ttl, conf.all.hop_limit); each proxy takes one.</summary>
    private const int Hops = 64;

    /// <summary>
    /// An address that no interface has, and that is the node's all the same: <c>ip route add local</c>. What was one client took every descriptor.
    /// </summary>
    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task EndpointIsOwnNodePortByARouteAlone_IsRefusedAndSaid(TransportKind transport)
    {
        await using var link = await TestLink.CreateAsync();
        await link.Node.IpAsync("route add local 198.51.100.0/24 dev lo");
        await link.Node.IpAsync("-6 route add local 2001:db8:9::/64 dev lo");
        await using var node = await LoopingNode.StartAsync(
            transport, link.Node, PortA, IPAddress.Parse("198.51.100.7"), IPAddress.Parse("2001:db8:9::7"), PortA);
        int before = node.Descriptors;

        (await node.ConnectAsync(new IPEndPoint(link.Node.Four, PortA))).ShouldBe(StreamEnd.Reset);
        (await node.ConnectAsync(new IPEndPoint(link.Node.Six, PortA + 1))).ShouldBe(StreamEnd.Reset);
        node.Send(new IPEndPoint(link.Node.Four, PortA));
        node.Send(new IPEndPoint(link.Node.Six, PortA + 1));

        Scrape? scrape = null;
        await Eventually.IsTrue(
            async () => DroppedInLoops(scrape = await node.ScrapeAsync()) == 2 && scrape.Sum("userproxy_connections_closed_total", "reason=\"loop\"") == 2,
            "both datagrams and both connections have ended");
        foreach (string service in new[] { "four", "six" })
        {
            scrape!.Sum("userproxy_connections_closed_total", $"service=\"{service}\",port=\"t\"").ShouldBe(1);
            scrape.Sum("userproxy_connect_failures_total", $"service=\"{service}\",port=\"t\",protocol=\"TCP\",reason=\"loop\"").ShouldBe(1);
        }

        scrape!.Sum("userproxy_datagrams_total", "direction=\"in\"").ShouldBe(0);
        // The scrape's own connection, and one that waits for its next.
        node.Descriptors.ShouldBeLessThan(before + 5);
        await Eventually.IsTrue(() => SaidOf(node) == 4, "it is said once for each port");
    }

    /// <summary>Neither node can see it; the bound on hops ends it.</summary>
    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task TwoNodesNameEachOthersNodePort_WhatComesOnceEnds(TransportKind transport)
    {
        await using var link = await TestLink.CreateAsync();
        var (a, b) = (link.Node, link.Client);
        await using var first = await LoopingNode.StartAsync(transport, a, PortA, b.Four, b.Six, PortB);
        await using var second = await LoopingNode.StartAsync(transport, b, PortB, a.Four, a.Six, PortA);

        (await first.ConnectAsync(new IPEndPoint(a.Four, PortA))).ShouldBe(StreamEnd.Reset);
        (await first.ConnectAsync(new IPEndPoint(a.Six, PortA + 1))).ShouldBe(StreamEnd.Reset);
        first.Send(new IPEndPoint(a.Four, PortA));
        first.Send(new IPEndPoint(a.Six, PortA + 1));

        await Eventually.IsTrue(
            async () =>
            {
                Scrape[] scrapes = [await first.ScrapeAsync(), await second.ScrapeAsync()];
                return scrapes.Sum(DroppedInLoops) == 2
                    && scrapes.Sum(scrape => scrape.Sum("userproxy_connections_closed_total", "protocol=\"TCP\"")) == 2 * Hops;
            },
            "both datagrams and both connections have ended");
        // Once more: the first of the two may have been asked before the end.
        Scrape[] ended = [await first.ScrapeAsync(), await second.ScrapeAsync()];
        foreach (string service in new[] { "four", "six" })
        {
            ended.Sum(
                scrape => scrape.Sum("userproxy_connections_closed_total", $"service=\"{service}\",port=\"t\",protocol=\"TCP\",reason=\"loop\"")).ShouldBe(1);
            ended.Sum(scrape => scrape.Sum("userproxy_connections_closed_total", $"service=\"{service}\",port=\"t\",protocol=\"TCP\",reason=\"backend_rst\""))
                .ShouldBe(Hops - 1);
            ended.Sum(
                scrape => scrape.Sum("userproxy_datagrams_total", $"service=\"{service}\",port=\"u\",protocol=\"UDP\",direction=\"in\"")).ShouldBe(Hops - 1);
        }

        await Eventually.IsTrue(() => SaidOf(first) + SaidOf(second) == 4, "it is said by the one at which it ended, for each port");
    }

    private static double DroppedInLoops(Scrape scrape) => scrape.Sum("userproxy_datagrams_dropped_total", "reason=\"loop\"") ?? 0;

    /// <summary>How often its log has the event of a loop.</summary>
    private static int SaidOf(LoopingNode node) => node.Log.Split("UserProxy.Proxier[116]").Length - 1;
}
