using UserProxy.ConformanceTests.Cluster;
using UserProxy.FunctionalTests.Cluster;

namespace UserProxy.ConformanceTests.Cases;

/// <summary>Endpoints that serve while they terminate, when no other is ready (KEP-1669). Upstream: service.go.</summary>
public sealed class TerminatingEndpointCases(ConformanceCluster cluster) : ConformanceCase(cluster)
{
    [Fact(DisplayName = "Services should fallback to terminating endpoints when there are no ready endpoints with internalTrafficPolicy=Cluster")]
    public async Task InternalCluster()
    {
        var service = await CreateAsync("svc-proxy-terminating");
        await TerminateAsync(service);
        foreach (var from in (Pod[])[PodA2, PodB1]) await ReachesAsync(from.Host, service.ClusterIP(), PodA1);
        // One that is ready is preferred.
        await service.SetEndpointsAsync(Terminating(PodA1), PodB1);
        await ReachesAsync(PodA2.Host, service.ClusterIP(), PodB1);
    }

    [Fact(DisplayName = "Services should fallback to local terminating endpoints when there are no ready endpoints with internalTrafficPolicy=Local")]
    public async Task InternalLocal()
    {
        var service = await CreateAsync("svc-proxy-terminating", spec => spec.InternalTrafficPolicy = "Local");
        await TerminateAsync(service);
        await ReachesAsync(PodA2.Host, service.ClusterIP(), PodA1);
        await ReachesNothingAsync(PodB1.Host, service.ClusterIP());
    }

    [Fact(DisplayName = "Services should fallback to terminating endpoints when there are no ready endpoints with externallTrafficPolicy=Cluster")]
    public async Task ExternalCluster()
    {
        var service = await CreateAsync("svc-proxy-terminating", spec => spec.Type = "NodePort");
        await TerminateAsync(service);
        foreach (var from in (Host[])[PodA2.Host, PodB1.Host, Client])
        {
            await ReachesAsync(from, service.NodePort(NodeA), PodA1);
            await ReachesAsync(from, service.NodePort(NodeB), PodA1);
        }
    }

    [Fact(DisplayName = "Services should fallback to local terminating endpoints when there are no ready endpoints with externalTrafficPolicy=Local")]
    public async Task ExternalLocal()
    {
        var service = await CreateAsync("svc-proxy-terminating", spec =>
        {
            spec.Type = "NodePort";
            spec.ExternalTrafficPolicy = "Local";
        });
        await TerminateAsync(service);
        foreach (var from in (Host[])[PodA2.Host, PodB1.Host, Client]) await ReachesAsync(from, service.NodePort(NodeA), PodA1);
        foreach (var from in (Host[])[PodA2.Host, Client]) await ReachesNothingAsync(from, service.NodePort(NodeB));
    }

    [Fact(DisplayName = "Services should fail health check node port if there are only terminating endpoints")]
    public async Task HealthCheck()
    {
        var service = await CreateAsync("svc-proxy-terminating", spec =>
        {
            spec.Type = "LoadBalancer";
            spec.ExternalTrafficPolicy = "Local";
        });
        int check = service.Spec.HealthCheckNodePort!.Value;
        await service.SetEndpointsAsync(PodA1);
        await ProbesAsync(Client, NodeA, check, "200");
        await ProbesAsync(Client, NodeB, check, "503");
        await service.SetEndpointsAsync(Terminating(PodA1));
        await ProbesAsync(Client, NodeA, check, "503");
        await ReachesAsync(PodA2.Host, service.NodePort(NodeA), PodA1);
        await ReachesAsync(Client, service.NodePort(NodeA), PodA1);
    }

    private static PodEndpoint Terminating(Pod pod) => new(pod) { IsTerminating = true };

    private async Task TerminateAsync(TestedService service)
    {
        await service.SetEndpointsAsync(PodA1);
        await ReachesAsync(PodA2.Host, service.Spec.Type == "NodePort" ? service.NodePort(NodeA) : service.ClusterIP(), PodA1);
        await service.SetEndpointsAsync(Terminating(PodA1));
    }
}
