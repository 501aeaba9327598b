using System.IO.Pipes;
using UserProxy.App.CommandLine;

namespace UserProxy.App.Tests.Check;

public sealed class CheckCommandTests
{
    [Fact]
    public async Task Check_GoodFiles_SummarisesAndExits0()
    {
        using var folder = new TempFolder();
        folder.Write("services.yaml", Manifests.Service("a", 30001) + "---\n" + Manifests.Service("b", 30002));
        string config = folder.Write("userproxy.conf", "apiVersion: userproxy.io/v1alpha1\nkind: UserProxyConfiguration\nscheduler: lc\n");
        var cli = new Cli();

        (await cli.RunAsync("check", folder.Path, config)).ShouldBe(ExitCode.Done);

        cli.Out.ToString().Trim().ShouldBe("1 configuration, 2 Services, 2 EndpointSlices, 0 Nodes: 0 problems");
        cli.Error.ToString().ShouldBeEmpty();
    }

    /// <summary>As a run of it says; manifests alone are judged by what some configuration can serve.</summary>
    [Fact]
    public async Task Check_ManifestsOfAConfiguration_AreJudgedByWhatItServes()
    {
        using var folder = new TempFolder();
        string manifest = folder.Write("a.yaml", Manifests.Service("a", 30001)
            .Replace("  type: NodePort", "  clusterIP: 10.96.0.7", StringComparison.Ordinal)
            .Replace("      nodePort: 30001\n", "", StringComparison.Ordinal)
            + "---\n" + Manifests.Service("b", 30002).Replace("  type: NodePort", "  type: NodePort\n  externalIPs: [192.0.2.7]", StringComparison.Ordinal));
        string config = folder.Write(
            "config", $"apiVersion: userproxy.io/v1alpha1\nkind: UserProxyConfiguration\nclusterIps: \"off\"\nmanifests: [{manifest}]\n");
        var (alone, configured) = (new Cli(), new Cli());

        (await alone.RunAsync("check", manifest)).ShouldBe(ExitCode.Done, alone.Out.ToString());
        (await configured.RunAsync("check", config)).ShouldBe(ExitCode.BadUsage);

        configured.Out.ToString().ShouldContain("Service default/a: no address of it is served here: ClusterIP 10.96.0.7:80: ClusterIPs are not served");
        configured.Out.ToString().ShouldContain("Service default/b: externalIPs outside of the blocks that are allowed here are not served: 192.0.2.7");
    }

    [Theory]
    [InlineData(60)]
    [InlineData(null)]
    public async Task Check_Findings_FitTheTerminal_AndAPipeHasALineForEach(int? width)
    {
        using var folder = new TempFolder();
        string file = folder.Write("a.yaml", Manifests.Service("a", 30001).Replace("service-name: a", "service-name: b", StringComparison.Ordinal));
        var cli = new Cli();

        int code = await CommandTree.InvokeAsync(["check", file], cli.Surroundings with { OutWidth = () => width }, TestContext.Current.CancellationToken);

        code.ShouldBe(ExitCode.Failed);
        string[] lines = cli.Out.ToString().TrimEnd().Split('\n');
        if (width is null) lines.Length.ShouldBe(2);
        else lines.ShouldAllBe(line => line.Length <= width || !line.TrimStart().Contains(' '));
        string.Join(' ', lines.Select(line => line.TrimStart())).ShouldContain(
            "warning: EndpointSlice default/a-1: no Service default/b is declared, whose endpoints its label kubernetes.io/service-name says these are");
    }

    /// <summary>It can be read, and nobody would be served: a green would send its author to look elsewhere.</summary>
    [Fact]
    public async Task Check_WhatServesNobody_IsAWarningWithItsLine_AndExits1()
    {
        using var folder = new TempFolder();
        string file = folder.Write("a.yaml", Manifests.Service("a", 30001)
            .Replace("  type: NodePort", "  type: NodePort\n  selektor: {app: a}", StringComparison.Ordinal)
            .Replace("service-name: a", "service-name: b", StringComparison.Ordinal));
        var cli = new Cli();

        (await cli.RunAsync("check", file)).ShouldBe(ExitCode.Failed);

        string[] lines = cli.Out.ToString().TrimEnd().Split('\n');
        lines.ShouldBe(
        [
            $"{file}:8: warning: spec.selektor: Kubernetes knows no such field here, and it is not read; did you mean selector?",
            $"{file}:1: warning: Service default/a: no EndpointSlice in namespace default has the label kubernetes.io/service-name=a: with manifests "
                + "nobody makes one of a selector",
            $"{file}:13: warning: EndpointSlice default/a-1: no Service default/b is declared, whose endpoints its label kubernetes.io/service-name says "
                + "these are",
        ]);
        cli.Error.ToString().Trim().ShouldBe("0 configurations, 1 Service, 1 EndpointSlice, 0 Nodes: 0 problems, 3 warnings");
    }

    /// <summary>Clients are refused in both cases; only the second may be meant.</summary>
    [Theory]
    [InlineData(
        "- addresses: [\"127.0.0.1\"]\n    conditions: {ready: false}", ExitCode.Failed, "warning: Service default/a: its only endpoint is not ready: ")]
    [InlineData("[]", ExitCode.Done, "note: Service default/a: its EndpointSlice has no endpoints: ")]
    public async Task Check_NoReadyEndpoint_IsSaidWithTheLineOfTheSlice(string endpoints, int code, string says)
    {
        using var folder = new TempFolder();
        string file = folder.Write(
            "a.yaml", Manifests.Service("a", 30001).Replace("- addresses: [\"127.0.0.1\"]", endpoints, StringComparison.Ordinal));
        var cli = new Cli();

        (await cli.RunAsync("check", file)).ShouldBe(code, cli.Out.ToString());

        cli.Out.ToString().ShouldStartWith($"{file}:12: {says}connections are refused until ");
    }

    [Fact]
    public async Task Check_NodePortTakenTwice_NamesTheLineOfTheLoser()
    {
        using var folder = new TempFolder();
        folder.Write("a.yaml", Manifests.Service("a", 30001));
        string loser = folder.Write("b.yaml", Manifests.Service("b", 30001));
        var cli = new Cli();

        (await cli.RunAsync("check", folder.Path)).ShouldBe(ExitCode.BadUsage);

        cli.Out.ToString().ShouldStartWith($"{loser}:9: Service default/b: nodePort 30001 of default/b is taken by default/a");
        cli.Error.ToString().ShouldContain("1 problem");
    }

    /// <summary>Of a folder a file may be empty, as run takes it.</summary>
    [Fact]
    public async Task Check_EmptyFileInAFolder_IsNoProblem()
    {
        using var folder = new TempFolder();
        folder.Write("a.yaml", Manifests.Service("a", 30001));
        folder.Write("b.yaml", "");

        (await new Cli().RunAsync("check", folder.Path)).ShouldBe(ExitCode.Done);
    }

    /// <summary>A mistyped folder must not be a green.</summary>
    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n")]
    public async Task Check_FolderWithNothingToCheck_Exits1(string? content)
    {
        using var folder = new TempFolder();
        if (content is not null) folder.Write("a.yaml", content);
        var cli = new Cli();

        (await cli.RunAsync("check", folder.Path)).ShouldBe(ExitCode.Failed);

        cli.Error.ToString().ShouldContain("nothing was checked");
    }

    /// <summary>Files that the one takes and the other refuses would be found out on the node.</summary>
    [Theory]
    [InlineData("{kubeproxy}mode: ipvs\nmode: iptables\n", true)]
    [InlineData("---\n{kubeproxy}---\n", true)]
    [InlineData("{kubeproxy}---\nkind: ConfigMap\n", true)]
    [InlineData("{kubeproxy}clusterCIDR: \"10.0.0.0/8,\n fd00::/8\"\nfeatureGates: {A:\ntrue}\n", true)]
    [InlineData("kind: ConfigMap\n---\n{kubeproxy}", false)]
    [InlineData("{kubeproxy}nodePortAddresses: [ten]\n", false)]
    [InlineData("{userproxy}scheduler: lc\nscheduler: rr\n", false)]
    [InlineData("{userproxy}---\n", true)]
    [InlineData("{userproxy}---\n{userproxy}", false)]
    [InlineData("{userproxy}nodePortAddresses: [primary, localhost]\n", true)]
    [InlineData("{userproxy}kubeconfig: a\nmanifests: b\n", false)]
    [InlineData("{userproxy}nodeName: \"x\n", false)]
    [InlineData("apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: kubeproxyconfiguration\n", false)]
    [InlineData("apiVersion: userproxy.io/v1\nkind: UserProxyConfiguration\n", false)]
    [InlineData("apiVersion: userproxy.io/v1alpha1\nkind: Settings\n", false)]
    [InlineData("apiVersion: v1\nkind: List\nitems:\n- {apiVersion: kubeproxy.config.k8s.io/v1alpha1, kind: KubeProxyConfiguration}\n", false)]
    [InlineData(
        "apiVersion: v1\nkind: ConfigMap\ndata:\n  config.conf: |-\n    apiVersion: kubeproxy.config.k8s.io/v1alpha1\n    kind: KubeProxyConfiguration\n",
        false)]
    [InlineData("apiVersion: v1\nkind: List\nitems: [{kind: ConfigMap, data: {a: \"kind: UserProxyConfiguration\\n\"}}]\n", false)]
    [InlineData("", false)]
    [InlineData("# to be filled in\n---\n", false)]
    public async Task Check_Configuration_JudgesAsRunDoes(string text, bool good)
    {
        using var folder = new TempFolder();
        string config = folder.Write("config", text
            .Replace("{kubeproxy}", "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n", StringComparison.Ordinal)
            .Replace("{userproxy}", "apiVersion: userproxy.io/v1alpha1\nkind: UserProxyConfiguration\n", StringComparison.Ordinal));
        var (check, run) = (new Cli(), new Cli());

        (await check.RunAsync("check", config)).ShouldBe(good ? ExitCode.Done : ExitCode.BadUsage, check.Out.ToString());
        // A path that is not there is the last thing to be complained of: before anything is started.
        (await run.RunAsync("run", "--config", config, "--manifests", Path.Combine(folder.Path, "missing"))).ShouldBe(ExitCode.BadUsage);
        run.Error.ToString().StartsWith("manifests: no file or folder", StringComparison.Ordinal).ShouldBe(good, run.Error.ToString());
    }

    /// <summary>Those that are there are read as <c>run</c> reads them; those that are not may be on another machine.</summary>
    [Fact]
    public async Task Check_FilesOfAConfiguration_AreReadToo()
    {
        using var folder = new TempFolder();
        string manifest = folder.Write("a.yaml", Manifests.Service("a", 70000));
        string missing = Path.Combine(folder.Path, "missing");
        string kubeconfig = folder.Write("kubeconfig", "kind: Config\nclusters: 5\n");
        string serving = folder.Write("serving", $"apiVersion: userproxy.io/v1alpha1\nkind: UserProxyConfiguration\nmanifests: [{manifest}, {missing}]\n");
        string following = folder.Write(
            "following", $"apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nclientConnection: {{kubeconfig: {kubeconfig}}}\n");
        var cli = new Cli();

        (await cli.RunAsync("check", serving, following)).ShouldBe(ExitCode.BadUsage);

        cli.Out.ToString().ShouldContain($"{serving}: note: manifests: no file or folder {missing} on this machine");
        cli.Out.ToString().ShouldContain($"{manifest}:9: Service default/a: nodePort 70000");
        cli.Out.ToString().ShouldContain($"{kubeconfig}:2: clusters: must be a list, not a number (5)");
        cli.Error.ToString().ShouldStartWith("3 configurations, 1 Service, 1 EndpointSlice, 0 Nodes: 2 problems");
    }

    [Theory]
    [InlineData(false, ExitCode.BadUsage)]
    [InlineData(true, ExitCode.Done)]
    public async Task Check_EndpointsInPlaceOfASlice_AreNamed(bool hasSlice, int code)
    {
        using var folder = new TempFolder();
        string both = Manifests.Service("web", 30001);
        folder.Write("a.yaml", hasSlice ? both : both[..both.IndexOf("---", StringComparison.Ordinal)]);
        string endpoints = folder.Write("b.yaml", "# by hand\napiVersion: v1\nkind: Endpoints\nmetadata: {name: web, namespace: default}\nsubsets: []\n");
        var cli = new Cli();

        (await cli.RunAsync("check", folder.Path)).ShouldBe(code);

        cli.Out.ToString().Contains($"{endpoints}:2: Service default/web: its Endpoints are not read, and it has no EndpointSlice", StringComparison.Ordinal)
            .ShouldBe(!hasSlice, cli.Out.ToString());
    }

    [Theory]
    [InlineData("local", "Config", ExitCode.Done)]
    [InlineData("absent", "Config", ExitCode.BadUsage)]
    [InlineData("absent", "config", ExitCode.BadUsage)]
    [InlineData("absent", "", ExitCode.BadUsage)]
    public async Task Check_Kubeconfig_IsReadAsRunReadsIt(string context, string kind, int code)
    {
        using var folder = new TempFolder();
        string path = folder.Write("kubeconfig", """
            apiVersion: v1
            kind: KIND
            current-context: CONTEXT
            contexts: [{name: local, context: {cluster: c}}]
            clusters: [{name: c, cluster: {server: "https://192.0.2.1:6443", insecure-skip-tls-verify: true}}]

            """.Replace("CONTEXT", context, StringComparison.Ordinal).Replace("KIND", kind, StringComparison.Ordinal));
        var cli = new Cli();

        (await cli.RunAsync("check", path)).ShouldBe(code, cli.Out.ToString());

        if (code == ExitCode.BadUsage) cli.Out.ToString().ShouldContain("absent");
    }

    [Fact]
    public async Task Check_SameObjectTwice_IsAProblem()
    {
        using var folder = new TempFolder();
        folder.Write("a.yaml", Manifests.Service("a", 30001));
        folder.Write("b.yaml", Manifests.Service("a", 30001));
        var cli = new Cli();

        (await cli.RunAsync("check", folder.Path)).ShouldBe(ExitCode.BadUsage);

        cli.Out.ToString().ShouldContain("Service default/a is declared again");
    }

    [Theory]
    [InlineData("apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec:\n  ports: [{port: many}]\n", ":5: ")]
    [InlineData("apiVersion: v1\nkind: Service\nmetadata: [\n", ":")]
    [InlineData("apiVersion: userproxy.io/v1alpha1\nkind: UserProxyConfiguration\nthread: 1\n", ":3: thread: unknown field")]
    [InlineData("apiVersion: userproxy.io/v1alpha1\nkind: UserProxyConfiguration\nthreads: 0\n", ":3: threads: '0' is not allowed here")]
    [InlineData("kind: UserProxyConfiguration\nthreads: [\n", ":")]
    public async Task Check_BadFile_SaysFileLineAndReason(string text, string expected)
    {
        using var folder = new TempFolder();
        string path = folder.Write("x.yaml", text);
        var cli = new Cli();

        (await cli.RunAsync("check", path)).ShouldBe(ExitCode.BadUsage);

        cli.Out.ToString().ShouldStartWith(path + expected);
    }

    [Fact]
    public async Task Check_TooDeepFile_IsAProblem()
    {
        using var folder = new TempFolder();
        string path = folder.Write("deep.yaml", new string('[', 200_000));
        var cli = new Cli();

        (await cli.RunAsync("check", path)).ShouldBe(ExitCode.BadUsage);

        cli.Out.ToString().ShouldContain("nested deeper than 64 levels");
    }

    [Fact]
    public async Task Check_EmptyPath_IsAProblem() => (await new Cli().RunAsync("check", "")).ShouldBe(ExitCode.BadUsage);

    [Fact]
    public async Task Check_MissingFile_IsAProblem()
    {
        var cli = new Cli();

        (await cli.RunAsync("check", "/no/such.yaml")).ShouldBe(ExitCode.BadUsage);

        cli.Out.ToString().ShouldStartWith("/no/such.yaml: cannot be read");
    }

    /// <summary>As in <c>userproxy check &lt;(kubectl get services -o yaml)</c>: what it holds is there once.</summary>
    [Theory]
    [InlineData("docs/examples/three-backends.yaml", "0 configurations, 1 Service, 3 EndpointSlices, 0 Nodes: 0 problems")]
    [InlineData("docs/examples/configuration/userproxy.yaml", "1 configuration, 0 Services, 0 EndpointSlices, 0 Nodes: 0 problems")]
    public async Task Check_Pipe_IsReadOnce(string example, string summary)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "names a pipe by /proc");
        await using var writer = new AnonymousPipeServerStream(PipeDirection.Out);
        await using var reader = new AnonymousPipeClientStream(PipeDirection.In, writer.ClientSafePipeHandle);
        await writer.WriteAsync(
            await File.ReadAllBytesAsync(Path.Combine(Repository.Root, example), TestContext.Current.CancellationToken), TestContext.Current.CancellationToken);
        await writer.DisposeAsync();
        var cli = new Cli();

        (await cli.RunAsync("check", $"/proc/self/fd/{reader.SafePipeHandle.DangerousGetHandle()}")).ShouldBe(ExitCode.Done);

        cli.Out.ToString().ShouldContain(summary);
    }

    [Fact]
    public async Task Check_FileWithoutAnEnd_IsAProblem()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "reads /dev/zero");
        var cli = new Cli();

        (await cli.RunAsync("check", "/dev/zero")).ShouldBe(ExitCode.BadUsage);

        cli.Out.ToString().ShouldContain("larger than 16 MiB");
    }

    [Theory]
    [InlineData("docs/examples")]
    [InlineData("docs/examples/configuration")]
    public async Task Check_OurOwnExamples_AreGood(string folder)
    {
        foreach (string file in Directory.EnumerateFiles(Path.Combine(Repository.Root, folder), "*.yaml"))
        {
            var cli = new Cli();
            (await cli.RunAsync("check", file)).ShouldBe(ExitCode.Done, cli.Out.ToString());
        }
    }

    [Theory]
    [InlineData("kind: Service\n", "kind: Servce\n", ExitCode.Failed, ":2: warning: kind: Servce is no kind that is read here; did you mean Service?")]
    [InlineData("kind: EndpointSlice", "kind: EndpointSlices", ExitCode.Failed,
        ":13: warning: kind: EndpointSlices is no kind that is read here; did you mean EndpointSlice?")]
    [InlineData("kind: Service\n", "kind: service\n", ExitCode.BadUsage, ":2: kind: must be Service, not \"service\"")]
    [InlineData("apiVersion: v1\n", "apiVersion: V1\n", ExitCode.BadUsage, ":1: apiVersion: must be v1, not \"V1\"")]
    public async Task Check_SlipInKindOrVersion_IsSaidAndNoGreen(string good, string bad, int code, string said)
    {
        using var folder = new TempFolder();
        string path = folder.Write("a.yaml", Manifests.Service("a", 30001).Replace(good, bad, StringComparison.Ordinal));
        folder.Write("b.yaml", Manifests.Service("b", 30002));
        var cli = new Cli();

        (await cli.RunAsync("check", folder.Path)).ShouldBe(code);

        cli.Out.ToString().Trim().ShouldBe(path + said);
    }

    [Fact]
    public async Task Check_LabelledService_IsCheckedToo()
    {
        using var folder = new TempFolder();
        string text = Manifests.Service("a", 70000).Replace(
            "  namespace: default\nspec:", "  namespace: default\n  labels: {service.kubernetes.io/service-proxy-name: x}\nspec:", StringComparison.Ordinal);
        var cli = new Cli();

        (await cli.RunAsync("check", folder.Write("a.yaml", text))).ShouldBe(ExitCode.BadUsage);

        cli.Out.ToString().ShouldContain("70000");
    }

    [Fact]
    public async Task Check_KubeProxyFile_NotesWhatIsIgnored()
    {
        using var folder = new TempFolder();
        var cli = new Cli();

        (await cli.RunAsync("check", folder.Write("c.conf", "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmode: nftables\n")))
            .ShouldBe(ExitCode.Done);

        cli.Out.ToString().ShouldContain("note: without meaning here and ignored: mode");
    }
}
