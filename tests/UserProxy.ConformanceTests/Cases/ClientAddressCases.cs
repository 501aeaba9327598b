using UserProxy.ConformanceTests.Cluster;
using UserProxy.FunctionalTests.Cluster;

namespace UserProxy.ConformanceTests.Cases;

/// <summary>Whom a Pod sees. Upstream: service.go, and loadbalancer.go's checks of the client's address under externalTrafficPolicy Local.</summary>
public sealed class ClientAddressCases(ConformanceCluster cluster) : ConformanceCase(cluster)
{
    /// <summary>Upstream asks it of the policy Cluster. Here a Pod on another node sees the node then: docs/client-address.md.</summary>
    [Fact(DisplayName = "Services should preserve source pod IP for traffic thru service cluster IP (internalTrafficPolicy=Local)")]
    public async Task PodToClusterIP()
    {
        var service = await CreateAsync("sourceip-test", spec =>
        {
            spec.InternalTrafficPolicy = "Local";
            spec.Ports = [PortOf("tcp", 8080, PodServers.Source), PortOf("udp", 8080, PodServers.Source, "UDP")];
        });
        await service.SetEndpointsAsync(PodA1, PodB1);
        for (int port = 0; port < 2; port++) await IsSeenAsAsync(PodA2.Host, service.ClusterIP(port), $"{PodA2.Host.Address}");
    }

    [Fact(DisplayName = "LoadBalancers ExternalTrafficPolicy: Local should work for type=NodePort (client's address)")]
    public async Task LocalNodePort()
    {
        var service = await CreateAsync("external-local-nodeport", spec =>
        {
            spec.Type = "NodePort";
            spec.ExternalTrafficPolicy = "Local";
            spec.Ports = [PortOf("tcp", 80, PodServers.Source), PortOf("udp", 80, PodServers.Source, "UDP")];
        });
        await service.SetEndpointsAsync(PodA1, PodB1);
        foreach (var node in (Host[])[NodeA, NodeB])
        {
            for (int port = 0; port < 2; port++) await IsSeenAsAsync(Client, service.NodePort(node, port), await Testbed.SeenByAsync(node, Client));
        }

        // A Pod of another node comes from outside this one, by the address that the network gives it.
        await IsSeenAsAsync(PodB1.Host, service.NodePort(NodeA), await Testbed.SeenByAsync(NodeA, PodB1.Host));
    }

    [Fact(DisplayName = "LoadBalancers ExternalTrafficPolicy: Local should work for type=LoadBalancer (client's address)")]
    public async Task LocalLoadBalancer()
    {
        var address = NextLoadBalancerIP();
        var service = await CreateAsync("external-local-lb", spec =>
        {
            spec.Type = "LoadBalancer";
            spec.ExternalTrafficPolicy = "Local";
            spec.Ports = [PortOf("http", 80, PodServers.Source)];
        });
        await service.SetIngressAsync(address);
        await service.SetEndpointsAsync(PodA1);
        await IsSeenAsAsync(Client, service.Ingress(address), $"{Client.Address}");
    }
}
