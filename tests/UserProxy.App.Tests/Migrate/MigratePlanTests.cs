using System.Text.Json;
using UserProxy.App.CommandLine;

namespace UserProxy.App.Tests.Migrate;

/// <summary><c>migrate plan</c> on files; with a cluster and on a node see the functional tests.</summary>
public sealed class MigratePlanTests : IDisposable
{
    private const string Plain = """
        apiVersion: v1
        kind: Service
        metadata: {name: plain, namespace: demo}
        spec:
          type: NodePort
          clusterIP: 10.96.0.1
          ports: [{port: 80, nodePort: 30080}]

        """;

    private readonly TempFolder _folder = new();

    public static TheoryData<string, string, string> Findings => new()
    {
        { "ProtocolNotServed", "Service demo/x", "clusterIP: 10.96.0.2\n  ports: [{port: 80, protocol: SCTP}]" },
        { "ExternalIPNotAllowed", "Service demo/x", "clusterIP: 10.96.0.2\n  externalIPs: [203.0.113.9]\n  ports: [{port: 80}]" },
        { "LoadBalancerIPNotServed", "Service demo/x",
            "type: LoadBalancer\n  clusterIP: 10.96.0.2\n  ports: [{port: 80, nodePort: 30081}]\nstatus: {loadBalancer: {ingress: [{ip: 203.0.113.7}]}}" },
        { "NodePortConflict", "Service demo/x", "type: NodePort\n  clusterIP: 10.96.0.2\n  ports: [{port: 80, nodePort: 30080}]" },
    };

    /// <summary>Kept by default; lost where the Service says so.</summary>
    [Theory]
    [InlineData("{}", "ClientAddressKept", false)]
    [InlineData("{userproxy.io/client-address: keep}", "ClientAddressKept", false)]
    [InlineData("{userproxy.io/client-address: node}", "ClientAddressLost", true)]
    public async Task Plan_ServiceOfPolicyLocal_SaysWhatBecomesOfTheClientsAddress(string annotations, string reason, bool needsDecision)
    {
        string service = $"""
            apiVersion: v1
            kind: Service
            metadata: {"{"}name: x, namespace: demo, annotations: {annotations}{"}"}
            spec: {"{"}type: NodePort, externalTrafficPolicy: Local, clusterIP: 10.96.0.2, ports: [{"{"}port: 80, nodePort: 30081{"}"}]{"}"}

            """;

        var (_, plan) = await PlanAsync("--manifests", Write("services.yaml", $"{Plain}---\n{service}"));

        plan.GetRawText().ShouldContain(reason);
        plan.GetProperty("needsDecision").GetBoolean().ShouldBe(needsDecision);
    }

    [Theory]
    [MemberData(nameof(Findings))]
    public async Task Plan_ServiceThatLoses_NeedsADecision(string reason, string subject, string spec)
    {
        var (code, plan) = await PlanAsync("--manifests", Write("services.yaml", $"{Plain}---\n{ServiceOf(spec)}"));

        code.ShouldBe(ExitCode.Failed);
        plan.GetProperty("needsDecision").GetBoolean().ShouldBeTrue();
        var finding = Decisions(plan).ShouldHaveSingleItem();
        finding.GetProperty("reason").GetString().ShouldBe(reason);
        finding.GetProperty("subject").GetString().ShouldBe(subject);
        finding.GetProperty("action").GetString().ShouldNotBeNullOrEmpty();
    }

    /// <summary>The other side of each border, and what nobody proxies.</summary>
    [Theory]
    [InlineData("clusterIP: 10.96.0.2\n  ports: [{port: 80, protocol: UDP}]")]
    [InlineData("type: LoadBalancer\n  clusterIP: 10.96.0.2\n  ports: [{port: 80}]\nstatus: {loadBalancer: {ingress: [{ip: 203.0.113.7, ipMode: Proxy}]}}")]
    [InlineData("type: LoadBalancer\n  clusterIP: 10.96.0.2\n  ports: [{port: 80}]\nstatus: {loadBalancer: {ingress: [{hostname: a.example}]}}")]
    [InlineData("clusterIP: 10.96.0.2\n  externalTrafficPolicy: Local\n  ports: [{port: 80}]")]
    [InlineData("clusterIP: None\n  externalTrafficPolicy: Local\n  ports: [{port: 80, protocol: SCTP}]")]
    [InlineData("type: ExternalName\n  externalIPs: [203.0.113.9]")]
    public async Task Plan_ServiceThatLosesNothing_NeedsNoDecision(string spec)
    {
        var (code, plan) = await PlanAsync("--manifests", Write("services.yaml", $"{Plain}---\n{ServiceOf(spec)}"));

        plan.GetProperty("findings").GetArrayLength().ShouldBe(0, plan.ToString());
        code.ShouldBe(ExitCode.Done);
    }

    [Fact]
    public async Task Plan_SettingsDecide_NothingIsLeft()
    {
        string services = Write(
            "services.yaml",
            ServiceOf(
                "type: LoadBalancer\n  clusterIP: 10.96.0.2\n  externalIPs: [203.0.113.9]\n  ports: [{port: 80}]\nstatus: {loadBalancer: {ingress: [{ip: "
                    + "203.0.113.7}]}}"));
        string config = Write("config.conf", KubeProxy("mode: ipvs\nipvs: {scheduler: lblc}\niptables: {localhostNodePorts: false}"));
        string settings = Write("userproxy.yaml", """
            apiVersion: userproxy.io/v1alpha1
            kind: UserProxyConfiguration
            loadBalancerIps: true
            externalIps: 203.0.113.0/24
            scheduler: lc
            nodePortAddresses: 10.0.0.0/8
            """);

        var (before, undecided) = await PlanAsync("--manifests", services, "--config", config);
        var (after, decided) = await PlanAsync("--manifests", services, "--config", config, "--settings", settings);

        before.ShouldBe(ExitCode.Failed);
        Decisions(undecided).Select(finding => finding.GetProperty("reason").GetString()).Order().ShouldBe(
            ["ExternalIPNotAllowed", "LoadBalancerIPNotServed", "SettingIgnored", "SettingIgnored"]);
        after.ShouldBe(ExitCode.Done, decided.ToString());
    }

    /// <summary>Nothing that was read needs a decision: true, and the worst answer there is.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Plan_NothingWasRead_Exits1AndSaysWhatItNeeds(bool givesAnEmptyFolder)
    {
        string[] given = givesAnEmptyFolder ? ["--manifests", Directory.CreateDirectory(Path.Combine(_folder.Path, "empty")).FullName] : [];
        var cli = new Cli();

        (await cli.RunAsync(["migrate", "plan", "--no-node-checks", .. given])).ShouldBe(ExitCode.Failed);

        cli.Out.ToString().ShouldContain("This is no plan yet. It needs:\n  - the Services of the cluster: ");
        cli.Out.ToString().ShouldNotContain("needs a decision");
    }

    /// <summary>Its zone and its Pods decide what is served. Manifests without any Node are for every node.</summary>
    [Theory]
    [InlineData("", null, ExitCode.Done)]
    [InlineData("", "node-7", ExitCode.Failed)]
    [InlineData("apiVersion: v1\nkind: Node\nmetadata: {name: node-7}\n", null, ExitCode.Failed)]
    [InlineData("apiVersion: v1\nkind: Node\nmetadata: {name: node-7}\n", "node-7", ExitCode.Done)]
    [InlineData("apiVersion: v1\nkind: Node\nmetadata: {name: node-7}\n", "node-8", ExitCode.Failed)]
    public async Task Plan_NodeIsUnknown_Exits1AndSaysWhichItNeeds(string node, string? named, int code)
    {
        string services = Write("services.yaml", ServiceOf("clusterIP: 10.96.0.2\n  ports: [{port: 80}]") + (node.Length == 0 ? "" : $"---\n{node}"));
        string[] which = named is null ? [] : ["--node-name", named];
        var cli = new Cli();

        (await cli.RunAsync(["migrate", "plan", "--no-node-checks", "--manifests", services, .. which])).ShouldBe(code, cli.Out.ToString());

        string need = $"This is no plan yet. It needs:\n  - the Node {named ?? "host-of-test"}: {services} has none of that name; say which with --node-name\n";
        cli.Out.ToString().Contains(need, StringComparison.Ordinal).ShouldBe(code == ExitCode.Failed, cli.Out.ToString());
    }

    /// <summary>What is served differs from node to node: a plan that does not know on which it is for would be a guess.</summary>
    [Theory]
    [InlineData("  externalTrafficPolicy: Local\n", "", "externalTrafficPolicy Local of demo/x")]
    [InlineData("  internalTrafficPolicy: Local\n", "", "internalTrafficPolicy Local of demo/x")]
    [InlineData("", ", hints: {forZones: [{name: a}]}", "hints of the EndpointSlices of demo/x")]
    [InlineData("", "", null)]
    public async Task Plan_WithoutANode_NeedsOneWhereItMakesADifference(string policy, string hints, string? because)
    {
        string services = Write(
            "services.yaml", ServiceOf($"type: NodePort\n{policy}  clusterIP: 10.96.0.2\n  ports: [{{port: 80, nodePort: 30081}}]") + $$$"""
            ---
            apiVersion: discovery.k8s.io/v1
            kind: EndpointSlice
            metadata: {name: x-1, namespace: demo, labels: {kubernetes.io/service-name: x}}
            addressType: IPv4
            ports: [{port: 8080}]
            endpoints: [{addresses: [10.244.0.5]{{{hints}}}}]

            """);

        var (code, plan) = await PlanAsync("--manifests", services);

        code.ShouldBe(because is null ? ExitCode.Done : ExitCode.Failed, plan.ToString());
        string.Join('\n', plan.GetProperty("needs").EnumerateArray()).Contains($"({because ?? "anything"})", StringComparison.Ordinal)
            .ShouldBe(because is not null, plan.ToString());
        if (because is null) plan.GetProperty("unseen").ToString().ShouldContain("nothing that it declares depends on one; the plan is for any node");
    }

    /// <summary>A Service that nobody serves is none to plan for.</summary>
    [Fact]
    public async Task Plan_NoServiceToServe_Exits1()
    {
        var (code, plan) = await PlanAsync("--manifests", Write("services.yaml", ServiceOf("clusterIP: None\n  ports: [{port: 80}]")));

        code.ShouldBe(ExitCode.Failed);
        plan.GetProperty("needs")[0].GetString().ShouldNotBeNull().ShouldStartWith("Services with addresses");
    }

    [Fact]
    public async Task Plan_Fields_AreToldWithTheirFate()
    {
        // As kubectl get configmap -o yaml saves it.
        string config = Write(
            "cm.yaml", $"apiVersion: v1\nkind: ConfigMap\ndata:\n  config.conf: |\n{Indent(KubeProxy("mode: ipvs\nclusterCIDR: 10.244.0.0/16"))}");

        var (code, plan) = await PlanAsync("--config", config);

        code.ShouldBe(ExitCode.Failed, "without a Service it is no plan");
        plan.GetProperty("needs").EnumerateArray().ShouldHaveSingleItem().GetString()!.ShouldContain("--kubeconfig FILE, or --manifests PATH");
        plan.GetProperty("configuration").GetString().ShouldBe($"{config} (config.conf)");
        plan.GetProperty("fields").EnumerateArray().Select(field => $"{field.GetProperty("name")}={field.GetProperty("value")} {field.GetProperty("honoured")}")
            .ShouldBe(["mode=ipvs False", "clusterCIDR=10.244.0.0/16 True"]);
        plan.GetProperty("source").ValueKind.ShouldBe(JsonValueKind.Null);
        plan.GetProperty("unseen").ToString().ShouldContain("neither a cluster nor manifests");
    }

    /// <summary>What <c>kubectl get -o yaml</c> saves of kubeadm's and of EKS' ConfigMaps, alone and among others, and what lies on the node.</summary>
    [Theory]
    [InlineData("kube-proxy", "config.conf", " (ConfigMap kube-proxy, config.conf)")]
    [InlineData("kube-proxy-config", "config", " (ConfigMap kube-proxy-config, config)")]
    public async Task Plan_ConfigMap_IsFoundUnderAnyKey(string name, string key, string taken)
    {
        string map =
            $"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata:\n  kubeconfig.conf: \"kind: Config\"\n  {key}: "
                + $"|\n{Indent(KubeProxy("clusterCIDR: 10.244.0.0/16"))}";
        string list =
            $"apiVersion: v1\nkind: List\nitems:\n- {{apiVersion: apps/v1, kind: DaemonSet, metadata: {{name: kube-proxy}}}}\n- "
                + $"{map.TrimEnd().Replace("\n", "\n  ", StringComparison.Ordinal)}\n";
        foreach (string text in (string[])[map, list, $"apiVersion: apps/v1\nkind: DaemonSet\n---\n{map}"])
        {
            string config = Write("saved.yaml", text);

            var (_, plan) = await PlanAsync("--config", config);

            plan.GetProperty("configuration").GetString().ShouldBe($"{config}{taken}", text);
            plan.GetProperty("fields").EnumerateArray().ShouldHaveSingleItem().GetProperty("value").GetString().ShouldBe("10.244.0.0/16");
        }
    }

    [Fact]
    public async Task Plan_LabelledServices_AreForTheProxyOfTheirLabel()
    {
        const string labels = "labels: {service.kubernetes.io/service-proxy-name: userproxy}";
        string sctp = ServiceOf("clusterIP: 10.96.0.2\n  ports: [{port: 80, protocol: SCTP}]");
        string services = Write(
            "services.yaml", $"{Plain}---\n{sctp.Replace("namespace: demo", $"namespace: demo, {labels}", StringComparison.Ordinal)}");
        string settings = Write("userproxy.yaml", "apiVersion: userproxy.io/v1alpha1\nkind: UserProxyConfiguration\nserveLabel: userproxy\n");

        var (code, plan) = await PlanAsync("--manifests", services);
        var (labelled, ofLabel) = await PlanAsync("--manifests", services, "--settings", settings);

        code.ShouldBe(ExitCode.Done, "the labelled Service is nobody's here");
        plan.GetProperty("findings")[0].GetProperty("reason").GetString().ShouldBe("LeftToOthers");
        labelled.ShouldBe(ExitCode.Failed);
        Decisions(ofLabel).ShouldHaveSingleItem().GetProperty("reason").GetString().ShouldBe("ProtocolNotServed");
    }

    [Fact]
    public async Task Plan_Text_EndsInItsVerdict_AndEscapesWhatOthersWrote()
    {
        string services = Write(
            "services.yaml",
            string.Join(
                "---\n", Enumerable.Range(0, 12)
                    .Select(
                        i => ServiceOf(
                            $"clusterIP: 10.96.1.{i}\n  ports: [{{port: 80, protocol: SCTP}}]").Replace("name: x", $"name: x{i}", StringComparison.Ordinal))));
        var cli = new Cli();

        string config = Write("config.conf", KubeProxy("mode: \"\\e[31m\""));
        (await cli.RunAsync("migrate", "plan", "--no-node-checks", "--manifests", services, "--config", config)).ShouldBe(ExitCode.Failed);

        string text = cli.Out.ToString();
        text.ShouldNotContain('\e');
        text.ShouldContain("- mode: \\u{1b}[31m");
        text.ShouldContain("! ProtocolNotServed, 12 times");
        text.ShouldContain("and 2 more: -o json has all");
        text.TrimEnd().ShouldEndWith("12 findings need a decision.");
    }

    /// <summary>It is passed over, and what it declares would be missing in the plan without a word.</summary>
    [Fact]
    public async Task Plan_KindThatIsMisspelt_IsSaidAsNotSeen()
    {
        string services = Write(
            "services.yaml", $"{Plain}---\n{ServiceOf("clusterIP: None").Replace("kind: Service", "kind: Servce", StringComparison.Ordinal)}");

        var (_, plan) = await PlanAsync("--manifests", services);

        plan.GetProperty("unseen").EnumerateArray().Select(text => text.GetString())
            .ShouldContain($"{services}:10: kind: Servce is no kind that is read here; did you mean Service?");
    }

    /// <summary>As <c>check</c> says it. While a kind is misspelt the Service may be that object.</summary>
    [Theory]
    [InlineData("Service", "plian", true)]
    [InlineData("Service", "plain", false)]
    [InlineData("Servce", "plian", false)]
    public async Task Plan_SliceOfNoService_IsSaid(string kind, string label, bool isSaid)
    {
        string slice = $$"""
            apiVersion: discovery.k8s.io/v1
            kind: EndpointSlice
            metadata: {name: plain-1, namespace: demo, labels: {kubernetes.io/service-name: {{label}} } }
            addressType: IPv4
            ports: [{port: 8080}]
            endpoints: [{addresses: [10.244.0.9]}]

            """;
        string other = ServiceOf("clusterIP: None").Replace("kind: Service", $"kind: {kind}", StringComparison.Ordinal);

        var (code, plan) = await PlanAsync("--manifests", Write("services.yaml", $"{Plain}---\n{other}---\n{slice}"));

        var said = plan.GetProperty("findings").EnumerateArray().Where(finding => finding.GetProperty("reason").GetString() == "NoSuchService").ToList();
        said.Count.ShouldBe(isSaid ? 1 : 0, plan.ToString());
        code.ShouldBe(ExitCode.Done);
        if (!isSaid) return;
        said[0].GetProperty("subject").GetString().ShouldBe("EndpointSlice demo/plain-1");
        said[0].GetProperty("message").GetString()!.ShouldStartWith("no Service demo/plian is declared, whose endpoints its label");
        said[0].GetProperty("needsDecision").GetBoolean().ShouldBeFalse();
        said[0].GetProperty("action").GetString().ShouldBe("correct the label kubernetes.io/service-name, or delete the slice if its Service is gone");
    }

    public static TheoryData<string[], string> BadInput => new()
    {
        { ["--manifests", "/nonexistent"], "manifests: no file or folder /nonexistent" },
        { ["--kubeconfig", "/nonexistent"], "kubeconfig: no file /nonexistent" },
        { ["--config", "/nonexistent"], "/nonexistent: cannot be read" },
        { ["--config", "/dev/zero"], "/dev/zero: larger than 16 MiB" },
        { ["--config", "{plain}"], "no configuration; expected kubeproxy.config.k8s.io/v1alpha1 KubeProxyConfiguration, by itself or in its ConfigMap" },
        { ["--config", "{nokeys}"], "nokeys.yaml: its ConfigMaps have no keys; kube-proxy's has one with a KubeProxyConfiguration (kubectl" },
        { ["--config", "{settings}"], "--settings" },
        { ["--config", "{map}"], "map.yaml: no key of its ConfigMaps holds a KubeProxyConfiguration: other" },
        { ["--config", "{bad}"], "bad.conf:3: nodePortAddresses: " },
        { ["--config", "{broken}"], "broken.conf:" },
        { ["--settings", "{kubeproxy}"], "--config" },
        { ["--manifests", "{broken}"], "broken.conf:" },
        { ["--manifests", "{plain}", "--kubeconfig", "{plain}"], "exclude each other" },
        { ["--kubeconfig", "{plain}"], "plain.yaml: is no kubeconfig, its kind is Service: " },
        { ["--node-name", "a b"], "--node-name: 'a b' is not allowed here" },
        { ["-o", "xml"], "'xml'" },
        { ["extra"], "extra" },
    };

    [Theory]
    [MemberData(nameof(BadInput))]
    public async Task Plan_BadInput_Exits64AndSaysWhat(string[] arguments, string said)
    {
        var files = new Dictionary<string, string>
        {
            ["{plain}"] = Write("plain.yaml", Plain),
            ["{settings}"] = Write("own.yaml", "apiVersion: userproxy.io/v1alpha1\nkind: UserProxyConfiguration\n"),
            ["{kubeproxy}"] = Write("kube.yaml", KubeProxy("")),
            ["{map}"] = Write("map.yaml", "apiVersion: v1\nkind: ConfigMap\ndata: {other: x}\n"),
            ["{nokeys}"] = Write("nokeys.yaml", "apiVersion: v1\nkind: ConfigMap\n"),
            ["{bad}"] = Write("bad.conf", KubeProxy("nodePortAddresses: [ten]")),
            ["{broken}"] = Write("broken.conf", "kind: [\n"),
        };
        var cli = new Cli();

        (await cli.RunAsync(["migrate", "plan", "--no-node-checks", .. arguments.Select(argument => files.GetValueOrDefault(argument, argument))])).ShouldBe(
            ExitCode.BadUsage);

        cli.Error.ToString().ShouldContain(said);
        cli.Out.ToString().ShouldBeEmpty();
    }

    [Fact]
    public async Task Migrate_WithoutPlan_PrintsItsHelp_AndBadUsagePointsToIt()
    {
        var cli = new Cli();

        (await cli.RunAsync("migrate")).ShouldBe(ExitCode.Done, "a group of commands says what it has");
        cli.Out.ToString().ShouldContain("userproxy migrate plan");

        cli = new Cli();
        (await cli.RunAsync("migrate", "plan", "--nonsense")).ShouldBe(ExitCode.BadUsage);
        cli.Error.ToString().ShouldContain("(userproxy migrate plan --help)");
    }

    public void Dispose() => _folder.Dispose();

    private static async Task<(int Code, JsonElement Plan)> PlanAsync(params string[] arguments)
    {
        var cli = new Cli();
        int code = await cli.RunAsync(["migrate", "plan", "--no-node-checks", "-o", "json", .. arguments]);
        cli.Error.ToString().ShouldBeEmpty();
        using var json = JsonDocument.Parse(cli.Out.ToString());
        return (code, json.RootElement.Clone());
    }

    private static IEnumerable<JsonElement> Decisions(JsonElement plan) =>
        plan.GetProperty("findings").EnumerateArray().Where(finding => finding.GetProperty("needsDecision").GetBoolean());

    private static string KubeProxy(string fields) => $"apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n{fields}\n";

    private static string ServiceOf(string spec) => $"apiVersion: v1\nkind: Service\nmetadata: {{name: x, namespace: demo}}\nspec:\n  {spec}\n";

    private static string Indent(string text) => string.Concat(text.Split('\n').Select(line => $"    {line}\n"));

    private string Write(string name, string text) => _folder.Write(name, text);
}
