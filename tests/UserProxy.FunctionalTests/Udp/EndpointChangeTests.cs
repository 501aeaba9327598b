using UserProxy.FunctionalTests.Cluster;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.FunctionalTests.Udp;

/// <summary>A client that keeps its port finds the Pods that there are now: sessions must not outlive what they were made of.</summary>
[Collection(nameof(UdpCluster))]
public sealed class EndpointChangeTests(UdpCluster fixture) : UdpTests(fixture)
{
    [Theory]
    [MemberData(nameof(Ways))]
    public async Task NoEndpoint_PortUnreachable_AndServedAgain(ServiceWay way, bool six)
    {
        var names = NextCase();
        Apply(names, Service(names) + Slices(names, Cluster.PodA1));
        using var client = Connect(names, way, six);
        await client.ShouldGetAsync("pod-a1");

        Apply(names, Service(names) + Slices(names));
        await client.ShouldGetAsync(Host.Refused);
        Apply(names, Service(names) + Slices(names, Cluster.PodB1));
        await client.ShouldGetAsync("pod-b1");
        // The whole Service goes and comes again.
        Cluster.Remove(names.Service);
        await Eventually.IsTrue(async () => await client.TryAskAsync() != "pod-b1", "it is gone");
        Apply(names, Service(names) + Slices(names, Cluster.PodA2));
        await client.ShouldGetAsync("pod-a2");
    }

    [Fact]
    public async Task OneOfTwoLeaves_TheOthersClientsStay_ItsOwnMove()
    {
        var names = NextCase();
        Apply(names, Service(names) + Slices(names, Cluster.PodA1, Cluster.PodB1));
        var clients = new List<(DatagramClient Client, string Answer)>();
        for (int i = 0; i < 10; i++)
        {
            var client = Connect(names, ServiceWay.NodePort);
            clients.Add((client, await client.ShouldGetAsync("pod-a1", "pod-b1")));
        }

        Apply(names, Service(names) + Slices(names, Cluster.PodB1, Cluster.PodA2));
        var moved = clients.Where(each => each.Answer == "pod-a1").ToList();
        moved.Count.ShouldBe(5);
        foreach (var (client, _) in moved) await client.ShouldGetAsync("pod-b1", "pod-a2");
        foreach (var (client, answer) in clients.Except(moved)) (await client.AskManyAsync(3)).ShouldAllBe(each => each == answer);
        foreach (var (client, _) in clients) client.Dispose();
    }

    /// <summary>Pods that end go on answering until somebody better is there, and no longer.</summary>
    [Theory]
    [InlineData(ServiceWay.NodePort)]
    [InlineData(ServiceWay.WildcardNodePort)]
    [InlineData(ServiceWay.ClusterIP)]
    public async Task ServingAndTerminating_KeepsItsClientsUntilAnotherIsReady(ServiceWay way)
    {
        const string Terminating = "ready: false, serving: true, terminating: true";
        var names = NextCase();
        Apply(names, Service(names) + Slices(names, Cluster.PodA1));
        using var client = Connect(names, way);
        await client.ShouldGetAsync("pod-a1");

        Apply(names, Service(names) + Slices(names, Pod.Port, (Cluster.PodA1, Terminating)));
        // A marker that is served shows that what was written before it is applied.
        await AppliedAsync(way);
        (await client.AskManyAsync(3)).ShouldAllBe(answer => answer == "pod-a1");
        using (var fresh = Connect(names, way)) (await fresh.AskAsync()).ShouldBe("pod-a1");

        Apply(names, Service(names) + Slices(names, Pod.Port, (Cluster.PodA1, Terminating), (Cluster.PodB1, "ready: true")));
        await client.ShouldGetAsync("pod-b1");
        (await client.AskManyAsync(3)).ShouldAllBe(answer => answer == "pod-b1");

        // Neither ready nor serving is nobody.
        Apply(names, Service(names) + Slices(names, Pod.Port, (Cluster.PodA1, "ready: false, serving: false, terminating: true")));
        await client.ShouldGetAsync(Host.Refused);
    }

    private async Task AppliedAsync(ServiceWay way)
    {
        var marker = NextCase();
        Apply(marker, Service(marker) + Slices(marker, Cluster.PodA2));
        using var client = Connect(marker, way);
        await client.ShouldGetAsync("pod-a2");
    }
}
