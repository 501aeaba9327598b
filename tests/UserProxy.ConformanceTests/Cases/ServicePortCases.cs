using UserProxy.ConformanceTests.Cluster;

namespace UserProxy.ConformanceTests.Cases;

/// <summary>Ports of Services and of their Pods. Upstream: service.go, endpointslice.go.</summary>
public sealed class ServicePortCases(ConformanceCluster cluster) : ConformanceCase(cluster)
{
    [Fact(DisplayName = "Services should serve a basic endpoint from pods")]
    public async Task BasicEndpoint()
    {
        var service = await CreateAsync("endpoint-test2");
        await service.SetEndpointsAsync();
        await IsRefusedAsync(PodB1.Host, service.ClusterIP());
        await service.SetEndpointsAsync(PodA1);
        await ReachesAsync(PodB1.Host, service.ClusterIP(), PodA1);
        await service.SetEndpointsAsync(PodA1, PodA2);
        await ReachesAsync(PodB1.Host, service.ClusterIP(), PodA1, PodA2);
        await service.SetEndpointsAsync(PodA2);
        await ReachesAsync(PodB1.Host, service.ClusterIP(), PodA2);
        await service.SetEndpointsAsync();
        await IsRefusedAsync(PodB1.Host, service.ClusterIP());
    }

    [Fact(DisplayName = "Services should serve multiport endpoints from pods")]
    public async Task MultiportEndpoints()
    {
        var service = await CreateAsync("multi-endpoint-test", spec => spec.Ports = [PortOf("portname1", 80), PortOf("portname2", 81, PodServers.Other)]);
        await service.SetEndpointsAsync(new PodEndpoint(PodA1) { Ports = ["portname1"] }, new PodEndpoint(PodB1) { Ports = ["portname2"] });
        await ReachesAsync(PodA2.Host, service.ClusterIP(), PodA1);
        await ReachesAsync(PodA2.Host, service.ClusterIP(1), [PodServers.NameOf(PodB1.Name, PodServers.Other)]);
        await service.SetEndpointsAsync(new PodEndpoint(PodB1) { Ports = ["portname2"] });
        await IsRefusedAsync(PodA2.Host, service.ClusterIP());
        await ReachesAsync(PodA2.Host, service.ClusterIP(1), [PodServers.NameOf(PodB1.Name, PodServers.Other)]);
    }

    [Fact(DisplayName = "Services should serve endpoints on same port and different protocols")]
    public async Task SamePortDifferentProtocols()
    {
        var service = await CreateAsync("multiprotocol-test", spec => spec.Ports = [PortOf("tcp", 80), PortOf("udp", 80, protocol: "UDP")]);
        await service.SetEndpointsAsync(new PodEndpoint(PodA1) { Ports = ["tcp"] }, new PodEndpoint(PodB1) { Ports = ["udp"] });
        await ReachesAsync(PodA2.Host, service.ClusterIP(), PodA1);
        await ReachesAsync(PodA2.Host, service.ClusterIP(1), PodB1);
        var udp = service.ClusterIP(1);
        await service.UpdateAsync(spec => spec.Ports = [PortOf("tcp", 80)]);
        await IsRefusedAsync(PodA2.Host, udp);
        await ReachesAsync(PodA2.Host, service.ClusterIP(), PodA1);
    }

    [Fact(DisplayName = "Services should be updated after adding or deleting ports")]
    public async Task AddAndDeletePorts()
    {
        var service = await CreateAsync("edit-port-test", spec => spec.Ports = [PortOf("portname1", 80)]);
        await service.SetEndpointsAsync(PodA1);
        await ReachesAsync(PodA2.Host, service.ClusterIP(), PodA1);
        await service.UpdateAsync(spec => spec.Ports = [.. spec.Ports, PortOf("portname2", 81)]);
        await service.SetEndpointsAsync(new PodEndpoint(PodA1) { Ports = ["portname1"] }, new PodEndpoint(PodB1) { Ports = ["portname2"] });
        await ReachesAsync(PodA2.Host, service.ClusterIP(), PodA1);
        await ReachesAsync(PodA2.Host, service.ClusterIP(1), PodB1);
        var deleted = service.ClusterIP(1);
        await service.UpdateAsync(spec => spec.Ports = [spec.Ports[0]]);
        await ReachesNothingAsync(PodA2.Host, deleted);
        await ReachesAsync(PodA2.Host, service.ClusterIP(), PodA1);
    }

    /// <summary>Not upstream's: the name is what joins a Service's port to a slice's, and both change in two writes.</summary>
    [Fact(DisplayName = "Services should be updated after renaming ports")]
    public async Task RenamePorts()
    {
        var service = await CreateAsync("rename-port-test", spec => spec.Ports = [PortOf("a", 80)]);
        await service.SetEndpointsAsync(PodA1);
        await ReachesAsync(PodB1.Host, service.ClusterIP(), PodA1);
        await service.UpdateAsync(spec => spec.Ports[0].Name = "b");
        await ReachesAsync(PodB1.Host, service.ClusterIP(), PodA1);
        await service.UpdateAsync(spec => spec.Ports[0].TargetPort = PodServers.Other);
        await ReachesAsync(PodB1.Host, service.ClusterIP(), [PodServers.NameOf(PodA1.Name, PodServers.Other)]);
    }

    [Fact(DisplayName = "EndpointSlice should support a Service with multiple ports specified in multiple EndpointSlices")]
    public async Task PortsInSeveralSlices()
    {
        var service = await CreateAsync("example-custom-endpoints", spec => spec.Ports = [PortOf("port80", 80), PortOf("port81", 81)]);
        string family = service.Spec.IpFamilies[0];
        await service.PutSliceAsync(
            service.Name + "-a", family, [new() { Name = "port80", Port = PodServers.Named, Protocol = "TCP" }], [TestedService.EndpointOf(PodA1, family)]);
        await service.PutSliceAsync(
            service.Name + "-b", family, [new() { Name = "port81", Port = PodServers.Other, Protocol = "TCP" }], [TestedService.EndpointOf(PodA1, family)]);
        await ReachesAsync(PodB1.Host, service.ClusterIP(), PodA1);
        await ReachesAsync(PodB1.Host, service.ClusterIP(1), [PodServers.NameOf(PodA1.Name, PodServers.Other)]);
    }

    [Fact(DisplayName = "EndpointSlice should support a Service with multiple endpoint IPs specified in multiple EndpointSlices")]
    public async Task EndpointsInSeveralSlices()
    {
        var service = await CreateAsync("example-custom-endpoints", spec => spec.Ports = [PortOf("port80", 80), PortOf("port81", 81)]);
        string family = service.Spec.IpFamilies[0];
        await service.PutSliceAsync(
            service.Name + "-a", family, [new() { Name = "port80", Port = PodServers.Named, Protocol = "TCP" }], [TestedService.EndpointOf(PodA1, family)]);
        await service.PutSliceAsync(
            service.Name + "-b", family, [new() { Name = "port81", Port = PodServers.Named, Protocol = "TCP" }], [TestedService.EndpointOf(PodB1, family)]);
        await ReachesAsync(PodA2.Host, service.ClusterIP(), PodA1);
        await ReachesAsync(PodA2.Host, service.ClusterIP(1), PodB1);
        // Both for one port.
        await service.PutSliceAsync(
            service.Name + "-b", family, [new() { Name = "port80", Port = PodServers.Named, Protocol = "TCP" }], [TestedService.EndpointOf(PodB1, family)]);
        await ReachesAsync(PodA2.Host, service.ClusterIP(), PodA1, PodB1);
        await IsRefusedAsync(PodA2.Host, service.ClusterIP(1));
    }
}
