using System.Globalization;
using System.Net;
using UserProxy.FunctionalTests.Backends;
using UserProxy.FunctionalTests.Cluster;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.FunctionalTests.Udp;

/// <summary>The proxy never talks to itself: one datagram would go round for ever.</summary>
[Collection(nameof(UdpCluster))]
public sealed class LoopTests(UdpCluster fixture) : UdpTests(fixture)
{
    /// <summary>What the rest of the cluster may send in the meantime.</summary>
    private const long Few = 100;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task EndpointIsAnOwnListener_IsNotSentTo(bool isNodePort)
    {
        var (inner, outer) = (NextCase(), NextCase());
        Apply(inner, Service(inner) + Slices(inner, Cluster.PodA1));
        var own = isNodePort ? (Cluster.NodeA.Address, inner.NodePort) : (inner.ClusterIP, Port);
        Apply(outer, Service(outer) + SliceOf(outer, own));
        using (var client = Connect(inner, isNodePort ? ServiceWay.NodePort : ServiceWay.ClusterIP)) await client.ShouldGetAsync("pod-a1");
        using var asking = Connect(outer, ServiceWay.NodePort);
        await asking.ShouldGetAsync(Host.Silence);

        (await asking.TryAskManyAsync(3)).ShouldAllBe(answer => answer == Host.Silence);
    }

    [Fact]
    public async Task EndpointIsTheServiceItself_NothingGoesRound()
    {
        var names = NextCase();
        Apply(names, Service(names) + SliceOf(names, (Cluster.NodeA.Address, names.NodePort)));
        using var asking = Connect(names, ServiceWay.NodePort);
        await asking.ShouldGetAsync(Host.Silence);
        long before = await DatagramsReceivedAsync(Cluster.NodeA);

        for (int i = 0; i < 3; i++) (await asking.TryAskAsync()).ShouldNotBe("pod-a1");

        (await DatagramsReceivedAsync(Cluster.NodeA) - before).ShouldBeLessThan(Few);
    }

    /// <summary>Beside a real endpoint the own listener costs no client an answer.</summary>
    [Fact]
    public async Task OneOfTwoEndpointsIsAnOwnListener_TheOtherServesEverybody()
    {
        var names = NextCase();
        string ports = $"[{{port: {Pod.Port}, protocol: UDP}}]";
        Apply(names, Service(names) + SliceOf(names, (Cluster.NodeA.Address, names.NodePort))
            + Yaml.Slice(names.Service + "-pod", names.Service, "IPv4", ports, [Yaml.Endpoint(Cluster.PodA1.Host.Address, Cluster.PodA1.Node)]));
        using (var first = Connect(names, ServiceWay.NodePort)) await first.ShouldGetAsync("pod-a1");

        for (int i = 0; i < 8; i++)
        {
            using var client = Connect(names, ServiceWay.NodePort);
            (await client.AskAsync()).ShouldBe("pod-a1");
        }
    }

    /// <summary>Two Services whose Pods echo: whoever makes one believe that the other is its client has lit a fire.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task SpoofedSourceIsAnOwnListener_IsDropped(bool isNodePort)
    {
        const int TargetPort = 8087;
        var (one, other) = (NextCase(), NextCase());
        await using var backend = DatagramBackend.Echo(Cluster.PodA1.Host.Datagrams(IPAddress.Any, TargetPort));
        foreach (var names in new[] { one, other }) Apply(names, Service(names) + Slices(names, TargetPort, Cluster.PodA1));
        foreach (var names in new[] { one, other })
        {
            using var client = Connect(names, ServiceWay.NodePort);
            await Eventually.IsTrue(async () => await client.ExchangeAsync("hello"u8.ToArray(), TimeSpan.FromMilliseconds(300)) is not null, "it is served");
        }

        backend.TakeQuestions();
        var source = isNodePort ? new IPEndPoint(Cluster.NodeA.Address, one.NodePort) : new IPEndPoint(one.ClusterIP, Port);
        using var raw = new SpoofedDatagrams(Cluster.NodeA, new IPEndPoint(Cluster.NodeA.Address, other.NodePort));
        for (int i = 0; i < 5; i++) raw.Send(source, "fire"u8);
        // From somebody else the same way: it does arrive, and those before it are done with.
        raw.Send(new IPEndPoint(Cluster.NodeA.Address, 9), "spark"u8);
        var questions = new List<string>();
        await Eventually.IsTrue(
            () =>
            {
                questions.AddRange(backend.TakeQuestions());
                return questions.Contains("spark");
            },
            "the last one arrives");

        // Who has asked twice whether it is served has left a question.
        questions.Where(question => question != "hello").ShouldBe(["spark"]);
    }

    private static string SliceOf(CaseNames names, (IPAddress Address, int Port) endpoint) => Yaml.Slice(
        names.Service
            + "-own", names.Service, "IPv4", string.Create(CultureInfo.InvariantCulture, $"[{{port: {endpoint.Port}, protocol: UDP}}]"),
            [Yaml.Endpoint(endpoint.Address, "node-a")]);

    /// <summary>By all sockets of the host (proc_net_snmp).</summary>
    private static async Task<long> DatagramsReceivedAsync(Host host)
    {
        string[] udp = [.. (await host.RunAsync("cat", "/proc/net/snmp")).Split('\n').Where(line => line.StartsWith("Udp:", StringComparison.Ordinal))];
        int column = Array.IndexOf(udp[0].Split(' '), "InDatagrams");
        return long.Parse(udp[1].Split(' ')[column], CultureInfo.InvariantCulture);
    }
}
