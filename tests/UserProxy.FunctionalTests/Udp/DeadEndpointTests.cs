using System.Net;
using UserProxy.FunctionalTests.Backends;
using UserProxy.FunctionalTests.Cluster;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.FunctionalTests.Udp;

/// <summary>A Pod with nothing on the port is told by its host's ICMP: the client's next datagrams go to another.</summary>
[Collection(nameof(UdpCluster))]
public sealed class DeadEndpointTests(UdpCluster fixture) : UdpTests(fixture)
{
    private const int TargetPort = 8085;

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task NothingOnThePort_NextDatagramsReachTheOther_AndTheDeadOneIsPutAside(ServiceWay way, bool six)
    {
        var names = NextCase();
        await using var alive = DatagramBackend.Named("alive", Cluster.PodA1.Host.Datagrams(six ? IPAddress.IPv6Any : IPAddress.Any, TargetPort));
        Apply(names, Service(names) + Slices(names, TargetPort, Cluster.PodA1, Cluster.PodB1));
        using (var first = Connect(names, way, six)) await first.ShouldGetAsync("alive");

        // Each on its own fixed port; round robin sends every other one to the dead Pod first.
        var needed = new List<int>();
        using var admin = new AdminSocket(Cluster.AdminSocketOf(way == ServiceWay.WildcardNodePort ? Cluster.NodeB : Cluster.NodeA));
        string service = $"default/{names.Service}";
        for (int i = 0; i < 6; i++)
        {
            using var client = Connect(names, way, six);
            using var deadline = new CancellationTokenSource(Eventually.Patience);
            long failed = await admin.FailedConnectsAsync(service);
            await client.SendQuestionAsync();
            var answer = client.ReceiveAsync(deadline.Token);
            await Eventually.IsTrue(
                async () => answer.IsCompleted || await admin.FailedConnectsAsync(service) > failed, "it is answered, or refused by the dead Pod's host");
            if (!answer.IsCompleted) await client.SendQuestionAsync();
            (await answer).Name.ShouldBe("alive");
            needed.Add(client.Asked);
            (await client.AskManyAsync(3)).ShouldAllBe(answer => answer == "alive");
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{way} {(six ? 6 : 4)}: datagrams until an answer: {string.Join(' ', needed)}");
        needed.Max().ShouldBe(2, "one to the dead Pod, the next to the other");
        // Three failures have put it aside: nobody is sent to it any more.
        for (int i = 0; i < 10; i++)
        {
            using var client = Connect(names, way, six);
            (await client.AskAsync()).ShouldBe("alive");
        }
    }

    [Fact]
    public async Task OnlyEndpointIsDead_SilenceUntilItComesBack()
    {
        var names = NextCase();
        Apply(names, Service(names) + Slices(names, TargetPort, Cluster.PodB1));
        // A closed port is silent, too, when the kernel has sent enough refusals (icmp_ratelimit).
        await Eventually.IsTrue(
            async () => (await Cluster.NodeA.RunAsync("ss", "-Hlun", $"sport = :{names.NodePort}")).Contains(
                $"{Cluster.NodeA.Address}:{names.NodePort}", StringComparison.Ordinal),
            "the port is open");
        using var client = Connect(names, ServiceWay.NodePort);
        (await client.TryAskManyAsync(4)).ShouldAllBe(answer => answer == Host.Silence, "the Service has an endpoint: its port is open");

        await using var back = DatagramBackend.Named("back", Cluster.PodB1.Host.Datagrams(IPAddress.Any, TargetPort));
        await client.ShouldGetAsync("back");
    }

    /// <summary>The node itself does not send: no route, a firewall, nobody who answers ARP.</summary>
    [Theory]
    [InlineData("ip route add unreachable 10.250.0.1", "ip route del unreachable 10.250.0.1")]
    [InlineData("ip route add blackhole 10.250.0.1", "ip route del blackhole 10.250.0.1")]
    [InlineData("ip route add prohibit 10.250.0.1", "ip route del prohibit 10.250.0.1")]
    [InlineData("ip route add 10.250.0.1 dev eth0", "ip route del 10.250.0.1 dev eth0")]
    [InlineData(
        "ip route add 10.250.0.1 dev eth0; nft add table ip test; nft add chain ip test out '{ type filter hook output priority 0; }'; nft add rule ip test "
            + "out ip daddr 10.250.0.1 drop", "ip route del 10.250.0.1 dev eth0; nft delete table ip test")]
    public async Task NotReachableFromTheNode_TheOtherIsFound(string prepare, string restore)
    {
        var names = NextCase();
        await Cluster.NodeA.RunAsync("sh", "-c", prepare);
        string ports = $"[{{port: {Pod.Port}, protocol: UDP}}]";
        Apply(names, Service(names) + Yaml.Slice(
            names.Service, names.Service, "IPv4", ports,
            [Yaml.Endpoint(Cluster.PodA1.Host.Address, "node-a"), Yaml.Endpoint(IPAddress.Parse("10.250.0.1"), "node-b")]));
        try
        {
            using (var first = Connect(names, ServiceWay.NodePort)) await first.ShouldGetAsync("pod-a1");
            var asked = new List<int>();
            for (int i = 0; i < 2; i++)
            {
                using var client = Connect(names, ServiceWay.NodePort);
                await client.ShouldGetAsync("pod-a1");
                (await client.AskManyAsync(3)).ShouldAllBe(answer => answer == "pod-a1");
                asked.Add(client.Asked - 3);
            }

            TestContext.Current.TestOutputHelper?.WriteLine($"{prepare}: datagrams until an answer: {string.Join(' ', asked)}");
        }
        finally
        {
            await Cluster.NodeA.RunAsync("sh", "-c", restore);
        }
    }
}
