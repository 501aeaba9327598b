using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using UserProxy.FakeApiServer;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.FunctionalTests;

/// <summary>The executable's <c>migrate plan</c> against a cluster, a busy port and rules like kube-proxy's; and that it changes nothing.</summary>
[StartsProgram]
public sealed class MigratePlanTests : IDisposable
{
    private static string Executable => TestedProgram.Path;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("userproxy-plan-");

    [Fact]
    public async Task Cluster_IsReadWithItsConfigMap_AndOnlyByGet()
    {
        await using var api = await ApiServer.StartAsync();
        api.Apply(Service("web", "protocol: TCP"));
        api.Apply(Service("voice", "protocol: SCTP"));
        api.Apply("apiVersion: v1\nkind: Node\nmetadata: {name: node-1}\nstatus: {addresses: [{type: InternalIP, address: 10.0.0.1}]}\n");
        api.Apply("apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: deny, namespace: demo}\n");
        api.Apply("""
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: kube-proxy, namespace: kube-system}
            data:
              config.conf: |
                apiVersion: kubeproxy.config.k8s.io/v1alpha1
                kind: KubeProxyConfiguration
                clusterCIDR: 10.244.0.0/16
                mode: ipvs
            """);

        var (code, plan, error) = await PlanAsync("--kubeconfig", KubeconfigOf(api), "--node-name", "node-1", "--no-node-checks");

        error.ShouldBeEmpty();
        code.ShouldBe(1);
        plan.GetProperty("source").GetString().ShouldBe(api.Url.ToString());
        plan.GetProperty("configuration").GetString().ShouldBe("kube-system/kube-proxy (config.conf)");
        plan.GetProperty("fields").EnumerateArray().Select(field => field.GetProperty("name").GetString()).ShouldBe(["clusterCIDR", "mode"]);
        Reasons(plan).ShouldBe(["ProtocolNotServed", "NetworkPolicies"]);
        plan.GetProperty("unseen").EnumerateArray().ShouldHaveSingleItem().GetString().ShouldStartWith("ports and rules of the node");
        api.Requests.ShouldAllBe(request => request.Method == "GET" && !request.Query.Contains("watch", StringComparison.Ordinal));
        api.Requests.Select(request => request.Path).Distinct().Count().ShouldBe(5);
    }

    /// <summary>HTTPS_PROXY and NO_PROXY, as every client of a cluster has them; and the kubeconfig from KUBECONFIG.</summary>
    [Theory]
    [InlineData(null, true)]
    [InlineData("other.example,.cluster.invalid", false)]
    public async Task Cluster_BehindAProxy_IsAskedThroughIt(string? noProxy, bool through)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        string file = Path.Combine(_folder.FullName, "kubeconfig");
        await File.WriteAllTextAsync(
            file,
            "{current-context: a, contexts: [{name: a, context: {cluster: b}}], clusters: [{name: b, cluster: {server: 'https://api.cluster.invalid:6443'}}]}",
            TestContext.Current.CancellationToken);
        var variables = new Dictionary<string, string?>
        {
            ["KUBECONFIG"] = file,
            ["HTTPS_PROXY"] = $"http://{listener.LocalEndpoint}",
            ["NO_PROXY"] = noProxy,
            ["no_proxy"] = null,
        };
        var planning = RunAsync(variables, "--no-node-checks");
        string? asked = through ? await FirstLineAsync(listener) : null;
        if (through) listener.Stop(); // what is asked next fails at once
        var (code, _, _) = await planning;

        code.ShouldBe(69);
        if (through) asked.ShouldBe("CONNECT api.cluster.invalid:6443 HTTP/1.1");
        else listener.Pending().ShouldBeFalse();
    }

    [Fact]
    public async Task Cluster_OfManyPages_IsReadWhole()
    {
        await using var api = await ApiServer.StartAsync(new ServerSettings { MaxPage = 10 });
        for (int i = 0; i < 35; i++) api.Apply(Service(string.Create(CultureInfo.InvariantCulture, $"web{i}"), "protocol: SCTP"));

        var (code, plan, _) = await PlanAsync("--kubeconfig", KubeconfigOf(api), "--no-node-checks");

        code.ShouldBe(1);
        Reasons(plan).Count(reason => reason == "ProtocolNotServed").ShouldBe(35);
    }

    [Theory]
    [InlineData("services", 69)]
    [InlineData("endpointslices", 69)]
    [InlineData("nodes", 1)]
    [InlineData("configmaps", 0)]
    [InlineData("networkpolicies", 0)]
    public async Task Cluster_RightIsMissing_IsSaid(string resource, int expected)
    {
        await using var api = await ApiServer.StartAsync();
        api.Apply(Service("web", "protocol: TCP"));
        api.Apply("apiVersion: v1\nkind: Node\nmetadata: {name: node-1}\n");
        api.Faults.Forbidden.Add(resource);

        var (code, output, error) = await RunAsync("--kubeconfig", KubeconfigOf(api), "--no-node-checks", "--node-name", "node-1");

        code.ShouldBe(expected, output + error);
        (output + error).ShouldContain($"{resource} is forbidden");
    }

    [Fact]
    public async Task Cluster_IsAway_Exits69()
    {
        var api = await ApiServer.StartAsync();
        string kubeconfig = KubeconfigOf(api);
        await api.DisposeAsync();

        var (code, output, error) = await RunAsync("--kubeconfig", kubeconfig);

        code.ShouldBe(69);
        output.ShouldBeEmpty();
        error.ShouldContain("cannot be reached");
    }

    [Fact]
    public async Task Node_PortIsTaken_IsADecisionAndNamesTheProcess()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Any, 0));
        socket.Listen();
        int port = ((IPEndPoint)socket.LocalEndPoint!).Port;
        string services = Write(Service("web", string.Create(CultureInfo.InvariantCulture, $"nodePort: {port}"), "NodePort"));

        var (code, plan, _) = await PlanAsync("--manifests", services);

        code.ShouldBe(1);
        var taken = plan.GetProperty("findings").EnumerateArray().Where(
            finding => finding.GetProperty("reason").GetString() == "PortTaken" && finding.GetProperty("subject").GetString() == $"TCP {port}").ToList();
        taken.ShouldHaveSingleItem().GetProperty(
            "message").GetString()!.ShouldContain($"(pid {Environment.ProcessId}) has 0.0.0.0:{port}, where NodePort of demo/web");
    }

    /// <summary>In a namespace of its own: rules and reserved ports of this machine are nobody's business.</summary>
    [Fact]
    public async Task Node_RulesAreLeft_AreFoundAndLeftAsTheyWere()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "network namespaces need root");
        Tool.SkipUnlessInstalled("unshare", "nft", "ip");
        string services = Write(Service("web", "nodePort: 40000", "NodePort"));

        string output = await Tool.RunAsync(
            "unshare", "-n", "sh", "-c",
            $"""
            ip link set lo up
            nft add table ip nat && nft add chain ip nat KUBE-SERVICES && nft add chain ip nat KUBE-NODEPORTS && nft add table ip6 kube-proxy
            nft -s list ruleset >{_folder.FullName}/before
            {Executable} migrate plan --manifests {services} -o json; echo "exit code $?"
            nft -s list ruleset | diff {_folder.FullName}/before - && echo unchanged
            """);

        output.ShouldEndWith("exit code 1\nunchanged\n");
        using var json = JsonDocument.Parse(output[..output.LastIndexOf("exit code", StringComparison.Ordinal)]);
        var rules = json.RootElement.GetProperty("findings").EnumerateArray().Single(finding => finding.GetProperty("area").GetString() == "rules");
        // A kube-proxy of the machine, if there is one, makes it a note.
        rules.GetProperty("reason").GetString().ShouldBeOneOf("RulesLeftOver", "RulesInUse");
        rules.GetProperty("message").GetString()!.ShouldContain("2 chains KUBE-*, 1 nftables table kube-proxy");
        Reasons(json.RootElement).ShouldContain("PortsEphemeral");
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static async Task<string?> FirstLineAsync(TcpListener listener)
    {
        using var client = await listener.AcceptTcpClientAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Eventually.Patience);
        using var reader = new StreamReader(client.GetStream());
        string? line = await reader.ReadLineAsync();
        await client.GetStream().WriteAsync("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"u8.ToArray());
        return line;
    }

    private async Task<(int Code, JsonElement Plan, string Error)> PlanAsync(params string[] arguments)
    {
        var (code, output, error) = await RunAsync([.. arguments, "-o", "json"]);
        using var json = JsonDocument.Parse(output);
        return (code, json.RootElement.Clone(), error);
    }

    private Task<(int Code, string Out, string Error)> RunAsync(params string[] arguments) => RunAsync(new Dictionary<string, string?>(), arguments);

    private async Task<(int Code, string Out, string Error)> RunAsync(Dictionary<string, string?> variables, params string[] arguments)
    {
        var start = new ProcessStartInfo(Executable, ["migrate", "plan", .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = _folder.FullName,
        };
        foreach (var (name, value) in variables) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        string output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, output, await error);
    }

    private static IEnumerable<string?> Reasons(JsonElement plan) =>
        plan.GetProperty("findings").EnumerateArray().Where(
            finding => finding.GetProperty("needsDecision").GetBoolean()).Select(finding => finding.GetProperty("reason").GetString());

    private static string Service(string name, string port, string type = "ClusterIP") =>
        $"apiVersion: v1\nkind: Service\nmetadata: {{name: {name}, namespace: demo}}\nspec:\n  type: {type}\n  ports: [{{port: 80, {port}}}]\n";

    private string KubeconfigOf(ApiServer api)
    {
        string path = Path.Combine(_folder.FullName, "kubeconfig");
        File.WriteAllText(path, api.Kubeconfig());
        return path;
    }

    private string Write(string text)
    {
        string path = Path.Combine(_folder.FullName, "services.yaml");
        File.WriteAllText(path, text);
        return path;
    }
}
