using k8s.Models;
using UserProxy.ConformanceTests.Cluster;
using UserProxy.ConformanceTests.Report;
using UserProxy.FunctionalTests.Cluster;

namespace UserProxy.ConformanceTests.Cases;

/// <summary>
/// Hairpin, internalTrafficPolicy and traffic distribution: which endpoints clients inside the cluster get. Upstream: service.go, traffic_distribution.go.
/// </summary>
public sealed class TrafficPolicyCases(ConformanceCluster cluster) : ConformanceCase(cluster)
{
    [Fact(DisplayName = "Services should allow pods to hairpin back to themselves through services")]
    public async Task Hairpin()
    {
        var service = await CreateAsync("hairpin-test", spec => spec.Ports = [PortOf("tcp", 8080), PortOf("udp", 8080, protocol: "UDP")]);
        foreach (var pod in (Pod[])[PodA1, PodB1])
        {
            await service.SetEndpointsAsync(pod);
            await ReachesAsync(pod.Host, service.ClusterIP(), pod);
            await ReachesAsync(pod.Host, service.ClusterIP(1), pod);
        }
    }

    [Fact(DisplayName = "Services should respect internalTrafficPolicy=Local Pod to Pod")]
    public async Task LocalPodToPod()
    {
        var service = await CreateLocalAsync();
        await service.SetEndpointsAsync(PodA1);
        await ReachesAsync(PodA2.Host, service.ClusterIP(), PodA1);
        await ReachesNothingAsync(PodB1.Host, service.ClusterIP());
        // Each node has one: each client has its own.
        await service.SetEndpointsAsync(PodA1, PodB1);
        await ReachesAsync(PodB1.Host, service.ClusterIP(), PodB1);
        await ReachesAsync(PodA2.Host, service.ClusterIP(), PodA1);
    }

    [Fact(DisplayName = "Services should respect internalTrafficPolicy=Local Pod (hostNetwork: true) to Pod")]
    public async Task LocalNodeToPod()
    {
        var service = await CreateLocalAsync();
        await service.SetEndpointsAsync(PodA1);
        await ReachesAsync(NodeA, service.ClusterIP(), PodA1);
        await ReachesNothingAsync(NodeB, service.ClusterIP());
    }

    [Fact(DisplayName = "Services should respect internalTrafficPolicy=Local Pod and Node, to Pod (hostNetwork: true)")]
    public async Task LocalToHostNetwork()
    {
        var service = await CreateLocalAsync(PodServers.OfNode);
        await service.SetEndpointsAsync(new Pod(NodeA, NodeA.Name));
        foreach (var from in (Host[])[PodA1.Host, NodeA]) await ReachesAsync(from, service.ClusterIP(), [NodeA.Name]);
        foreach (var from in (Host[])[PodB1.Host, NodeB]) await ReachesNothingAsync(from, service.ClusterIP());
    }

    /// <summary>The hints are those that the EndpointSlice controller would write for such a Service. A zone is that of the Node object.</summary>
    [Fact(DisplayName = "Traffic Distribution should route traffic to an endpoint in the same zone when using PreferSameZone")]
    public async Task SameZone()
    {
        var service = await CreateAsync("traffic-dist-test-service");
        var zones = new Dictionary<string, string?>();
        foreach (string node in (string[])[NodeA.Name, NodeB.Name]) zones[node] = await Cluster.Api.ZoneOfAsync(node);
        if (zones.ContainsValue(null) || zones.Values.Distinct().Count() < 2) throw ReportTable.Skip("the nodes are not in two zones");
        V1EndpointHints Zone(Pod pod) => new() { ForZones = [new V1ForZone { Name = zones[pod.Node] }] };
        await service.SetEndpointsAsync(new PodEndpoint(PodA1) { Hints = Zone(PodA1) }, new PodEndpoint(PodB1) { Hints = Zone(PodB1) });
        await ReachesAsync(PodA2.Host, service.ClusterIP(), PodA1);
        await ReachesAsync(PodB1.Host, service.ClusterIP(), PodB1);
        // One zone has none left: its clients get the others.
        await service.SetEndpointsAsync(new PodEndpoint(PodB1) { Hints = Zone(PodB1) });
        await ReachesAsync(PodA2.Host, service.ClusterIP(), PodB1);
    }

    [Fact(DisplayName = "Traffic Distribution should route traffic to an endpoint on the same node when using PreferSameNode")]
    public async Task SameNode()
    {
        var service = await CreateAsync("traffic-dist-test-service");
        static V1EndpointHints Node(Pod pod) => new() { ForNodes = [new V1ForNode { Name = pod.Node }] };
        await service.SetEndpointsAsync(new PodEndpoint(PodA1) { Hints = Node(PodA1) }, new PodEndpoint(PodB1) { Hints = Node(PodB1) });
        if (!await Cluster.Api.KeepsNodeHintsAsync(service.Name)) throw ReportTable.Skip("the API server does not know hints for nodes");
        await ReachesAsync(PodA2.Host, service.ClusterIP(), PodA1);
        await ReachesAsync(PodB1.Host, service.ClusterIP(), PodB1);
        await service.SetEndpointsAsync(new PodEndpoint(PodA1) { Hints = Node(PodA1) });
        await ReachesAsync(PodB1.Host, service.ClusterIP(), PodA1);
    }

    private Task<TestedService> CreateLocalAsync(int target = PodServers.Named) => CreateAsync("svc-itp", spec =>
    {
        spec.InternalTrafficPolicy = "Local";
        spec.Ports = [PortOf("http", 80, target)];
    });
}
