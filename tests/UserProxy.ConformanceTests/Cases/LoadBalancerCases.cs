using UserProxy.ConformanceTests.Cluster;
using UserProxy.FunctionalTests.Cluster;

namespace UserProxy.ConformanceTests.Cases;

/// <summary>
/// Load balancers, as far as they are a node's matter: the case writes the addresses that a cloud's controller would. Upstream: loadbalancer.go.
/// </summary>
public sealed class LoadBalancerCases(ConformanceCluster cluster) : ConformanceCase(cluster)
{
    [Theory(DisplayName = "LoadBalancers should be able to change the type and ports of a service")]
    [InlineData("TCP")]
    [InlineData("UDP")]
    public async Task ChangeTypeAndPorts(string protocol)
    {
        var service = await CreateAsync("mutability-test", spec => spec.Ports = [PortOf("port", 80, protocol: protocol)]);
        await service.SetEndpointsAsync(PodA1);
        await ReachesAsync(PodB1.Host, service.ClusterIP(), PodA1);

        await service.UpdateAsync(spec => spec.Type = "NodePort");
        await ReachesAsync(Client, service.NodePort(NodeB), PodA1);

        var address = NextLoadBalancerIP();
        await service.UpdateAsync(spec => spec.Type = "LoadBalancer");
        await service.SetIngressAsync(address);
        await ReachesAsync(Client, service.NodePort(NodeB), PodA1);
        await ReachesAsync(Client, service.Ingress(address), PodA1);

        var oldNodePort = service.NodePort(NodeB);
        await service.ChangeNodePortAsync();
        await ReachesAsync(Client, service.NodePort(NodeB), PodA1);
        await ReachesNothingAsync(Client, oldNodePort);
        await ReachesAsync(Client, service.Ingress(address), PodA1);

        var oldPort = service.Ingress(address);
        await service.UpdateAsync(spec => spec.Ports[0].Port++);
        await ReachesAsync(Client, service.NodePort(NodeB), PodA1);
        await ReachesAsync(Client, service.Ingress(address), PodA1);
        await ReachesNothingAsync(Client, oldPort);

        await service.SetEndpointsAsync();
        await IsRefusedAsync(Client, service.NodePort(NodeB));
        await IsRefusedAsync(Client, service.Ingress(address));
        await service.SetEndpointsAsync(PodA1);
        await ReachesAsync(Client, service.NodePort(NodeB), PodA1);
        await ReachesAsync(Client, service.Ingress(address), PodA1);

        var (nodePort, ingress) = (service.NodePort(NodeB), service.Ingress(address));
        await service.UpdateAsync(spec => spec.Type = "ClusterIP");
        await service.SetIngressAsync();
        service.Spec.Ports[0].NodePort.GetValueOrDefault().ShouldBe(0);
        await ReachesNothingAsync(Client, nodePort);
        await ReachesNothingAsync(Client, ingress);
        await ReachesAsync(PodB1.Host, service.ClusterIP(), PodA1);
    }

    [Fact(DisplayName = "LoadBalancers should only allow access from service loadbalancer source ranges")]
    public async Task SourceRanges()
    {
        var (service, address) = await CreateAsync("lb-sourcerange", "Cluster", spec => spec.LoadBalancerSourceRanges = [$"{PodA1.Host.Address}/32"]);
        await service.SetEndpointsAsync(PodB1);
        await ReachesAsync(PodA1.Host, service.Ingress(address), PodB1);
        await ReachesNothingAsync(PodA2.Host, service.Ingress(address));
        await service.UpdateAsync(spec => spec.LoadBalancerSourceRanges = [$"{PodA2.Host.Address}/32"]);
        await ReachesNothingAsync(PodA1.Host, service.Ingress(address));
        await ReachesAsync(PodA2.Host, service.Ingress(address), PodB1);
        await service.UpdateAsync(spec => spec.LoadBalancerSourceRanges = null);
        await ReachesAsync(PodA1.Host, service.Ingress(address), PodB1);
        await ReachesAsync(PodA2.Host, service.Ingress(address), PodB1);
    }

    [Fact(DisplayName = "LoadBalancers should be able to create LoadBalancer Service without NodePort and change it")]
    public async Task WithoutNodePort()
    {
        var (service, address) = await CreateAsync("reallocate-nodeport-test", "Cluster", spec => spec.AllocateLoadBalancerNodePorts = false);
        await service.SetEndpointsAsync(PodA1);
        service.Spec.Ports[0].NodePort.GetValueOrDefault().ShouldBe(0);
        await ReachesAsync(Client, service.Ingress(address), PodA1);
        await service.UpdateAsync(spec => spec.AllocateLoadBalancerNodePorts = true);
        await ReachesAsync(Client, service.Ingress(address), PodA1);
        await ReachesAsync(Client, service.NodePort(NodeB), PodA1);
    }

    [Fact(DisplayName = "LoadBalancers ExternalTrafficPolicy: Local should work for type=LoadBalancer")]
    public async Task LocalLoadBalancer()
    {
        var (service, address) = await CreateAsync("external-local-lb", "Local");
        await service.SetEndpointsAsync(PodA1);
        int check = service.Spec.HealthCheckNodePort!.Value;
        await ReachesAsync(Client, service.Ingress(address), PodA1);
        await ProbesAsync(Client, NodeA, check, "200");
        await service.UpdateAsync(spec => spec.Type = "ClusterIP");
        foreach (var node in (Host[])[NodeA, NodeB]) await ProbesAsync(Client, node, check, Host.Refused);
    }

    [Fact(DisplayName = "LoadBalancers ExternalTrafficPolicy: Local should work for type=NodePort")]
    public async Task LocalNodePort()
    {
        var service = await CreateAsync("external-local-nodeport", spec =>
        {
            spec.Type = "NodePort";
            spec.ExternalTrafficPolicy = "Local";
            spec.Ports = [PortOf("tcp", 80), PortOf("udp", 80, protocol: "UDP")];
        });
        await service.SetEndpointsAsync(PodA1);
        for (int port = 0; port < 2; port++)
        {
            await ReachesAsync(Client, service.NodePort(NodeA, port), PodA1);
            await ReachesAsync(PodB1.Host, service.NodePort(NodeA, port), PodA1);
            await ReachesNothingAsync(Client, service.NodePort(NodeB, port));
        }

        await service.SetEndpointsAsync(PodA1, PodB1);
        await ReachesAsync(Client, service.NodePort(NodeA), PodA1);
        await ReachesAsync(Client, service.NodePort(NodeB), PodB1);
    }

    [Fact(DisplayName = "LoadBalancers ExternalTrafficPolicy: Local should only target nodes with endpoints")]
    public async Task LocalTargetsNodes()
    {
        var (service, _) = await CreateAsync("external-local-nodes", "Local");
        int check = service.Spec.HealthCheckNodePort!.Value;
        foreach (var (pod, with, without) in new (Pod, Host, Host)[] { (PodA1, NodeA, NodeB), (PodB1, NodeB, NodeA) })
        {
            await service.SetEndpointsAsync(pod);
            await ProbesAsync(Client, with, check, "200");
            await ProbesAsync(Client, without, check, "503");
            await ReachesAsync(Client, service.NodePort(with), pod);
        }
    }

    [Fact(DisplayName = "LoadBalancers ExternalTrafficPolicy: Local should work from pods")]
    public async Task LocalFromPods()
    {
        var (service, address) = await CreateAsync("external-local-pods", "Local");
        await service.SetEndpointsAsync(PodA1);
        await ReachesAsync(PodA2.Host, service.Ingress(address), PodA1);
        // No endpoint on its node: a Pod is inside the cluster, and gets the others.
        await ReachesAsync(PodB1.Host, service.Ingress(address), PodA1);
        await ReachesAsync(NodeB, service.Ingress(address), PodA1);
    }

    [Fact(DisplayName = "LoadBalancers ExternalTrafficPolicy: Local should handle updates to ExternalTrafficPolicy field")]
    public async Task UpdateExternalTrafficPolicy()
    {
        var (service, address) = await CreateAsync("external-local-update", "Local");
        await service.SetEndpointsAsync(PodA1);
        int check = service.Spec.HealthCheckNodePort!.Value;
        await ReachesNothingAsync(Client, service.NodePort(NodeB));
        await ProbesAsync(Client, NodeA, check, "200");

        await service.UpdateAsync(spec => spec.ExternalTrafficPolicy = "Cluster");
        service.Spec.HealthCheckNodePort.GetValueOrDefault().ShouldBe(0);
        await ReachesAsync(Client, service.NodePort(NodeB), PodA1);
        await ReachesAsync(Client, service.NodePort(NodeA), PodA1);
        await ProbesAsync(Client, NodeA, check, Host.Refused);

        await service.UpdateAsync(spec => spec.ExternalTrafficPolicy = "Local");
        await ReachesNothingAsync(Client, service.NodePort(NodeB));
        await ReachesAsync(Client, service.Ingress(address), PodA1);
        await ProbesAsync(Client, NodeA, service.Spec.HealthCheckNodePort!.Value, "200");
    }

    private async Task<(TestedService Service, System.Net.IPAddress Address)> CreateAsync(
        string name, string externalTrafficPolicy, Action<k8s.Models.V1ServiceSpec>? change = null)
    {
        var service = await CreateAsync(name, spec =>
        {
            spec.Type = "LoadBalancer";
            spec.ExternalTrafficPolicy = externalTrafficPolicy;
            change?.Invoke(spec);
        });
        var address = NextLoadBalancerIP();
        await service.SetIngressAsync(address);
        return (service, address);
    }
}
