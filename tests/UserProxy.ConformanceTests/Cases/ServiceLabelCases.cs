using UserProxy.ConformanceTests.Cluster;
using UserProxy.FunctionalTests.Cluster;

namespace UserProxy.ConformanceTests.Cases;

/// <summary>Labels that keep a proxy away, and headless Services. Upstream: service.go.</summary>
public sealed class ServiceLabelCases(ConformanceCluster cluster) : ConformanceCase(cluster)
{
    private const string ProxyName = "service.kubernetes.io/service-proxy-name", Headless = "service.kubernetes.io/headless";

    [Fact(DisplayName = "Services should implement service.kubernetes.io/service-proxy-name")]
    public async Task ServiceProxyName()
    {
        var disabled = await CreateAsync("service-proxy-disabled", labels: new() { [ProxyName] = "foo-bar" });
        var toggled = await CreateAsync("service-proxy-toggled");
        foreach (var service in (TestedService[])[disabled, toggled]) await service.SetEndpointsAsync(PodA1, PodB1);
        await ReachesAsync(PodA2.Host, toggled.ClusterIP(), PodA1, PodB1);
        await ReachesNothingAsync(PodA2.Host, disabled.ClusterIP());
        await toggled.SetProxyAsync("foo-bar");
        await ReachesNothingAsync(PodA2.Host, toggled.ClusterIP());
        await toggled.SetProxyAsync(null);
        await ReachesAsync(PodA2.Host, toggled.ClusterIP(), PodA1, PodB1);
        await ReachesNothingAsync(PodA2.Host, disabled.ClusterIP());
    }

    /// <summary>The controllers copy the label to the slices; a proxy need not look at the Service's.</summary>
    [Fact(DisplayName = "Services should implement service.kubernetes.io/headless")]
    public async Task HeadlessLabel()
    {
        var headless = await CreateAsync("service-headless", labels: new() { [Headless] = "" });
        var toggled = await CreateAsync("service-headless-toggled");
        foreach (var service in (TestedService[])[headless, toggled]) await service.SetEndpointsAsync(PodA1, PodB1);
        await ReachesAsync(PodA2.Host, toggled.ClusterIP(), PodA1, PodB1);
        await ReachesNothingAsync(PodA2.Host, headless.ClusterIP());
        await toggled.SetLabelAsync(Headless, "");
        await ReachesNothingAsync(PodA2.Host, toggled.ClusterIP());
        await toggled.SetLabelAsync(Headless, null);
        await ReachesAsync(PodA2.Host, toggled.ClusterIP(), PodA1, PodB1);
        await ReachesNothingAsync(PodA2.Host, headless.ClusterIP());
    }

    /// <summary>Not upstream's: what has no ClusterIP is nobody's to serve, and takes nothing of its neighbours.</summary>
    [Fact(DisplayName = "Services should leave headless services alone")]
    public async Task NoClusterIP()
    {
        var headless = await CreateAsync("headless", spec => spec.ClusterIP = "None");
        var neighbour = await CreateAsync("headless-neighbour");
        await headless.SetEndpointsAsync(PodA1);
        await neighbour.SetEndpointsAsync(PodB1);
        await ReachesAsync(PodA2.Host, neighbour.ClusterIP(), PodB1);
        headless.Spec.ClusterIP.ShouldBe("None");
        await ReachesAsync(PodA2.Host, new Target("Pod", PodA1.Host.Address, Pod.Port, IsUdp: false), PodA1);
    }
}
