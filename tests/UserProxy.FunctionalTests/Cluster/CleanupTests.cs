using UserProxy.FunctionalTests.Support;

namespace UserProxy.FunctionalTests.Cluster;

/// <summary>What a run adds to a node is found again and removed, however that run ended.</summary>
[StartsProgram]
public sealed class CleanupTests(EpollCluster fixture) : IClassFixture<EpollCluster>
{
    [Theory]
    [InlineData("TERM")]
    [InlineData("KILL")]
    public async Task Cleanup_AfterARun_LeavesNothing(string signal)
    {
        var names = fixture.NextCase();
        var cluster = fixture.Cluster;
        var node = cluster.NodeB;
        string spec =
            $"ipFamilies: [IPv4, IPv6]\nclusterIP: {names.ClusterIP}\nclusterIPs: [\"{names.ClusterIP}\", \"{names.ClusterIP6}\"]\nports: [{{port: 80}}]";
        cluster.Write(names.Service, Yaml.Service(names.Service, spec) + Yaml.Slice(names.Service, names.Service, cluster.PodB1));
        await cluster.PodB1.Host.ShouldGetAsync(names.ClusterIP, 80, "pod-b1");
        (await RoutesAsync(node)).ShouldContain(names.ClusterIP.ToString());

        await cluster.StopAsync(node, signal);
        await cluster.CleanupAsync(node);

        (await RoutesAsync(node)).ShouldBe("");
        (await node.RunAsync("nft", "list", "tables")).ShouldNotContain("userproxy");
        // Nothing to do is done, too.
        await cluster.CleanupAsync(node);

        cluster.Start(node);
        await cluster.PodB1.Host.ShouldGetAsync(names.ClusterIP, 80, "pod-b1");
    }

    [Fact]
    public async Task Restart_AfterAKill_TakesItsRoutesOver()
    {
        var names = fixture.NextCase();
        var cluster = fixture.Cluster;
        cluster.Write(
            names.Service, Yaml.Service(names.Service, $"clusterIP: {names.ClusterIP}\nports: [{{port: 80}}]")
                + Yaml.Slice(names.Service, names.Service, cluster.PodB1));
        await cluster.PodB1.Host.ShouldGetAsync(names.ClusterIP, 80, "pod-b1");
        await cluster.StopAsync(cluster.NodeB, "KILL");
        (await cluster.PodB1.Host.AskAsync(names.ClusterIP, 80)).ShouldBe(Host.Refused, "its routes outlive it");

        cluster.Remove(names.Service);
        cluster.Start(cluster.NodeB);

        await Eventually.IsTrue(
            async () => !(await RoutesAsync(cluster.NodeB)).Contains(names.ClusterIP.ToString(), StringComparison.Ordinal),
            "a route of the dead run that nobody wants goes");
    }

    private static async Task<string> RoutesAsync(Host node) =>
        await node.RunAsync("ip", "route", "show", "table", "local", "proto", "117")
            + await node.RunAsync("ip", "-6", "route", "show", "table", "local", "proto", "117");
}
