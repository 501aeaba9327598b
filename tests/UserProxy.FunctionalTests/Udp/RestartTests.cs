using System.Net;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.FunctionalTests.Udp;

/// <summary>UserProxy is replaced on a node while flows go on: sessions are gone, but who hashes finds the same Pod again.</summary>
[Collection(nameof(UdpCluster))]
public sealed class RestartTests(UdpCluster fixture) : UdpTests(fixture)
{
    private const int Clients = 48;

    [Theory]
    [InlineData(ServiceWay.NodePort, "TERM")]
    [InlineData(ServiceWay.ClusterIP, "KILL")]
    [InlineData(ServiceWay.WildcardNodePort, "TERM")]
    public async Task Restart_UnderSh_FixedPortClientsReachTheSamePod(ServiceWay way, string signal)
    {
        var names = NextCase();
        Apply(names, Service(names, annotations: "userproxy.io/scheduler: sh") + Slices(names, Cluster.PodA1, Cluster.PodA2, Cluster.PodB1));
        // The hash is that of the client's address.
        string addresses = string.Join('\n', Enumerable.Range(0, Clients).Select(i => $"addr replace 10.0.0.{101 + i}/32 dev eth0"));
        await Cluster.Client.RunAsync("sh", "-c", $"echo '{addresses}' | ip -batch -");
        var (address, port) = AddressOf(names, way);
        var clients = Enumerable.Range(0, Clients)
            .Select(i => DatagramClient.Connect(Cluster.Client.Datagrams(new IPAddress([10, 0, 0, (byte)(101 + i)]), 0), address, port)).ToList();
        var before = new List<string>();
        foreach (var client in clients) before.Add(await client.ShouldGetAsync("pod-a1", "pod-a2", "pod-b1"));
        before.Distinct().Count().ShouldBe(3);
        var node = way == ServiceWay.WildcardNodePort ? Cluster.NodeB : Cluster.NodeA;

        await Cluster.StopAsync(node, signal);
        Cluster.Start(node);

        var after = new List<string>();
        // The first one waits until it is served again; of the others no question is lost.
        foreach (var client in clients)
            after.Add(client == clients[0] ? await client.ShouldGetAsync("pod-a1", "pod-a2", "pod-b1") : await client.AskAsync());

        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{way} {signal}: {before.Zip(after).Count(pair => pair.First == pair.Second)} of {Clients} reach the same Pod");
        after.ShouldBe(before);
        foreach (var client in clients) client.Dispose();
    }
}
