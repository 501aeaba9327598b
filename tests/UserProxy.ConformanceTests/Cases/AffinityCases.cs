using k8s.Models;
using UserProxy.ConformanceTests.Cluster;
using UserProxy.FunctionalTests.Cluster;

namespace UserProxy.ConformanceTests.Cases;

/// <summary>Session affinity by client address. Upstream: service.go, loadbalancer.go.</summary>
public sealed class AffinityCases(ConformanceCluster cluster) : ConformanceCase(cluster)
{
    [Fact(DisplayName = "Services should have session affinity work for service with type clusterIP")]
    public async Task ClusterIP() => await SticksAsync(PodB1.Host, (await CreateAsync("affinity-clusterip", "ClusterIP")).ClusterIP());

    [Fact(DisplayName = "Services should have session affinity work for NodePort service")]
    public async Task NodePort()
    {
        var service = await CreateAsync("affinity-nodeport", "NodePort");
        foreach (var node in (Host[])[NodeA, NodeB])
        {
            await SticksAsync(Client, service.NodePort(node));
            await SticksAsync(PodA1.Host, service.NodePort(node));
        }
    }

    [Fact(DisplayName = "Services should have session affinity timeout work for service with type clusterIP")]
    public async Task ClusterIPTimeout() =>
        await TimesOutAsync(PodB1.Host, (await CreateAsync("affinity-clusterip-timeout", "ClusterIP", seconds: 1)).ClusterIP());

    [Fact(DisplayName = "Services should have session affinity timeout work for NodePort service")]
    public async Task NodePortTimeout() =>
        await TimesOutAsync(Client, (await CreateAsync("affinity-nodeport-timeout", "NodePort", seconds: 1)).NodePort(NodeB));

    [Fact(DisplayName = "Services should be able to switch session affinity for service with type clusterIP")]
    public async Task SwitchClusterIP()
    {
        var service = await CreateAsync("affinity-clusterip-transition", "ClusterIP");
        await SwitchesAsync(service, PodA2.Host, service.ClusterIP());
    }

    [Fact(DisplayName = "Services should be able to switch session affinity for NodePort service")]
    public async Task SwitchNodePort()
    {
        var service = await CreateAsync("affinity-nodeport-transition", "NodePort");
        await SwitchesAsync(service, Client, service.NodePort(NodeB));
    }

    [Theory(DisplayName = "LoadBalancers should have session affinity work for LoadBalancer service")]
    [InlineData("Cluster")]
    [InlineData("Local")]
    public async Task LoadBalancer(string externalTrafficPolicy)
    {
        var (service, address) = await CreateLoadBalancerAsync("affinity-lb", externalTrafficPolicy);
        await SticksAsync(Client, service.Ingress(address));
    }

    [Theory(DisplayName = "LoadBalancers should be able to switch session affinity for LoadBalancer service")]
    [InlineData("Cluster")]
    [InlineData("Local")]
    public async Task SwitchLoadBalancer(string externalTrafficPolicy)
    {
        var (service, address) = await CreateLoadBalancerAsync("affinity-lb-transition", externalTrafficPolicy);
        await SwitchesAsync(service, Client, service.Ingress(address));
    }

    private async Task<TestedService> CreateAsync(string name, string type, int? seconds = null, string? externalTrafficPolicy = null)
    {
        var service = await CreateAsync(name, spec =>
        {
            spec.Type = type;
            spec.SessionAffinity = "ClientIP";
            spec.ExternalTrafficPolicy = externalTrafficPolicy;
            if (seconds is not null) spec.SessionAffinityConfig = new V1SessionAffinityConfig { ClientIP = new V1ClientIPConfig { TimeoutSeconds = seconds } };
        });
        await service.SetEndpointsAsync(PodA1, PodA2, PodB1);
        return service;
    }

    private async Task<(TestedService Service, System.Net.IPAddress Address)> CreateLoadBalancerAsync(string name, string externalTrafficPolicy)
    {
        var service = await CreateAsync(name, "LoadBalancer", externalTrafficPolicy: externalTrafficPolicy);
        var address = NextLoadBalancerIP();
        await service.SetIngressAsync(address);
        return (service, address);
    }

    /// <summary>
    /// Sticky while it is asked in a row; somebody else when it has not been asked for longer than the time-out. That is a second, where upstream takes two
    /// minutes.
    /// </summary>
    private async Task TimesOutAsync(Host from, Target target)
    {
        await SticksAsync(from, target);
        var seen = new HashSet<string>();
        await LookAsync(
            $"{from.Name} asks {target} after the time-out",
            "another Pod",
            async () =>
            {
                await Task.Delay(TimeSpan.FromSeconds(1.2));
                seen.Add(await Testbed.AskAsync(from, target));
                return seen.Count > 1 ? "another Pod" : string.Join(", ", seen);
            },
            Testbed.WhyNot(from, target));
    }

    private async Task SwitchesAsync(TestedService service, Host from, Target target)
    {
        await SticksAsync(from, target);
        await service.UpdateAsync(spec => spec.SessionAffinity = "None");
        await SpreadsAsync(from, target);
        await service.UpdateAsync(spec => spec.SessionAffinity = "ClientIP");
        await SticksAsync(from, target);
    }
}
