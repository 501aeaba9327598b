using System.Net;
using UserProxy.FunctionalTests.Backends;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.FunctionalTests.Udp;

/// <summary>Datagrams pass as they are, and answers come from the address that was asked.</summary>
[Collection(nameof(UdpCluster))]
public sealed class DatagramTests(UdpCluster fixture) : UdpTests(fixture)
{
    private static readonly int[] Sizes = [0, 1, 1472, 1473, 4097, 9000, DatagramClient.Longest];

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task AnySize_IsEchoedUnchanged(ServiceWay way, bool six)
    {
        var names = NextCase();
        Apply(names, Service(names) + Slices(names, UdpClusterFixture.EchoPort, Cluster.PodA1, Cluster.PodB1));
        using (var first = Connect(names, way, six)) await Eventually.IsTrue(
            async () => await first.ExchangeAsync([1], TimeSpan.FromMilliseconds(300)) is not null, "it is served");

        // Two endpoints: one beside the node's proxy, one a link away.
        for (int i = 0; i < 2; i++)
        {
            using var client = Connect(names, way, six);
            foreach (int size in six ? [.. Sizes, DatagramClient.Longest6] : Sizes)
            {
                byte[] datagram = new byte[size];
                Random.Shared.NextBytes(datagram);
                byte[]? answer = await client.ExchangeAsync(datagram);
                answer.ShouldNotBeNull($"{size} bytes").Length.ShouldBe(size);
                answer.AsSpan().SequenceEqual(datagram).ShouldBeTrue($"{size} bytes came back changed");
            }
        }
    }

    /// <summary>A connected client hears only the address that it has asked; one of them asks each address in turn from one and the same port.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task WildcardListener_ThreeAddressesOfTheNode_EachAnswersForItself(bool six)
    {
        var names = NextCase();
        Apply(names, Service(names, annotations: "userproxy.io/scheduler: rr") + Slices(names, Cluster.PodA1, Cluster.PodA2, Cluster.PodB1));
        string[] more = six ? ["fd00::21", "fd00::22"] : ["10.0.0.21", "10.0.0.22"];
        IPAddress[] asked = [six ? Cluster.NodeB.Address6 : Cluster.NodeB.Address, .. more.Select(IPAddress.Parse)];
        foreach (string address in more) await Cluster.NodeB.RunAsync($"ip addr add {address}{(six ? "/64 nodad" : "/24")} dev eth0".Split(' '));
        int port = 0;
        var answers = new List<string>();

        foreach (var address in asked)
        {
            using var client = DatagramClient.Connect(Cluster.Client, address, names.NodePort, port);
            port = client.Port;
            string answer = await client.ShouldGetAsync("pod-a1", "pod-a2", "pod-b1");
            (await client.AskManyAsync(5)).ShouldAllBe(each => each == answer);
            answers.Add(answer);
        }

        // Three flows of one client: round robin has given each another Pod.
        answers.Distinct().Count().ShouldBe(3);
        // The node itself asks each of its loopback addresses.
        foreach (string loopback in six ? ["::1"] : (string[])["127.0.0.1", "127.0.0.2"])
        {
            using var client = DatagramClient.Connect(Cluster.NodeB, IPAddress.Parse(loopback), names.NodePort);
            await client.ShouldGetAsync("pod-a1", "pod-a2", "pod-b1");
        }
    }

    [Fact]
    public async Task ClusterIP_IsAskedByPodsNodesAndTheEndpointItself()
    {
        var names = NextCase();
        Apply(names, Service(names) + Slices(names, Cluster.PodA1));

        foreach (var host in new[] { Cluster.Client, Cluster.PodA2.Host, Cluster.NodeA, Cluster.PodA1.Host })
        {
            foreach (bool six in new[] { false, true })
            {
                using var client = Connect(names, ServiceWay.ClusterIP, six, host);
                await client.ShouldGetAsync("pod-a1");
            }
        }
    }

    /// <summary>
    /// A link on the way that takes less than the others: datagrams are cut for it, at once or, by IPv6, after the first one that did not fit.
    /// </summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task SmallerMtuTowardsAPod_DatagramsArriveAllTheSame(bool six)
    {
        var names = NextCase();
        Apply(names, Service(names) + Slices(names, UdpClusterFixture.EchoPort, Cluster.PodB1));
        using (var first = Connect(names, ServiceWay.NodePort, six)) await Eventually.IsTrue(
            async () => await first.ExchangeAsync([1], TimeSpan.FromMilliseconds(300)) is not null, "it is served");
        async Task SetMtuAsync(int mtu)
        {
            await Cluster.NodeB.RunAsync($"ip link set pod-b1 mtu {mtu}".Split(' '));
            await Cluster.PodB1.Host.RunAsync($"ip link set eth0 mtu {mtu}".Split(' '));
        }

        await SetMtuAsync(1280);
        try
        {
            foreach (int size in new[] { 1400, 3000, DatagramClient.Longest })
            {
                // Who asks twice may be answered twice: the next question has a socket of its own.
                using var client = Connect(names, ServiceWay.NodePort, six);
                byte[] datagram = new byte[size];
                Random.Shared.NextBytes(datagram);
                byte[]? answer = await client.ExchangeAsync(datagram, TimeSpan.FromSeconds(1)) ?? await client.ExchangeAsync(datagram);
                answer.ShouldNotBeNull($"{size} bytes").AsSpan().SequenceEqual(datagram).ShouldBeTrue($"{size} bytes came back changed");
            }
        }
        finally
        {
            await SetMtuAsync(1500);
        }
    }

    /// <summary>To a broadcast address, or from port 0: there is no address to answer from, or to.</summary>
    [Fact]
    public async Task WhatCannotBeAnswered_IsNotPassedOn()
    {
        const int TargetPort = 8089;
        var names = NextCase();
        await using var backend = DatagramBackend.Named("asked", Cluster.PodB1.Host.Datagrams(IPAddress.Any, TargetPort));
        Apply(names, Service(names) + Slices(names, TargetPort, Cluster.PodB1));
        using var client = Connect(names, ServiceWay.WildcardNodePort);
        await client.ShouldGetAsync("asked");
        backend.TakeQuestions();

        using (var broadcast = Cluster.Client.Datagrams(IPAddress.Any, 0))
        {
            broadcast.EnableBroadcast = true;
            await Cluster.Client.RunAsync("ip", "route", "replace", "255.255.255.255/32", "dev", "eth0");
            foreach (string address in new[] { "10.0.0.255", "255.255.255.255" })
                await broadcast.SendToAsync("all"u8.ToArray(), new IPEndPoint(IPAddress.Parse(address), names.NodePort));
        }

        using (var raw = new SpoofedDatagrams(Cluster.Client, new IPEndPoint(Cluster.NodeB.Address, names.NodePort))) raw.Send(
            new IPEndPoint(Cluster.Client.Address, 0), "zero"u8);
        (await client.AskAsync()).ShouldBe("asked");

        backend.TakeQuestions().ShouldHaveSingleItem();
    }

    [Fact]
    public async Task LinkLocalClient_IsAnsweredOnTheWildcard()
    {
        var names = NextCase();
        Apply(names, Service(names) + Slices(names, Cluster.PodB1));
        string interfaces = await Cluster.NodeB.RunAsync("ip", "-6", "-o", "addr", "show", "dev", "eth0", "scope", "link");
        string address = interfaces.Split(
            ' ', StringSplitOptions.RemoveEmptyEntries).Single(word => word.StartsWith("fe80:", StringComparison.Ordinal)).Split('/')[0];
        string index = (await Cluster.Client.RunAsync("cat", "/sys/class/net/eth0/ifindex")).Trim();
        using var client = DatagramClient.Connect(Cluster.Client, IPAddress.Parse($"{address}%{index}"), names.NodePort);

        await client.ShouldGetAsync("pod-b1");
        (await client.AskManyAsync(3)).ShouldAllBe(answer => answer == "pod-b1");
    }
}
