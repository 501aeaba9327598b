using System.Net;
using UserProxy.FunctionalTests.Backends;
using UserProxy.FunctionalTests.Cluster;

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
        for (int i = 0; i < 6; i++)
        {
            using var client = Connect(names, way, six);
            await client.ShouldGetAsync("alive");
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
        using var client = Connect(names, ServiceWay.NodePort);
        await client.ShouldGetAsync(Host.Silence);
        (await client.AskManyAsync(4)).ShouldAllBe(answer => answer == Host.Silence, "the Service has an endpoint: its port is open");

        await using var back = DatagramBackend.Named("back", Cluster.PodB1.Host.Datagrams(IPAddress.Any, TargetPort));
        (await client.AskManyAsync(3)).ShouldContain("back");
    }
}
