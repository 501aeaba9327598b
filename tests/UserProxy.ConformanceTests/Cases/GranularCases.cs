using k8s.Models;
using UserProxy.ConformanceTests.Cluster;
using UserProxy.ConformanceTests.Report;
using UserProxy.FunctionalTests.Cluster;

namespace UserProxy.ConformanceTests.Cases;

/// <summary>The granular checks of Services, over one family of the Service's addresses. Upstream: networking.go, dual_stack.go; its http is any TCP.</summary>
public abstract class GranularCases(ConformanceCluster cluster, int family) : ConformanceCase(cluster)
{
    [Theory(DisplayName = "Granular Checks: Services should function for pod-Service")]
    [InlineData("TCP")]
    [InlineData("UDP")]
    public Task PodService(string protocol) => FunctionsAsync(protocol, PodA2.Host, PodA1, PodB1);

    [Theory(DisplayName = "Granular Checks: Services should function for node-Service")]
    [InlineData("TCP")]
    [InlineData("UDP")]
    public Task NodeService(string protocol) => FunctionsAsync(protocol, NodeB, PodA1, PodB1);

    [Theory(DisplayName = "Granular Checks: Services should function for endpoint-Service")]
    [InlineData("TCP")]
    [InlineData("UDP")]
    public Task EndpointService(string protocol) => FunctionsAsync(protocol, PodA1.Host, PodA1, PodA2, PodB1);

    [Fact(DisplayName = "Granular Checks: Services should function for multiple endpoint-Services with same selector")]
    public async Task SameSelector()
    {
        var one = await CreateAsync("TCP", PodA1, PodB1);
        var two = await CreateAsync("TCP", PodA1, PodB1);
        foreach (var service in (TestedService[])[one, two]) await ReachesAsync(PodA1.Host, service.ClusterIP(0, family), PodA1, PodB1);
        await one.DeleteAsync();
        await ReachesAsync(PodA1.Host, two.ClusterIP(0, family), PodA1, PodB1);
        await ReachesAsync(PodA1.Host, NodePort(two, NodeB), PodA1, PodB1);
    }

    [Theory(DisplayName = "Granular Checks: Services should update endpoints")]
    [InlineData("TCP")]
    [InlineData("UDP")]
    public async Task UpdateEndpoints(string protocol)
    {
        var service = await CreateAsync(protocol, PodA1, PodA2);
        await ReachesAsync(PodB1.Host, service.ClusterIP(0, family), PodA1, PodA2);
        await service.SetEndpointsAsync(PodA2);
        await ReachesAsync(PodB1.Host, service.ClusterIP(0, family), PodA2);
        await service.SetEndpointsAsync(PodA2, PodB1);
        await ReachesAsync(PodB1.Host, service.ClusterIP(0, family), PodA2, PodB1);
    }

    [Theory(DisplayName = "Granular Checks: Services should update nodePort")]
    [InlineData("TCP")]
    [InlineData("UDP")]
    public async Task UpdateNodePort(string protocol)
    {
        var service = await CreateAsync(protocol, PodA1, PodB1);
        var target = NodePort(service, NodeA);
        await ReachesAsync(NodeA, target, PodA1, PodB1);
        await service.DeleteAsync();
        await ReachesNothingAsync(NodeA, target);
        await ReachesNothingAsync(Client, target);
    }

    [Theory(DisplayName = "Granular Checks: Services should function for client IP based session affinity")]
    [InlineData("TCP")]
    [InlineData("UDP")]
    public async Task SessionAffinity(string protocol)
    {
        var service = await CreateAsync(protocol, PodA1, PodA2, PodB1);
        await SpreadsAsync(PodA1.Host, service.ClusterIP(0, family));
        await service.UpdateAsync(spec => spec.SessionAffinity = "ClientIP");
        await SticksAsync(PodA1.Host, service.ClusterIP(0, family));
    }

    [Theory(DisplayName = "Granular Checks: Services should be able to handle large requests")]
    [InlineData("TCP")]
    [InlineData("UDP")]
    public async Task LargeRequests(string protocol)
    {
        var service = await CreateAsync(protocol, PodB1);
        await service.UpdateAsync(spec => spec.Ports[0].TargetPort = PodServers.Echo);
        string request = "n" + new string('o', 1999);
        var target = service.ClusterIP(0, family);
        await LookAsync($"{PodA1.Name} sends 2000 bytes to {target}", "the same bytes", async () =>
        {
            string answer = await Testbed.EchoAsync(PodA1.Host, target, request);
            return answer == request ? "the same bytes" : answer;
        });
    }

    [Theory(DisplayName = "Granular Checks: Services should function for service endpoints using hostNetwork")]
    [InlineData("TCP")]
    [InlineData("UDP")]
    public async Task HostNetwork(string protocol)
    {
        var service = await CreateAsync(protocol);
        await service.UpdateAsync(spec => spec.Ports[0].TargetPort = PodServers.OfNode);
        await service.SetEndpointsAsync(new Pod(NodeA, NodeA.Name), new Pod(NodeB, NodeB.Name));
        foreach (var from in (Host[])[PodA1.Host, NodeB])
        {
            await ReachesAsync(from, service.ClusterIP(0, family), [NodeA.Name, NodeB.Name]);
            await ReachesAsync(from, NodePort(service, NodeA), [NodeA.Name, NodeB.Name]);
        }
    }

    private async Task FunctionsAsync(string protocol, Host from, params Pod[] pods)
    {
        var service = await CreateAsync(protocol, pods);
        await ReachesAsync(from, service.ClusterIP(0, family), pods);
        foreach (var node in (Host[])[NodeA, NodeB]) await ReachesAsync(from, NodePort(service, node), pods);
    }

    private async Task<TestedService> CreateAsync(string protocol, params Pod[] pods)
    {
        var service = await CreateAsync("node-port-service", (V1ServiceSpec spec) =>
        {
            spec.Type = "NodePort";
            spec.Ports = [PortOf("port", 80, protocol: protocol)];
            if (family > 0) spec.IpFamilyPolicy = "PreferDualStack";
        });
        if (service.Spec.ClusterIPs.Count <= family) throw ReportTable.Skip("the cluster has one family");
        await service.SetEndpointsAsync([.. pods.Select(pod => (PodEndpoint)pod)]);
        return service;
    }

    private Target NodePort(TestedService service, Host node) => service.NodePort(node, family: family);
}
