using UserProxy.ConformanceTests.Cluster;
using UserProxy.FunctionalTests.Cluster;

namespace UserProxy.ConformanceTests.Cases;

/// <summary>Services and endpoints that come and go, and endpoints that are not ready. Upstream: service.go.</summary>
public sealed class EndpointCases(ConformanceCluster cluster) : ConformanceCase(cluster)
{
    [Fact(DisplayName = "Services should be able to up and down services")]
    public async Task UpAndDown()
    {
        var one = await CreateAsync("up-down-1");
        var two = await CreateAsync("up-down-2");
        await one.SetEndpointsAsync(PodA1, PodA2, PodB1);
        await two.SetEndpointsAsync(PodA1, PodA2, PodB1);
        var clusterIP = one.ClusterIP();
        foreach (var from in (Host[])[NodeB, PodA1.Host])
        {
            await ReachesAsync(from, one.ClusterIP(), PodA1, PodA2, PodB1);
            await ReachesAsync(from, two.ClusterIP(), PodA1, PodA2, PodB1);
        }

        await one.DeleteAsync();
        await ReachesNothingAsync(NodeB, clusterIP);
        await ReachesAsync(NodeB, two.ClusterIP(), PodA1, PodA2, PodB1);
        var three = await CreateAsync("up-down-3");
        await three.SetEndpointsAsync(PodA1, PodA2, PodB1);
        await ReachesAsync(PodA1.Host, three.ClusterIP(), PodA1, PodA2, PodB1);
        await ReachesAsync(PodA1.Host, two.ClusterIP(), PodA1, PodA2, PodB1);
    }

    [Fact(DisplayName = "Services should work after the service has been recreated")]
    public async Task Recreated()
    {
        var service = await CreateAsync("service-deletion");
        await service.SetEndpointsAsync(PodA1);
        await ReachesAsync(PodB1.Host, service.ClusterIP(), PodA1);
        var before = service.ClusterIP();
        await service.DeleteAsync();
        await ReachesNothingAsync(PodB1.Host, before);
        var again = await TestedService.CreateAsync(Cluster.Api, service.Name, new k8s.Models.V1ServiceSpec { Ports = [PortOf("http", 80)] });
        await again.SetEndpointsAsync(PodA1);
        await ReachesAsync(PodB1.Host, again.ClusterIP(), PodA1);
    }

    [Fact(DisplayName = "Services should be rejected when no endpoints exist")]
    public async Task NoEndpoints()
    {
        var service = await CreateAsync("no-pods", spec =>
        {
            spec.Type = "NodePort";
            spec.Ports = [PortOf("tcp", 80), PortOf("udp", 80, protocol: "UDP")];
        });
        await service.SetEndpointsAsync();
        for (int port = 0; port < 2; port++)
        {
            await IsRefusedAsync(PodA1.Host, service.ClusterIP(port));
            await IsRefusedAsync(NodeB, service.ClusterIP(port));
            await IsRefusedAsync(Client, service.NodePort(NodeB, port));
        }
    }

    [Fact(DisplayName = "Services should be rejected for evicted pods (no endpoints exist)")]
    public async Task Evicted()
    {
        var service = await CreateAsync("evicted-pods", spec => spec.PublishNotReadyAddresses = true);
        await service.SetEndpointsAsync(PodA1);
        await ReachesAsync(PodA2.Host, service.ClusterIP(), PodA1);
        await service.SetEndpointsAsync();
        await IsRefusedAsync(PodA2.Host, service.ClusterIP());
    }

    [Fact(DisplayName = "Services should create endpoints for unready pods")]
    public async Task UnreadyPods()
    {
        var service = await CreateAsync("tolerate-unready", spec => spec.PublishNotReadyAddresses = true);
        var pod = new PodEndpoint(PodA1) { IsReady = false };
        await service.SetEndpointsAsync(pod);
        await ReachesAsync(PodB1.Host, service.ClusterIP(), PodA1);
        await service.SetEndpointsAsync(pod with { IsTerminating = true });
        await service.UpdateAsync(spec => spec.PublishNotReadyAddresses = false);
        await ReachesNothingAsync(PodB1.Host, service.ClusterIP());
        await service.UpdateAsync(spec => spec.PublishNotReadyAddresses = true);
        await ReachesAsync(PodB1.Host, service.ClusterIP(), PodA1);
    }

    [Fact(DisplayName = "Services should be able to connect to terminating and unready endpoints if PublishNotReadyAddresses is true")]
    public async Task TerminatingAndUnready_Published()
    {
        var service = await CreateAsync("svc-tolerate-unready", spec =>
        {
            spec.Type = "NodePort";
            spec.PublishNotReadyAddresses = true;
        });
        await service.SetEndpointsAsync(new PodEndpoint(PodA1) { IsReady = false, IsTerminating = true });
        foreach (var target in (Target[])[service.ClusterIP(), service.NodePort(NodeA), service.NodePort(NodeB)]) await ReachesAsync(PodB1.Host, target, PodA1);
    }

    [Fact(DisplayName = "Services should not be able to connect to terminating and unready endpoints if PublishNotReadyAddresses is false")]
    public async Task TerminatingAndUnready_NotPublished()
    {
        var service = await CreateAsync("svc-not-tolerate-unready", spec => spec.Type = "NodePort");
        await service.SetEndpointsAsync(PodA1);
        Target[] targets = [service.ClusterIP(), service.NodePort(NodeA), service.NodePort(NodeB)];
        foreach (var target in targets) await ReachesAsync(PodB1.Host, target, PodA1);
        await service.SetEndpointsAsync(new PodEndpoint(PodA1) { IsReady = false, IsTerminating = true });
        foreach (var target in targets) await ReachesNothingAsync(PodB1.Host, target);
    }
}
