using k8s.Models;
using UserProxy.ConformanceTests.Cluster;
using UserProxy.ConformanceTests.Report;
using UserProxy.FunctionalTests.Cluster;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.ConformanceTests.Cases;

/// <summary>A UDP client that keeps its port while the Pods behind the Service change. Upstream: conntrack.go, loadbalancer.go.</summary>
public sealed class ConntrackCases(ConformanceCluster cluster) : ConformanceCase(cluster)
{
    [Fact(DisplayName = "Conntrack should be able to preserve UDP traffic when server pod cycles for a NodePort service")]
    public async Task NodePort()
    {
        var service = await CreateUdpAsync(spec => spec.Type = "NodePort");
        await CyclesAsync(service, Client, service.NodePort(NodeB), PodB1, PodA1);
    }

    [Fact(DisplayName = "Conntrack should be able to preserve UDP traffic when server pod cycles for a ClusterIP service")]
    public async Task ClusterIP()
    {
        var service = await CreateUdpAsync();
        await CyclesAsync(service, PodA1.Host, service.ClusterIP(), PodB1, PodA2);
    }

    [Fact(
        DisplayName =
            "Conntrack should be able to preserve UDP traffic when server pod cycles for a ClusterIP service with InternalTrafficPolicy set to Local")]
    public async Task ClusterIPLocal()
    {
        var service = await CreateUdpAsync(spec => spec.InternalTrafficPolicy = "Local");
        using var client = Connect(NodeA, service.ClusterIP());
        await service.SetEndpointsAsync(PodA1);
        await ReachesAsync(client, NodeA, service.ClusterIP(), PodA1.Name);
        await service.SetEndpointsAsync(PodA1, PodB1);
        await ReachesAsync(client, NodeA, service.ClusterIP(), PodA1.Name);
        await service.SetEndpointsAsync(PodB1);
        await ReachesAsync(client, NodeA, service.ClusterIP(), Host.Refused);
        await service.SetEndpointsAsync(PodA2, PodB1);
        await ReachesAsync(client, NodeA, service.ClusterIP(), PodA2.Name);
    }

    [Fact(DisplayName = "Conntrack should be able to preserve UDP traffic when server pod cycles for a ClusterIP service and client is hostNetwork")]
    public async Task ClusterIPFromNode()
    {
        var service = await CreateUdpAsync();
        await CyclesAsync(service, NodeB, service.ClusterIP(), PodA1, PodB1);
    }

    [Fact(DisplayName = "Conntrack should be able to preserve UDP traffic when initial unready endpoints get ready")]
    public async Task UnreadyGetReady()
    {
        var service = await CreateUdpAsync();
        using var client = Connect(PodA2.Host, service.ClusterIP());
        await ReachesAsync(client, PodA2.Host, service.ClusterIP(), Host.Refused);
        await service.SetEndpointsAsync(new PodEndpoint(PodB1) { IsReady = false });
        await ReachesAsync(client, PodA2.Host, service.ClusterIP(), Host.Refused);
        await service.SetEndpointsAsync(PodB1);
        await ReachesAsync(client, PodA2.Host, service.ClusterIP(), PodB1.Name);
    }

    /// <summary>Not upstream's: the endpoint stays, and is another one all the same.</summary>
    [Fact(DisplayName = "Conntrack should be able to preserve UDP traffic when the target port changes")]
    public async Task TargetPortChanges()
    {
        var service = await CreateUdpAsync(spec => spec.Type = "NodePort");
        await service.SetEndpointsAsync(PodB1);
        using var client = Connect(Client, service.NodePort(NodeA));
        await ReachesAsync(client, Client, service.NodePort(NodeA), PodB1.Name);
        await service.UpdateAsync(spec => spec.Ports[0].TargetPort = PodServers.Other);
        await ReachesAsync(client, Client, service.NodePort(NodeA), PodServers.NameOf(PodB1.Name, PodServers.Other));
    }

    [Theory(DisplayName = "LoadBalancers should be able to preserve UDP traffic when server pod cycles for a LoadBalancer service")]
    [InlineData("on different nodes")]
    [InlineData("on the same nodes")]
    public async Task LoadBalancer(string where)
    {
        var address = NextLoadBalancerIP();
        var service = await CreateUdpAsync(spec => spec.Type = "LoadBalancer");
        await service.SetIngressAsync(address);
        await CyclesAsync(service, Client, service.Ingress(address), PodA1, where == "on the same nodes" ? PodA2 : PodB1);
    }

    private Task<TestedService> CreateUdpAsync(Action<V1ServiceSpec>? change = null) => CreateAsync("svc-udp", spec =>
    {
        spec.Ports = [PortOf("udp", 80, protocol: "UDP")];
        change?.Invoke(spec);
    });

    private DatagramClient Connect(Host from, Target target)
    {
        if (Testbed.WhyNot(from, target) is { } whyNot) throw ReportTable.Skip(whyNot);
        return Testbed.Connect(from, target);
    }

    /// <summary>Asked from before there is an endpoint until there is another one than at first.</summary>
    private async Task CyclesAsync(TestedService service, Host from, Target target, Pod first, Pod second)
    {
        using var client = Connect(from, target);
        await ReachesAsync(client, from, target, Host.Refused);
        await service.SetEndpointsAsync(first);
        await ReachesAsync(client, from, target, first.Name);
        await service.SetEndpointsAsync(first, second);
        await service.SetEndpointsAsync(second);
        await ReachesAsync(client, from, target, second.Name);
        await service.SetEndpointsAsync();
        await ReachesAsync(client, from, target, Host.Refused);
        await service.SetEndpointsAsync(first);
        await ReachesAsync(client, from, target, first.Name);
    }
}
