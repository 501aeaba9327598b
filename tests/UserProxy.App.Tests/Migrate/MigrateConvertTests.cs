using System.Globalization;
using System.Text.RegularExpressions;
using UserProxy.App.CommandLine;
using UserProxy.App.Configuration;

namespace UserProxy.App.Tests.Migrate;

/// <summary><c>migrate convert</c> on files; with a cluster see the functional tests.</summary>
public sealed partial class MigrateConvertTests : IDisposable
{
    private const string Header = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n";

    private readonly TempFolder _folder = new();

    public static TheoryData<string> Names => [.. KubeProxyFiles.All.Select(file => file.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Convert_FileOfTheField_WritesWhatItSays(string name)
    {
        var (_, text, written, undecided) = KubeProxyFiles.All.Single(file => file.Name == name);

        var (code, output, error) = await ConvertAsync("--config", _folder.Write("config.conf", text));

        code.ShouldBe(undecided == 0 ? ExitCode.Done : ExitCode.Failed, error);
        InShort(output).ShouldBe(written);
        error.ShouldContain(string.Create(CultureInfo.InvariantCulture, $", {undecided} to be decided"));
    }

    /// <summary>The property: with what was written a run has the settings that it has with kube-proxy's own file.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public async Task Convert_FileOfTheField_RunHasTheSameSettings(string name)
    {
        string config = _folder.Write("config.conf", KubeProxyFiles.All.Single(file => file.Name == name).Text);
        string ours = _folder.Write("userproxy.yaml", (await ConvertAsync("--config", config)).Out);

        string expected = Shown(OptionsOf(config));
        // An empty nodePortAddresses of the nftables mode is the one thing that only the conversion knows (decision 38).
        if (name == "hack/local-up-cluster")
            expected = expected.Replace("\"clusterIps\"", "\"nodePortAddresses\": [\n    \"primary\"\n  ],\n  \"clusterIps\"", StringComparison.Ordinal);
        Shown(OptionsOf(ours)).ShouldBe(expected);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Convert_FileOfTheField_PassesCheck(string name)
    {
        string ours = _folder.Write(
            "userproxy.yaml", (await ConvertAsync("--config", _folder.Write("config.conf", KubeProxyFiles.All.Single(file => file.Name == name).Text))).Out);
        var cli = new Cli();

        (await cli.RunAsync("check", ours)).ShouldBe(ExitCode.Done, cli.Out.ToString());

        cli.Error.ToString().ShouldBeEmpty();
    }

    /// <summary>Whatever a file says is told: it is written, or named in a comment. Nothing is lost in silence.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public async Task Convert_FileOfTheField_NamesEveryFieldThatSaysSomething(string name)
    {
        string config = _folder.Write("config.conf", KubeProxyFiles.All.Single(file => file.Name == name).Text);

        var (_, output, _) = await ConvertAsync("--config", config);

        foreach (var fate in ConfigurationFile.Read(config).Fates)
            output.Split('\n').Count(line => $"{line} ".Contains($"  # {fate.Name} ", StringComparison.Ordinal)
                || line.StartsWith($"#   {fate.Name}: ", StringComparison.Ordinal)).ShouldBeGreaterThan(0, $"{fate.Name}\n{output}");
    }

    /// <summary>Every field of v1alpha1 has its place: none of them is unknown, and each that counts here becomes a field that there is.</summary>
    [Fact]
    public void Fields_OfKubeProxy_BecomeFieldsThatThereAre()
    {
        string[] ours =
        [
            .. Settings.All.Select(setting => setting.Field), .. ServiceDefaults.Fields.Keys.Select(field => $"{ServiceDefaults.Field}.{field}"),
        ];
        KubeProxyFields.All.SelectMany(field => field.Becomes).Except(ours).ShouldBeEmpty();
        KubeProxyFields.All.Where(field => field.Apply is not null && field.Becomes.Count == 0).Select(field => field.Name).ShouldBe(["configSyncPeriod"]);
        KubeProxyFields.All.Where(field => field.Apply is null && field.Becomes.Count > 0).ShouldBeEmpty();
    }

    [Fact]
    public async Task Convert_Text_ReadsAsAFileOfAPerson()
    {
        string config = _folder.Write("config.conf", Header + """
            bindAddress: 0.0.0.0
            clientConnection: {kubeconfig: /var/lib/kube-proxy/kubeconfig.conf}
            clusterCIDR: 10.244.0.0/16
            mode: ipvs
            ipvs: {scheduler: lblc, strictARP: true}
            conntrack: {maxPerCore: 32768}
            somethingNew: true

            """);

        var (code, output, error) = await ConvertAsync("--config", config);

        code.ShouldBe(ExitCode.Failed);
        output.Replace(config, "config.conf", StringComparison.Ordinal).ShouldBe("""
            # Made by userproxy migrate convert from kube-proxy's configuration: config.conf
            apiVersion: userproxy.io/v1alpha1
            kind: UserProxyConfiguration
            kubeconfig: /var/lib/kube-proxy/kubeconfig.conf  # clientConnection.kubeconfig (leave it out in a Pod with a ServiceAccount)
            clusterCidr: [10.244.0.0/16]                     # clusterCIDR
            defaults:
              idleTimeout: 24h                               # kube-proxy's default for conntrack.tcpEstablishedTimeout
              halfCloseTimeout: 1h                           # kube-proxy's default for conntrack.tcpCloseWaitTimeout

            # To be decided by you: kube-proxy does it, and nothing above does.
            #   ipvs.scheduler: lblc: it is none of rr, wrr, lc, wlc, sh, mh, sed, nq, p2c, random: the default stands
            #     > choose a scheduler: scheduler is one of rr, wrr, lc, wlc, sh, mh, sed, nq, p2c, random
            #   somethingNew: true: it is no field that is known here
            #     > look up what it does, and whether you need it

            # Left out, as nothing changes here:
            #   bindAddress: 0.0.0.0: kube-proxy binds nothing to it either
            #   mode: ipvs: it says which section of the file counts; there is one mode here, userspace
            #   ipvs.strictARP: true: no address is put on an interface, and ARP for virtual IPs is never answered
            #   conntrack.maxPerCore: 32768: connections are accepted and relayed, not tracked or masqueraded by netfilter

            """.ReplaceLineEndings("\n"));
        error.Replace(config, "config.conf", StringComparison.Ordinal).ReplaceLineEndings("\n").ShouldBe("""
            config.conf:7: ipvs.scheduler: lblc is not converted: it is none of rr, wrr, lc, wlc, sh, mh, sed, nq, p2c, random: the default stands; choose a scheduler: scheduler is one of rr, wrr, lc, wlc, sh, mh, sed, nq, p2c, random
            config.conf:9: somethingNew: true is not converted: it is no field that is known here; look up what it does, and whether you need it
            config.conf: 4 fields written, 4 left out as nothing changes, 2 to be decided

            """.ReplaceLineEndings("\n"));
    }

    /// <summary>As kubectl saves it, and as kubeadm was given it, wherever it stands among its documents.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Convert_InsideOfSomethingElse_IsFound(bool isConfigMap)
    {
        string text = isConfigMap
            ? "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: kube-proxy}\ndata:\n  config.conf: |\n"
                + string.Concat($"{Header}clusterCIDR: 10.9.0.0/16".Split('\n').Select(line => $"    {line}\n"))
            : $"apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\nnetworking: {{podSubnet: 10.244.0.0/16}}\n---\n{Header}"
                + "clusterCIDR: 10.9.0.0/16\n---\napiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n";

        var (code, output, error) = await ConvertAsync("--config", _folder.Write("saved.yaml", text));

        code.ShouldBe(ExitCode.Done, error);
        InShort(output).ShouldBe("clusterCidr=10.9.0.0/16 idleTimeout=24h halfCloseTimeout=1h");
        error.Contains("saved.yaml:5: this is what kubeadm was given", StringComparison.Ordinal).ShouldBe(!isConfigMap);
    }

    [Fact]
    public async Task Convert_TextOfOthers_BeginsNoLineOfItsOwn()
    {
        string config = _folder.Write("config.conf", $"{Header}mode: \"x\\nthreads: 7\\e[31m\"\nclientConnection: {{kubeconfig: \"/a b\\n\\\"c\"}}\n");

        var (_, output, _) = await ConvertAsync("--config", config);

        output.ShouldNotContain('\e');
        output.Split('\n').ShouldNotContain(line => line.StartsWith("threads", StringComparison.Ordinal));
        OptionsOf(_folder.Write("userproxy.yaml", output)).Kubeconfig.ShouldBe("/a b\n\"c");
    }

    [Fact]
    public async Task Convert_LongerThanATimer_SaysSo() =>
        (await ConvertAsync("--config", _folder.Write("config.conf", $"{Header}conntrack: {{tcpEstablishedTimeout: 8760h}}\n"))).Out
            .ShouldContain("idleTimeout: 480h     # conntrack.tcpEstablishedTimeout (8760h is more than a timer takes)\n");

    /// <summary>As kind writes it where it may not set the kernel's: what stands there is no default of the file's author.</summary>
    [Theory]
    [InlineData("{tcpEstablishedTimeout: 0s}", "kube-proxy's default for conntrack.tcpEstablishedTimeout (whose 0s leaves the kernel's own time, ")]
    [InlineData("{tcpCloseWaitTimeout: 0}", "kube-proxy's default for conntrack.tcpCloseWaitTimeout (whose 0 leaves the kernel's own time, ")]
    [InlineData("{tcpEstablishedTimeout: null}", "idleTimeout: 24h      # kube-proxy's default for conntrack.tcpEstablishedTimeout\n")]
    public async Task Convert_ZeroTimeout_SaysWhatKubeProxyDoes(string conntrack, string line) =>
        (await ConvertAsync("--config", _folder.Write("config.conf", $"{Header}conntrack: {conntrack}\n"))).Out.ShouldContain(line);

    /// <summary>A relative path stays one: the file may be used elsewhere.</summary>
    [Fact]
    public async Task Convert_RelativePath_IsWrittenAsItIs() =>
        InShort((await ConvertAsync("--config", _folder.Write("config.conf", $"{Header}clientConnection: {{kubeconfig: kubeconfig.conf}}\n"))).Out)
            .ShouldStartWith("kubeconfig=kubeconfig.conf ");

    public static TheoryData<string[], string> BadInput => new()
    {
        { [], "nothing to convert: say where kube-proxy's configuration is, with --config FILE or --kubeconfig FILE" },
        { ["--config", "/nonexistent"], "/nonexistent: cannot be read" },
        { ["--kubeconfig", "/nonexistent"], "kubeconfig: no file /nonexistent" },
        { ["--config", "{own}", "--kubeconfig", "{own}"], "--config and --kubeconfig exclude each other" },
        { ["--config", "{own}"], "own.yaml: UserProxyConfiguration is our own configuration, and kube-proxy's is expected" },
        { ["--config", "{map}"], "map.yaml: no key of its ConfigMaps holds a KubeProxyConfiguration: other" },
        { ["--config", "{bad}"], "bad.conf:3: nodePortAddresses: " },
        { ["--config", "{bad}"], "bad.conf:4: udpIdleTimeout: '10' is not allowed here" },
        { ["--config", "{broken}"], "broken.conf:" },
        { ["extra"], "extra" },
    };

    [Theory]
    [MemberData(nameof(BadInput))]
    public async Task Convert_BadInput_Exits64AndWritesNothing(string[] arguments, string said)
    {
        var files = new Dictionary<string, string>
        {
            ["{own}"] = _folder.Write("own.yaml", "apiVersion: userproxy.io/v1alpha1\nkind: UserProxyConfiguration\n"),
            ["{map}"] = _folder.Write("map.yaml", "apiVersion: v1\nkind: ConfigMap\ndata: {other: x}\n"),
            ["{bad}"] = _folder.Write("bad.conf", $"{Header}nodePortAddresses: [ten]\nudpIdleTimeout: 10\n"),
            ["{broken}"] = _folder.Write("broken.conf", "kind: [\n"),
        };

        var (code, output, error) = await ConvertAsync([.. arguments.Select(argument => files.GetValueOrDefault(argument, argument))]);

        code.ShouldBe(ExitCode.BadUsage);
        error.ShouldContain(said);
        output.ShouldBeEmpty();
    }

    public void Dispose() => _folder.Dispose();

    private static async Task<(int Code, string Out, string Error)> ConvertAsync(params string[] arguments)
    {
        var cli = new Cli();
        int code = await cli.RunAsync(["migrate", "convert", .. arguments]);
        return (code, cli.Out.ToString().ReplaceLineEndings("\n"), cli.Error.ToString());
    }

    private static RunOptions OptionsOf(string path)
    {
        var file = ConfigurationFile.Read(path);
        return RunOptionsReader.WithOneSource(RunOptionsReader.Apply(new RunOptions(), file.Values, file.Problems));
    }

    private static string Shown(RunOptions options) => EffectiveSettings.ToJson(options).ReplaceLineEndings("\n");

    /// <summary>The fields that are written, each as NAME=VALUE; lists with plus signs.</summary>
    private static string InShort(string text) => string.Join(
        ' ',
        from line in text.Split('\n')
        let field = Field().Match(line)
        where field.Success && field.Groups["name"].Value is not ("apiVersion" or "kind")
        let value = field.Groups["value"].Value.Trim().Trim('[', ']').Replace("\"", "", StringComparison.Ordinal)
        select $"{field.Groups["name"].Value}={value.Replace(", ", "+", StringComparison.Ordinal)}");

    [GeneratedRegex(@"^ *(?<name>\w+): (?<value>.+?)(  +# .*)?$")]
    private static partial Regex Field();
}
