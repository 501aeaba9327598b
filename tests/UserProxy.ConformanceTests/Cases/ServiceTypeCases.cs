using k8s.Autorest;
using UserProxy.ConformanceTests.Cluster;
using UserProxy.ConformanceTests.Report;
using UserProxy.FunctionalTests.Cluster;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.ConformanceTests.Cases;

/// <summary>Types of Services and changes of them. Upstream: service.go.</summary>
public sealed class ServiceTypeCases(ConformanceCluster cluster) : ConformanceCase(cluster)
{
    [Fact(DisplayName = "Services should be able to create a functioning NodePort service")]
    public async Task CreateNodePort()
    {
        var service = await CreateAsync("nodeport-test", spec => spec.Type = "NodePort");
        await service.SetEndpointsAsync(PodA1, PodB1);
        await IsReachableAsync(service, PodA1, PodB1);
    }

    [Fact(DisplayName = "Services should be possible to connect to a service via ExternalIP when the external IP is not assigned to a node")]
    public async Task ConnectViaExternalIP()
    {
        var address = NextExternalIP();
        TestedService service;
        try
        {
            service = await CreateAsync("externalip-test", spec => spec.ExternalIPs = [$"{address}"]);
        }
        catch (HttpOperationException e) when (e.Response.Content.Contains("denied by admission control", StringComparison.Ordinal))
        {
            throw ReportTable.Skip("the cluster denies external IPs");
        }

        await service.SetEndpointsAsync(PodA1, PodB1);
        await IsReachableAsync(service, PodA1, PodB1);
        await ReachesAsync(PodA2.Host, service.ExternalIP(address), PodA1, PodB1);
        await ReachesAsync(Client, service.ExternalIP(address), PodA1, PodB1);
    }

    [Fact(DisplayName = "Services should be able to update service type to NodePort listening on same port number but different protocols")]
    public async Task UpdateToNodePort_SameNumberOfBothProtocols()
    {
        var service = await CreateAsync("nodeport-update-service");
        await service.SetEndpointsAsync(PodA1, PodB1);
        await IsReachableAsync(service, PodA1, PodB1);
        await service.UpdateAsync(spec =>
        {
            spec.Type = "NodePort";
            spec.Ports = [PortOf("tcp-port", 80)];
        });
        await IsReachableAsync(service, PodA1, PodB1);
        await service.UpdateAsync(spec => spec.Ports = [.. spec.Ports, PortOf("udp-port", 80, protocol: "UDP")]);
        service.Spec.Ports.ShouldAllBe(port => port.NodePort > 0);
        await IsReachableAsync(service, PodA1, PodB1);
    }

    [Fact(DisplayName = "Services should be able to change the type from ExternalName to ClusterIP")]
    public Task ChangeExternalNameToClusterIP() => ChangeFromExternalNameAsync("ClusterIP");

    [Fact(DisplayName = "Services should be able to change the type from ExternalName to NodePort")]
    public Task ChangeExternalNameToNodePort() => ChangeFromExternalNameAsync("NodePort");

    [Fact(DisplayName = "Services should be able to change the type from ClusterIP to ExternalName")]
    public Task ChangeClusterIPToExternalName() => ChangeToExternalNameAsync("ClusterIP");

    [Fact(DisplayName = "Services should be able to change the type from NodePort to ExternalName")]
    public Task ChangeNodePortToExternalName() => ChangeToExternalNameAsync("NodePort");

    [Fact(DisplayName = "Services should release NodePorts on delete")]
    public async Task ReleaseNodePortsOnDelete()
    {
        string? whyNot = !Cluster.HasNodes ? "no program is run on the nodes of a cluster"
            : Tool.FirstMissing("ss") is { } ss ? $"{ss} is not installed"
            : null;
        var service = await CreateAsync("nodeport-reuse", spec => spec.Type = "NodePort");
        await service.SetEndpointsAsync(PodA1);
        int port = service.Spec.Ports[0].NodePort!.Value;
        await ReachesAsync(Client, service.NodePort(NodeB), PodA1);
        var released = new Dictionary<Host, Target> { [NodeA] = service.NodePort(NodeA), [NodeB] = service.NodePort(NodeB) };
        await service.DeleteAsync();
        foreach (var node in (Host[])[NodeA, NodeB])
        {
            await LookAsync(
                $"ss on {node.Name}, port {port}",
                "no listener",
                async () => await node.RunAsync("ss", "-Hltn", $"sport = :{port}") is { Length: > 0 } listener ? listener.Trim() : "no listener",
                whyNot);
            await ReachesNothingAsync(PodA2.Host, released[node]);
        }

        var again = await CreateAsync("nodeport-reuse", spec =>
        {
            spec.Type = "NodePort";
            spec.Ports[0].NodePort = port;
        });
        await again.SetEndpointsAsync(PodB1);
        await ReachesAsync(Client, again.NodePort(NodeA), PodB1);
    }

    private async Task ChangeFromExternalNameAsync(string type)
    {
        var service = await CreateAsync("externalname-service", spec =>
        {
            spec.Type = "ExternalName";
            spec.ExternalName = "example.com";
            spec.Ports = null;
        });
        await service.UpdateAsync(spec =>
        {
            spec.Type = type;
            spec.ExternalName = null;
            spec.Ports = [PortOf("http", 80)];
        });
        await service.SetEndpointsAsync(PodA1, PodB1);
        await IsReachableAsync(service, PodA1, PodB1);
    }

    private async Task ChangeToExternalNameAsync(string type)
    {
        var service = await CreateAsync($"{(type == "NodePort" ? "nodeport" : "clusterip")}-service", spec => spec.Type = type);
        await service.SetEndpointsAsync(PodA1);
        await IsReachableAsync(service, PodA1);
        var clusterIP = service.ClusterIP();
        Target? nodePort = type == "NodePort" ? service.NodePort(NodeB) : null;
        await service.UpdateAsync(spec =>
        {
            spec.Type = "ExternalName";
            spec.ExternalName = "example.com";
        });
        service.Spec.ClusterIP.ShouldBeNullOrEmpty();
        await ReachesNothingAsync(PodA2.Host, clusterIP);
        if (nodePort is not null) await ReachesNothingAsync(Client, nodePort);
    }
}
