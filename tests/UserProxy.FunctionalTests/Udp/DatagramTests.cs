using System.Net;
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
        using (var first = Connect(names, way, six)) await Eventually.IsTrue(async () => await first.ExchangeAsync([1], TimeSpan.FromMilliseconds(300)) is not null, "it is served");

        // Two endpoints: one beside the node's proxy, one a link away.
        for (int i = 0; i < 2; i++)
        {
            using var client = Connect(names, way, six);
            foreach (int size in Sizes)
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
}
