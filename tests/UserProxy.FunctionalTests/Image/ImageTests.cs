using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using UserProxy.App.Tests;
using UserProxy.FunctionalTests.Backends;
using UserProxy.FunctionalTests.HandOver;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.FunctionalTests.Image;

/// <summary>The image, as it is built and as the chart's two security profiles run it. Beside others its compiler takes twenty minutes.</summary>
[Collection(nameof(Alone))]
public sealed class ImageTests(BuiltImage image) : IClassFixture<BuiltImage>
{
    [Fact]
    public void Image_OfItself_SaysUserAndVersionAndOpensNothing()
    {
        image.SkipUnlessBuilt();

        image.Config["User"]!.GetValue<string>().ShouldBe("1654:1654");
        image.Words("Entrypoint").ShouldBe(["/app/userproxy"]);
        image.Config["ExposedPorts"].ShouldBeNull();
        image.Config["Healthcheck"].ShouldBeNull();
        string Label(string name) => image.Config["Labels"]![$"org.opencontainers.image.{name}"]!.GetValue<string>();
        Label("version").ShouldBe(BuiltImage.Version);
        Label("revision").ShouldBe(BuiltImage.Commit);
        Label("licenses").ShouldBe("Apache-2.0");
    }

    /// <summary>One executable with the runtime inside. Symbols are kept elsewhere, and no compiler comes along.</summary>
    [Fact]
    public void Image_HasOneNativeExecutable_AndIsSmall()
    {
        image.SkipUnlessBuilt();
        long whole = image.SizeOf(""), app = image.SizeOf("app");
        TestContext.Current.TestOutputHelper?.WriteLine($"bytes: {whole}, of these the program {app}");

        Directory.GetFileSystemEntries(
            Path.Combine(image.Root, "app")).Select(Path.GetFileName).ShouldBe(["LICENSE", "userproxy", "userproxy.cdx.json"], ignoreOrder: true);
        Directory.Exists(Path.Combine(image.Root, "usr/share/dotnet")).ShouldBeFalse();
        new FileInfo(Path.Combine(image.Root, "etc/ssl/certs/ca-certificates.crt")).Length.ShouldBeGreaterThan(
            0, "an exec plugin or a proxy of the node's may need a public CA");
        whole.ShouldBeLessThan(49_000_000);
    }

    [Fact]
    public async Task Version_IsThatOfTheBuild()
    {
        image.SkipUnlessBuilt();

        var (code, output) = await Container.RunAsync(image.Spec("version"));

        code.ShouldBe(0, output);
        output.ShouldContain($"userproxy {BuiltImage.Version}\n");
        output.ShouldContain(BuiltImage.Commit);
    }

    /// <summary>The image has no other file of the documents: the runbooks are in the executable.</summary>
    [Fact]
    public async Task Runbook_IsInTheImage()
    {
        image.SkipUnlessBuilt();

        var (code, output) = await Container.RunAsync(image.Spec("runbook", "UserProxyAbsent"));

        code.ShouldBe(0, output);
        output.ShouldStartWith("# UserProxyAbsent\n");
    }

    /// <summary>The profile "node-ports": not root, no capability, nothing mounted.</summary>
    [Fact]
    public async Task Demo_AsTheImagesUserWithoutAnyRight_ServesANodePort()
    {
        image.SkipUnlessBuilt();
        int port = FreePort.Next();
        await using var demo = await Container.StartAsync(image.Spec("demo", "--seconds", "5", "--port", $"{port}"));

        var (code, answer) = (1, "");
        var started = await Eventually.IsTrue(async () => ((code, answer) = await CurlAsync(port)).code == 0, "the NodePort answers");

        TestContext.Current.TestOutputHelper?.WriteLine($"start until the first answer: {started.TotalMilliseconds:0} ms");
        var answers = new List<string> { answer };
        for (int i = 0; i < 2; i++) answers.Add((await CurlAsync(port)).Output);
        answers.Select(text => text.Split(':')[0]).ShouldBe(["backend-1", "backend-2", "backend-3"], ignoreOrder: true);
        string status = await demo.ProcAsync("status");
        status.ShouldContain("Uid:\t1654\t1654\t1654\t1654");
        status.ShouldContain("CapPrm:\t0000000000000000");
        status.ShouldContain("CapBnd:\t0000000000000000");
        status.ShouldContain("NoNewPrivs:\t1");
        (await demo.ProcAsync("mounts")).Split('\n').Select(
            line => line.Split(' ')).ShouldContain(mount => mount.Length > 3 && mount[1] == "/" && mount[3].StartsWith("ro,", StringComparison.Ordinal));
        (await demo.ExitCodeAsync()).ShouldBe(0);
    }

    /// <summary>The profile "full": root in name, with two capabilities; the guard is nft's work.</summary>
    [Fact]
    public async Task Run_AsRootWithTwoCapabilities_ServesAClusterIPAndCleansUp()
    {
        image.SkipUnlessBuilt();
        await using var link = await TestLink.CreateAsync();
        using var backend = link.Client.Listen(link.Client.Four, 8080);
        await using var folder = await ClusterIPFolder.WriteAsync(link.Client.Four);
        ContainerSpec Full(ContainerSpec spec) => spec with
        {
            User = 0,
            Capabilities = ["CAP_NET_ADMIN", "CAP_NET_BIND_SERVICE"],
            Network = $"/run/netns/{link.Node.Name}",
            Folders = [folder.Path],
        };

        await using (var run = await Container.StartAsync(Full(image.Spec("run", "--manifests", folder.Path, "--cluster-ips", "on", "--drain-timeout", "0s"))))
        {
            await Eventually.IsTrue(
                async () => await link.Client.ConnectAsync(ClusterIPFolder.ClusterIP, 80) == SocketError.Success, "the ClusterIP is served");
            (await Container.RunAsync(Full(image.Program("nft", "list", "table", "inet", "userproxy")))).Output.ShouldContain(
                "meta l4proto tcp socket wildcard 1", Case.Sensitive, "protocols have names, which inspect looks for");
            await run.StopAsync();
            (await run.ExitCodeAsync()).ShouldBe(0);
        }

        var (code, output) = await Container.RunAsync(Full(image.Spec("cleanup")));
        output.Trim().ShouldBe("nothing to remove", "an orderly end has taken back what served the file");
        code.ShouldBe(0);
    }

    /// <summary>The seccomp profile that the chart ships: under it there are rings, and all that the profile "full" does goes on.</summary>
    [Fact]
    public async Task Run_UnderTheChartsSeccompProfile_ServesAClusterIPByUringAndCleansUp()
    {
        image.SkipUnlessBuilt();
        Assert.SkipUnless(Transports.WhyNot(TransportKind.Uring) is null, "io_uring cannot be had here at all");
        await using var link = await TestLink.CreateAsync();
        using var backend = link.Client.Listen(link.Client.Four, 8080);
        await using var folder = await ClusterIPFolder.WriteAsync(link.Client.Four);
        ContainerSpec Full(ContainerSpec spec) => spec with
        {
            User = 0,
            Capabilities = ["CAP_NET_ADMIN", "CAP_NET_BIND_SERVICE"],
            Network = $"/run/netns/{link.Node.Name}",
            Folders = [folder.Path],
            SeccompFile = Path.Combine(Repository.Root, "charts/userproxy/files/seccomp/uring.json"),
        };

        await using (var run = await Container.StartAsync(
            Full(image.Spec("run", "--manifests", folder.Path, "--cluster-ips", "on", "--transport", "uring", "--drain-timeout", "0s"))))
        {
            await Eventually.IsTrue(
                async () => await link.Client.ConnectAsync(ClusterIPFolder.ClusterIP, 80) == SocketError.Success, "the ClusterIP is served");
            (await run.DescriptorsAsync()).ShouldContain("anon_inode:[io_uring]");
            string status = await run.ProcAsync("status");
            status.ShouldContain("Seccomp:\t2");
            await run.StopAsync();
            (await run.ExitCodeAsync()).ShouldBe(0);
        }

        var (code, output) = await Container.RunAsync(Full(image.Spec("cleanup")));
        output.Trim().ShouldBe("nothing to remove", "an orderly end has taken back what served the file");
        code.ShouldBe(0);
    }

    /// <summary>
    /// Two Pods of a node, as the controller of the DaemonSet starts them with maxSurge and ends them: what they share is the node's network and the folder
    /// of the admin socket. There and back, as an update and its roll-back.
    /// </summary>
    [Fact]
    public async Task Run_InTwoContainersOfANode_HandsOverWithoutALoss()
    {
        image.SkipUnlessBuilt();
        await using var link = await TestLink.CreateAsync();
        await using var echo = Backend.RunOn(link.Client.Listen(link.Client.Four, 8080), Backend.EchoAsync);
        await using var folder = await ClusterIPFolder.WriteAsync(link.Client.Four);
        var node = Directory.CreateTempSubdirectory("userproxy-node-");
        var to = new IPEndPoint(ClusterIPFolder.ClusterIP, 80);
        try
        {
            await using var first = await StartPodAsync(1);
            await ReadyAsync(first);
            await using var load = SteadyLoad.OfConnections(
                to, clients: 2, () => link.Client.Inside(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)));
            await load.GoesOnAsync(20);

            await using var second = await StartPodAsync(2);
            await ReadyAsync(second);
            await Eventually.IsTrue(
                async () => await ProbeAsync(first, "ready") is (1, "not ready: another process has taken over\n"), "the first one is not ready any more");
            (await ProbeAsync(first, "live")).ExitCode.ShouldBe(0, "the kubelet would start it again");
            await load.GoesOnAsync(20);
            await EndAsync(first);

            await using var third = await StartPodAsync(3);
            await ReadyAsync(third);
            await load.GoesOnAsync(20);
            await EndAsync(second);
            await load.GoesOnAsync(20);
            await load.StopAsync();

            load.Failures.ShouldBeEmpty();
            (await link.Node.OurRoutesAsync()).ShouldBe([$"{ClusterIPFolder.ClusterIP}"]);
            await EndAsync(third);
            (await link.Node.OurRoutesAsync()).ShouldBeEmpty();
        }
        finally
        {
            node.Delete(recursive: true);
        }

        Task<Container> StartPodAsync(int number) => Container.StartAsync(
            image.Spec(
                "run", "--manifests", folder.Path, "--cluster-ips", "on", "--takeover", "wait", "--healthz-bind-address", $"{link.Node.Four}:10256",
                "--metrics-bind-address", "127.0.0.1:10249") with
            {
                User = 0,
                Capabilities = ["CAP_NET_ADMIN", "CAP_NET_BIND_SERVICE"],
                Environment =
                [
                    "USERPROXY_ADMIN_SOCKET=/run/userproxy/admin.sock", "USERPROXY_PROBE_SOCKET=/run/userproxy-pod/probe.sock", "NODE_NAME=node-1",
                    // Every Pod has it; one that has handed over waits for its SIGTERM.
                    "KUBERNETES_SERVICE_HOST=10.96.0.1", .. image.Words("Env"),
                ],
                Network = $"/run/netns/{link.Node.Name}",
                Folders = [folder.Path],
                Volumes = new Dictionary<string, string>
                {
                    ["/run/userproxy"] = node.CreateSubdirectory("run").FullName,
                    ["/run/userproxy-pod"] = node.CreateSubdirectory($"pod-{number}").FullName,
                },
            });

        Task<(int ExitCode, string Output)> ProbeAsync(Container pod, string what) => pod.ExecAsync([.. image.Words("Entrypoint"), "probe", what]);

        async Task ReadyAsync(Container pod) => await Eventually.IsTrue(async () => (await ProbeAsync(pod, "ready")).ExitCode == 0, "the Pod is ready");

        static async Task EndAsync(Container pod)
        {
            await pod.StopAsync();
            (await pod.ExitCodeAsync()).ShouldBe(0);
        }
    }

    [Fact]
    public async Task Nft_InTheImage_IsWholeAndKnownToScanners()
    {
        image.SkipUnlessBuilt();

        var (code, output) = await Container.RunAsync(image.Program("nft", "--version"));

        code.ShouldBe(0, output);
        output.ShouldStartWith("nftables v");
        File.ReadAllText(Path.Combine(image.Root, "var/lib/dpkg/status.d/nftables")).ShouldContain("Package: nftables\n");
        File.Exists(Path.Combine(image.Root, "usr/share/doc/libnftables1/copyright")).ShouldBeTrue();
    }

    [Fact]
    public void BillOfMaterials_InTheImage_HasEveryPackageThatIsInItAndTheRuntime()
    {
        image.SkipUnlessBuilt();
        var bill = JsonNode.Parse(File.ReadAllText(Path.Combine(image.Root, "app/userproxy.cdx.json")))!;
        var restored = JsonNode.Parse(
            File.ReadAllText(Path.Combine(Repository.Root, "src/UserProxy.App/packages.lock.json")))!["dependencies"]!["net10.0"]!.AsObject();
        string[] packages = [
            .. restored.Where(package => package.Value!["resolved"] is not null).Select(package => $"pkg:nuget/{package.Key}@{package.Value!["resolved"]}")];

        var components = bill["components"]!.AsArray();
        var subject = bill["metadata"]!["component"]!;

        packages.Length.ShouldBeGreaterThan(3);
        packages.ShouldBeSubsetOf(components.Select(component => component!["purl"]!.GetValue<string>()));
        string ScopeOf(string name) => components.Single(component => component!["name"]!.GetValue<string>() == name)!["scope"]!.GetValue<string>();
        ScopeOf("YamlDotNet").ShouldBe("required");
        ScopeOf("Microsoft.CodeAnalysis.BannedApiAnalyzers").ShouldBe("excluded", "it is used to build");
        foreach (var component in components)
        {
            component!["hashes"]![0]!["content"]!.GetValue<string>().Length.ShouldBe(128, component["name"]!.GetValue<string>());
            // A source generator of KubernetesClient's, which names none in its package.
            if (component["name"]!.GetValue<string>() == "Vecc.YamlDotNet.Analyzers.StaticGenerator") continue;
            component["licenses"].ShouldNotBeNull(component["name"]!.GetValue<string>());
        }

        subject["version"]!.GetValue<string>().ShouldBe(BuiltImage.Version);
        subject["components"]!.AsArray().Select(pack => pack!["purl"]!.GetValue<string>()).ShouldContain(
            url => url.StartsWith("pkg:nuget/Microsoft.NETCore.App.Runtime.", StringComparison.Ordinal), "it is in the executable");
    }

    private static Task<(int ExitCode, string Output)> CurlAsync(int port) => Tool.FeedAsync("", "curl", "--silent", "--fail", $"http://127.0.0.1:{port}/");
}
