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

    /// <summary>A run that was killed and the next one: seen from the kernel's routes and from the clients, nothing happens in between.</summary>
    [Fact]
    public async Task Restart_AfterAKill_OnASnapshot_NoRouteOfItsIsTouched()
    {
        Tool.SkipUnlessInstalled("stdbuf");
        var names = fixture.NextCase();
        var cluster = fixture.Cluster;
        var node = cluster.NodeB;
        string state = Directory.CreateTempSubdirectory("userproxy-state-").FullName;
        string arguments = $"--state-dir {state}";
        await cluster.StopAsync(node, "TERM");
        cluster.Start(node, arguments);
        cluster.Write(
            names.Service, Yaml.Service(names.Service, $"clusterIP: {names.ClusterIP}\nports: [{{port: 80}}]")
                + Yaml.Slice(names.Service, names.Service, cluster.PodB1));
        await cluster.PodB1.Host.ShouldGetAsync(names.ClusterIP, 80, "pod-b1");
        await Eventually.IsTrue(() => Holds(state, names.Service), "the snapshot has the Service");
        string seen = Path.Combine(state, "routes");
        await using var monitor = Tool.Start("sh", "-c", $"exec stdbuf -oL ip -n {node.Namespace} -o monitor route > {seen}");
        // Of a route that only this case makes: until it is seen, the monitor may not be there yet.
        await Eventually.IsTrue(
            async () =>
            {
                await node.RunAsync("ip", "route", "replace", "local", "10.99.0.1/32", "dev", "lo", "table", "local");
                await node.RunAsync("ip", "route", "del", "local", "10.99.0.1/32", "dev", "lo", "table", "local");
                return File.Exists(seen) && File.ReadAllText(seen).Contains("Deleted", StringComparison.Ordinal);
            },
            "the monitor sees what happens");

        await cluster.StopAsync(node, "KILL");
        cluster.Start(node, arguments);
        await cluster.PodB1.Host.ShouldGetAsync(names.ClusterIP, 80, "pod-b1");
        using (var admin = new AdminSocket(cluster.AdminSocketOf(node)))
            await Eventually.IsTrue(async () => (await admin.StatusAsync()).GetProperty("source").GetString() != "snapshot", "the source is served");

        cluster.LogOf(node).ShouldContain("source snapshot: ");
        File.ReadAllText(seen).ShouldNotContain("proto 117");
        cluster.Remove(names.Service);
        await Eventually.IsTrue(() => File.ReadAllText(seen).Contains("proto 117", StringComparison.Ordinal), "one that nobody wants any more is seen to go");
        await cluster.StopAsync(node, "TERM");
        cluster.Start(node);
        Directory.Delete(state, recursive: true);
    }

    /// <summary>Whether the file in the state folder names it.</summary>
    private static bool Holds(string folder, string name)
    {
        string file = Path.Combine(folder, "services.snapshot");
        return File.Exists(file) && File.ReadAllText(file).Contains(name, StringComparison.Ordinal);
    }

    private static async Task<string> RoutesAsync(Host node) =>
        await node.RunAsync("ip", "route", "show", "table", "local", "proto", "117")
            + await node.RunAsync("ip", "-6", "route", "show", "table", "local", "proto", "117");
}
