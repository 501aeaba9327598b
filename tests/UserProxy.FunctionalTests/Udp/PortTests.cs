using System.Net;
using System.Net.Sockets;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.FunctionalTests.Udp;

/// <summary>UDP ports of the node, those listened on and those that endpoints are reached from, are shared with others.</summary>
[Collection(nameof(UdpCluster))]
public sealed class PortTests(UdpCluster fixture) : UdpTests(fixture)
{
    /// <summary>Another process has the port, ready to share it or not: it is left alone, and served when it is free.</summary>
    [Theory]
    [InlineData(ServiceWay.NodePort, false)]
    [InlineData(ServiceWay.NodePort, true)]
    [InlineData(ServiceWay.WildcardNodePort, true)]
    public async Task PortOfAnotherProcess_IsNotShared_AndServedWhenItIsFree(ServiceWay way, bool willShare)
    {
        var names = NextCase();
        var (address, port) = AddressOf(names, way);
        var node = way == ServiceWay.WildcardNodePort ? Cluster.NodeB : Cluster.NodeA;
        using var other = NamespaceThread.Run(node.Namespace, () =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            // SO_REUSEPORT of socket(7).
            if (willShare) socket.SetRawSocketOption(1, 15, BitConverter.GetBytes(1));
            socket.Bind(new IPEndPoint(address, port));
            return socket;
        });
        using var client = Connect(names, way);
        Apply(names, Service(names) + Slices(names, Cluster.PodA1));
        // The other family's port is free: its being served shows that this one was tried.
        using (var six = Connect(names, way, six: true)) await six.ShouldGetAsync("pod-a1");

        int questions = 20;
        for (int i = 0; i < questions; i++)
        {
            using var each = Connect(names, way);
            await each.SendQuestionAsync();
        }

        byte[] buffer = new byte[64];
        for (int i = 0; i < questions; i++) await other.ReceiveAsync(buffer).WaitAsync(Eventually.Patience);
        other.Dispose();
        await client.ShouldGetAsync("pod-a1");
    }

    [Theory]
    [InlineData(ServiceWay.NodePort)]
    [InlineData(ServiceWay.WildcardNodePort)]
    public async Task NodePortMovesToAnotherService_AFixedPortClientIsAnsweredByIt(ServiceWay way)
    {
        var (one, other) = (NextCase(), NextCase());
        var otherWithTheSame = other with { NodePort = one.NodePort };
        Apply(one, Service(one) + Slices(one, Cluster.PodA1) + Service(other) + Slices(other, Cluster.PodB1));
        using var client = Connect(one, way);
        await client.ShouldGetAsync("pod-a1");

        Apply(one, Service(one with { NodePort = other.NodePort }) + Slices(one, Cluster.PodA1) + Service(otherWithTheSame) + Slices(other, Cluster.PodB1));

        await client.ShouldGetAsync("pod-b1");
        (await client.AskManyAsync(3)).ShouldAllBe(answer => answer == "pod-b1");
    }

    /// <summary>
    /// The kernel has no more local port for a socket towards an endpoint: sessions that have had their answer make room, when they have been quiet for a
    /// second.
    /// </summary>
    [Fact]
    public async Task LocalPortsAreUsedUp_NewClientsAreServed()
    {
        const int Ports = 100, Clients = 250;
        var names = NextCase();
        Apply(names, Service(names) + Slices(names, Cluster.PodA1));
        using (var first = Connect(names, ServiceWay.NodePort)) await first.ShouldGetAsync("pod-a1");
        string range = (await Cluster.NodeA.RunAsync("cat", RangeFile)).Trim().Replace('\t', ' ');
        await Cluster.NodeA.RunAsync("sh", "-c", $"echo 50000 {50000 + Ports - 1} >{RangeFile}");
        var clients = Enumerable.Range(0, Clients).Select(_ => Connect(names, ServiceWay.NodePort)).ToList();
        try
        {
            foreach (var client in clients) await client.ShouldGetAsync("pod-a1");
            clients.Sum(client => client.Strays).ShouldBe(0);
        }
        finally
        {
            await Cluster.NodeA.RunAsync("sh", "-c", $"echo {range} >{RangeFile}");
            foreach (var client in clients) client.Dispose();
        }
    }

    private const string RangeFile = "/proc/sys/net/ipv4/ip_local_port_range";
}
