using UserProxy.ConformanceTests.Cluster;

namespace UserProxy.ConformanceTests.Cases;

/// <summary>The proxy, or the API server, goes and comes back. Upstream: service.go, [Disruptive].</summary>
[Collection(nameof(Alone))]
public sealed class RestartCases(ConformanceCluster cluster) : ConformanceCase(cluster)
{
    [Theory(DisplayName = "Services should work after restarting kube-proxy")]
    [InlineData("TERM")]
    [InlineData("KILL")]
    public async Task ProxyRestarts(string signal)
    {
        var proxy = Cluster.Nodes.ProxyOf(NodeB);
        var one = await CreateAsync("restart-proxy-1", spec => spec.Type = "NodePort");
        await one.SetEndpointsAsync(PodA1, PodB1);
        await ReachesAsync(PodB1.Host, one.ClusterIP(), PodA1, PodB1);
        await proxy.StopAsync(signal);
        // While it is away, one Service comes and the other changes.
        var two = await CreateAsync("restart-proxy-2");
        await two.SetEndpointsAsync(PodA2);
        await one.SetEndpointsAsync(PodA1);
        await proxy.StartAsync();
        await ReachesAsync(PodB1.Host, one.ClusterIP(), PodA1);
        await ReachesAsync(Client, one.NodePort(NodeB), PodA1);
        await ReachesAsync(PodB1.Host, two.ClusterIP(), PodA2);
    }

    [Fact(DisplayName = "Services should work after restarting apiserver")]
    public async Task ApiServerRestarts()
    {
        ApiGate[] gates = [Cluster.Nodes.GateOf(NodeA), Cluster.Nodes.GateOf(NodeB)];
        var one = await CreateAsync("restart-apiserver-1");
        await one.SetEndpointsAsync(PodA1, PodB1);
        await ReachesAsync(PodA2.Host, one.ClusterIP(), PodA1, PodB1);
        foreach (var gate in gates) await gate.ShutAsync();
        await ReachesAsync(PodA2.Host, one.ClusterIP(), PodA1, PodB1);
        var two = await CreateAsync("restart-apiserver-2");
        await two.SetEndpointsAsync(PodB1);
        await one.SetEndpointsAsync(PodA1);
        foreach (var gate in gates) gate.Open();
        await ReachesAsync(PodA2.Host, two.ClusterIP(), PodB1);
        await ReachesAsync(PodA2.Host, one.ClusterIP(), PodA1);
    }
}
