using UserProxy.FunctionalTests.Support;
using UserProxy.Linux.VirtualIPs;

namespace UserProxy.FunctionalTests.VirtualIPs;

/// <summary><c>userproxy cleanup</c> as a process inside the node.</summary>
[StartsProgram]
public sealed class CleanupTests
{
    private static string[] UserProxy => [TestedProgram.Path];

    [Fact]
    public async Task AfterSigkill_EverythingIsRemoved_AndTheSecondTimeNothing()
    {
        await using var link = await TestLink.CreateAsync();
        await link.Node.IpAsync("route add local 10.96.9.9/32 dev lo table local proto static");
        await link.Node.NftAsync("add table inet others");
        using var manifest = new ManifestFile();
        await using (var run = Tool.Start("ip", [.. Enter(link.Node), .. UserProxy, .. manifest.Run("on")]))
        {
            await Eventually.IsTrue(async () => (await link.Node.OurRoutesAsync()).Count == 2, "the run has added its routes");
            await run.SignalAsync("KILL");
            await run.ExitCodeAsync();
        }

        (await link.Node.OurRoutesAsync()).Count.ShouldBe(2);
        var (_, said) = await Tool.FeedAsync("", "ip", [.. Enter(link.Node), .. UserProxy, "list", "--admin-socket", "/nobody/is/here.sock"]);
        said.ShouldContain("2 routes of virtual IPs are left of a run that has ended");

        (await Tool.RunAsync("ip", [.. Enter(link.Node), .. UserProxy, "cleanup"])).Trim().ShouldBe("removed 2 routes and 2 nftables tables");

        (await link.Node.OurRoutesAsync()).ShouldBeEmpty();
        (await link.Node.NftAsync("list tables")).Trim().ShouldBe("table inet others");
        (await link.Node.IpAsync("route show table local proto static")).ShouldContain("10.96.9.9");
        (await Tool.RunAsync("ip", [.. Enter(link.Node), .. UserProxy, "cleanup"])).Trim().ShouldBe("nothing to remove");
    }

    /// <summary>Files are served by somebody who may be done: nothing of ours stays, and nothing of others goes.</summary>
    [Fact]
    public async Task OrderlyEnd_WithManifests_TakesEverythingBack()
    {
        await using var link = await TestLink.CreateAsync();
        await link.Node.NftAsync("add table inet others");
        using var manifest = new ManifestFile();
        await using var run = Tool.Start("env", [HearsInt, "ip", .. Enter(link.Node), .. UserProxy, .. manifest.Run("on")]);
        await Eventually.IsTrue(async () => (await link.Node.OurRoutesAsync()).Count == 2, "the run has added its routes");

        await run.SignalAsync("INT");
        (await run.ExitCodeAsync()).ShouldBe(0);

        (await link.Node.OurRoutesAsync()).ShouldBeEmpty();
        (await link.Node.NftAsync("list tables")).Trim().ShouldBe("table inet others");
    }

    /// <summary>Without a virtual IP there is nothing to guard, at any time.</summary>
    [Fact]
    public async Task NodePortsAlone_MakeNoTables()
    {
        Tool.SkipUnlessInstalled("curl");
        await using var link = await TestLink.CreateAsync();
        using var manifest = new ManifestFile("type: NodePort\n  ports: [{port: 80, nodePort: 30080}]");
        await using var run = Tool.Start(
            "env", [HearsInt, "ip", .. Enter(link.Node), .. UserProxy, .. manifest.Run("on", "--healthz-bind-address", "127.0.0.1:10256")]);
        await Eventually.IsTrue(
            () => Tool.RunAsync("ip", [.. Enter(link.Node), "curl", "-sf", "http://127.0.0.1:10256/readyz"]).ContinueWith(
                asked => asked.IsCompletedSuccessfully, TaskScheduler.Default), "it is ready");

        (await link.Node.NftAsync("list tables")).ShouldBeEmpty();
        await run.SignalAsync("INT");
        (await run.ExitCodeAsync()).ShouldBe(0);
        (await link.Node.NftAsync("list tables")).ShouldBeEmpty();
    }

    [Fact]
    public async Task WithoutTheRight_SaysWhatIsMissingAndExits1()
    {
        Tool.SkipUnlessInstalled("setpriv");
        await using var link = await TestLink.CreateAsync();
        await using (var ips = await Node.OpenAsync(link.Node)) await ips.ApplyAsync(Node.Addresses("10.96.0.1"), CancellationToken.None);

        var failure = await Should.ThrowAsync<InvalidOperationException>(
            () => Tool.RunAsync("ip", [.. Enter(link.Node), .. Unprivileged, .. UserProxy, "cleanup"]));

        failure.Message.ShouldContain("exited with 1");
        failure.Message.ShouldContain("1 of 1 routes are still there");
        failure.Message.ShouldContain("CAP_NET_ADMIN");
        failure.Message.ShouldContain("nothing removed");
        (await link.Node.OurRoutesAsync()).ShouldBe(["10.96.0.1"]);
    }

    [Fact]
    public async Task WithoutTheRight_RunSaysWhichAndExits1_AndLeavesNoTrace()
    {
        Tool.SkipUnlessInstalled("setpriv");
        await using var link = await TestLink.CreateAsync();
        using var manifest = new ManifestFile();

        var failure = await Should.ThrowAsync<InvalidOperationException>(
            () => Tool.RunAsync("ip", [.. Enter(link.Node), .. Unprivileged, .. UserProxy, .. manifest.Run("on")]));

        failure.Message.ShouldContain("exited with 1");
        failure.Message.ShouldContain("CAP_NET_ADMIN");
        (await link.Node.NftAsync("list tables")).ShouldBeEmpty();
        (await link.Node.OurRoutesAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task WithoutTheRight_AutoServesNodePortsAlone()
    {
        Tool.SkipUnlessInstalled("setpriv", "curl");
        await using var link = await TestLink.CreateAsync();
        using var manifest = new ManifestFile();

        await using var run = Tool.Start(
            "ip", [.. Enter(link.Node), .. Unprivileged, .. UserProxy, .. manifest.Run("auto", "--healthz-bind-address", "127.0.0.1:10256")]);

        await Eventually.IsTrue(
            () => Tool.RunAsync("ip", [.. Enter(link.Node), "curl", "-sf", "http://127.0.0.1:10256/readyz"]).ContinueWith(
                asked => asked.IsCompletedSuccessfully, TaskScheduler.Default), "it is ready");
        (await link.Node.OurRoutesAsync()).ShouldBeEmpty();
        (await link.Node.NftAsync("list tables")).ShouldBeEmpty();
    }

    [Fact]
    public async Task WithoutNft_RoutesAreRemoved_AndTheRestIsSaid()
    {
        await using var link = await TestLink.CreateAsync();
        await using (var ips = await Node.OpenAsync(link.Node)) await ips.ApplyAsync(Node.Addresses("10.96.0.1"), CancellationToken.None);

        var result = await link.Node.Inside(() => VirtualIPCleanup.RunAsync(force: false, TimeProvider.System, ["/nonexistent/nft"]));

        result.Routes.ShouldBe(1);
        result.Problems.ShouldBeEmpty();
        result.Notes.ShouldHaveSingleItem().ShouldContain("install the package nftables");
        (await link.Node.OurRoutesAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task WhileARunIsActive_RefusesUnlessForced_AndTheRunPutsThemBack()
    {
        await using var link = await TestLink.CreateAsync();
        var log = new Node.Lines();
        await using var ips = await Node.OpenAsync(link.Node, Node.Options(link.Node) with { RecheckInterval = TimeSpan.FromMilliseconds(50) }, log);
        await ips.ApplyAsync(Node.Addresses("10.96.0.1"), CancellationToken.None);

        var refused = await Should.ThrowAsync<InvalidOperationException>(() => Tool.RunAsync("ip", [.. Enter(link.Node), .. UserProxy, "cleanup"]));
        refused.Message.ShouldContain("exited with 1");
        refused.Message.ShouldContain("stop it first, or give --force");
        log.Count("they are back").ShouldBe(0);

        (await Tool.RunAsync("ip", [.. Enter(link.Node), .. UserProxy, "cleanup", "--force"])).ShouldContain("removed 1 route and ");
        await Eventually.IsTrue(() => log.Count("local routes (first: 10.96.0.1); they are back") > 0 && log.Count("rules of the guard") > 0, "all is back");
    }

    private static string[] Unprivileged => ["setpriv", "--bounding-set", "-net_admin", "--inh-caps", "-net_admin", "--"];

    /// <summary>A shell that starts the tests in the background has them, and what they start, ignore SIGINT.</summary>
    private const string HearsInt = "--default-signal=INT";

    private static string[] Enter(TestHost host) => ["netns", "exec", host.Name];

    /// <summary>A Service with a ClusterIP of each family.</summary>
    private sealed class ManifestFile : IDisposable
    {
        private readonly string _path = Path.GetTempFileName();

        public ManifestFile(string spec = "clusterIP: 10.96.0.1\n  clusterIPs: [10.96.0.1, \"fd96::1\"]\n  ports: [{port: 80}]") =>
            File.WriteAllText(_path, $"apiVersion: v1\nkind: Service\nmetadata: {{name: web, namespace: default}}\nspec:\n  {spec}\n");

        public string[] Run(string clusterIPs, params string[] more) =>
            ["run", "--manifests", _path, "--cluster-ips", clusterIPs, "--admin-socket", _path + ".sock", "--metrics-bind-address", "off", .. more.Length > 0
                ? more
                : ["--healthz-bind-address", "off"]];

        public void Dispose() => File.Delete(_path);
    }
}
