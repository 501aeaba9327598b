using UserProxy.FunctionalTests.Cluster;

namespace UserProxy.FunctionalTests.Udp;

/// <summary>UDP beside TCP, on one port number and over both TCP transports: two listeners that know nothing of each other.</summary>
public abstract class ProtocolTests(UdpClusterFixture fixture) : UdpTests(fixture)
{
    [Theory]
    [MemberData(nameof(Ways))]
    public async Task OneNumberForBoth_EachIsServed_AndLeavesTheOtherAlone(ServiceWay way, bool six)
    {
        var names = NextCase();
        string both = Yaml.Service(names.Service, DualStack(names, $"[{Named("tcp", names)}, {Named("udp", names)}]"));
        string tcpOnly = Yaml.Service(names.Service, DualStack(names, $"[{Named("tcp", names)}]"));
        var (address, port) = AddressOf(names, way, six);
        Apply(names, both + BothSlices(names, Cluster.PodA1));
        using var client = Connect(names, way, six);
        await client.ShouldGetAsync("pod-a1");
        await Cluster.Client.ShouldGetAsync(address, port, "pod-a1");

        // Endpoints move for both at once.
        Apply(names, both + BothSlices(names, Cluster.PodB1));
        await client.ShouldGetAsync("pod-b1");
        await Cluster.Client.ShouldGetAsync(address, port, "pod-b1");

        Apply(names, tcpOnly + BothSlices(names, Cluster.PodB1));
        await client.ShouldGetAsync(Host.Refused);
        (await Cluster.Client.AskManyAsync(address, port, 3)).ShouldAllBe(answer => answer == "pod-b1");
    }

    [Theory]
    [InlineData(ServiceWay.NodePort)]
    [InlineData(ServiceWay.WildcardNodePort)]
    [InlineData(ServiceWay.ClusterIP)]
    public async Task ProtocolOfAService_TcpToUdpAndBack_IsFollowedLive(ServiceWay way)
    {
        var names = NextCase();
        var (address, port) = AddressOf(names, way);
        void Become(string protocol) => Apply(
            names,
            Yaml.Service(names.Service, DualStack(names, $"[{{port: {Port}, nodePort: {names.NodePort}, protocol: {protocol}}}]"))
            + Yaml.Slice(
                names.Service, names.Service, "IPv4", $"[{{port: {Pod.Port}, protocol: {protocol}}}]",
                [Yaml.Endpoint(Cluster.PodA1.Host.Address, Cluster.PodA1.Node)]));
        using var client = Connect(names, way);

        foreach (int _ in Enumerable.Range(0, 2))
        {
            Become("TCP");
            await Cluster.Client.ShouldGetAsync(address, port, "pod-a1");
            await client.ShouldGetAsync(Host.Refused);
            Become("UDP");
            await client.ShouldGetAsync("pod-a1");
            await Cluster.Client.ShouldGetAsync(address, port, Host.Refused);
        }
    }

    /// <summary>The same name and number, in two Services.</summary>
    [Fact]
    public async Task OneNumberInTwoServices_EachHasItsOwnPods()
    {
        var (tcp, udp) = (NextCase(), NextCase());
        Apply(
            tcp, Yaml.Service(tcp.Service, $"type: NodePort\nclusterIP: {tcp.ClusterIP}\nports: [{{port: {Port}, nodePort: {udp.NodePort}}}]")
                + Yaml.Slice(tcp.Service, tcp.Service, Cluster.PodA1));
        Apply(udp, Service(udp) + Slices(udp, Cluster.PodB1));

        foreach (var way in new[] { ServiceWay.NodePort, ServiceWay.WildcardNodePort })
        {
            var (address, port) = AddressOf(udp, way);
            using var client = Connect(udp, way);
            await client.ShouldGetAsync("pod-b1");
            await Cluster.Client.ShouldGetAsync(address, port, "pod-a1");
        }
    }

    [Theory]
    [InlineData(ServiceWay.NodePort)]
    [InlineData(ServiceWay.WildcardNodePort)]
    [InlineData(ServiceWay.ClusterIP)]
    public async Task EndpointsComeAndGo_AFixedPortFollows(ServiceWay way)
    {
        var names = NextCase();
        using var client = Connect(names, way);
        foreach (int _ in Enumerable.Range(0, 2))
        {
            Apply(names, Service(names) + Slices(names, Cluster.PodA1));
            await client.ShouldGetAsync("pod-a1");
            Apply(names, Service(names) + Slices(names, Cluster.PodB1));
            await client.ShouldGetAsync("pod-b1");
            Apply(names, Service(names) + Slices(names));
            await client.ShouldGetAsync(Host.Refused);
        }
    }

    private static string Named(string protocol, CaseNames names) =>
        $"{{name: {protocol}, port: {Port}, nodePort: {names.NodePort}, protocol: {protocol.ToUpperInvariant()}}}";

    private static string BothSlices(CaseNames names, Pod pod)
    {
        string ports = $"[{{name: tcp, port: {Pod.Port}}}, {{name: udp, port: {Pod.Port}, protocol: UDP}}]";
        return Yaml.Slice(names.Service + "-4", names.Service, "IPv4", ports, [Yaml.Endpoint(pod.Host.Address, pod.Node)])
            + Yaml.Slice(names.Service + "-6", names.Service, "IPv6", ports, [Yaml.Endpoint(pod.Host.Address6, pod.Node)]);
    }
}

/// <summary>A cluster whose TCP is on sockets.</summary>
public sealed class UdpSocketsCluster() : UdpClusterFixture(TransportKind.Sockets);

[Collection(nameof(UdpCluster))]
public sealed class EpollProtocolTests(UdpCluster cluster) : ProtocolTests(cluster);

public sealed class SocketsProtocolTests(UdpSocketsCluster cluster) : ProtocolTests(cluster), IClassFixture<UdpSocketsCluster>;
