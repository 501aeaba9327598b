using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using k8s;
using UserProxy.ConformanceTests.Cases;
using UserProxy.ConformanceTests.Cluster;
using UserProxy.FakeApiServer;
using UserProxy.FunctionalTests.Cluster;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.ConformanceTests.StandIns;

/// <summary>
/// The mode with Pods, of this suite itself: its executable is started as from outside of a cluster whose API server and kubelets are the tests', and whose
/// service proxies are two userproxies.
/// </summary>
public sealed partial class PodsModeTests : IAsyncLifetime
{
    /// <summary>A case of each kind that is to be asked by Pods.</summary>
    private static readonly string[] Served =
    [
        "Services should serve a basic endpoint from pods",
        "Services should be able to create a functioning NodePort service",
        "Services should have session affinity work for service with type clusterIP",
        "Services should respect internalTrafficPolicy=Local Pod (hostNetwork: true) to Pod",
        "LoadBalancers ExternalTrafficPolicy: Local should work for type=NodePort (client's address)",
        "Services should fallback to local terminating endpoints when there are no ready endpoints with externalTrafficPolicy=Local",
        "Networking Granular Checks: Services should be able to handle large requests(protocol: \"UDP\")",
        "Conntrack should be able to preserve UDP traffic when server pod cycles for a NodePort service",
    ];

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("userproxy-pods-");
    private ApiServer? _server;
    private ProxiedNodes? _nodes;
    private ApiGate? _gate;
    private Kubelet? _kubelet;

    public async ValueTask InitializeAsync()
    {
        if (WhyNot is not null) return;
        _server = await ApiServer.StartAsync(new ServerSettings { ReachPod = ReachAsync });
        foreach (string name in (string[])["node-a", "node-b"]) ApplyNode(name, ready: true);
        string kubeconfig = Path.Combine(_folder.FullName, "cluster");
        await File.WriteAllTextAsync(kubeconfig, _server.Kubeconfig());
        await File.WriteAllTextAsync(Kubeconfig, await NodeKubeconfig.OfAsync(kubeconfig));
        _nodes = await ProxiedNodes.StartAsync(_server.Url, Kubeconfig, _folder.FullName);
        _gate = new ApiGate(_nodes.Network.Client, _server.Url);
        _kubelet = new Kubelet(_nodes.Network, await KubernetesClientConfiguration.BuildConfigFromConfigFileAsync(new FileInfo(kubeconfig)));
    }

    /// <summary>One after the other, as the cluster has room for the Pods of one run.</summary>
    [Fact]
    public async Task Run_WithPods_SaysHowTheClusterIsServed()
    {
        Assert.SkipUnless(WhyNot is null, WhyNot ?? "");
        await ServedIsGreenAsync();
        await BadImageIsSaidAsync();
        await OneNodeSkipsAsync();
        foreach (var node in (Host[])[_nodes!.Network.NodeA, _nodes.Network.NodeB]) await _nodes.ProxyOf(node).StopAsync("TERM");
        await UnservedIsRedAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_kubelet is not null) await _kubelet.DisposeAsync();
        if (_gate is not null) await _gate.DisposeAsync();
        if (_nodes is not null) await _nodes.DisposeAsync();
        if (_server is not null) await _server.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private static string? WhyNot => ClusterNetwork.Missing ?? (RunSettings.Kubeconfig is null ? null : "a run in a cluster asks that cluster alone");

    private async Task ServedIsGreenAsync()
    {
        var (exitCode, table) = await RunAsync("-namespace", "UserProxy.ConformanceTests.Cases");

        exitCode.ShouldBe(0, table);
        table.ShouldStartWith(
            "Asked: the service proxy of the cluster at https://127.0.0.1:6443/, by Pods on node-a and node-b, and from outside by this machine, "
                + "198.18.0.100.");
        table.ShouldContain("cases as expected, 0 not, ");
        int.Parse(Counts().Match(table).Groups["held"].Value, CultureInfo.InvariantCulture).ShouldBeGreaterThan(Served.Length, table);
        foreach (string name in Served) table.ShouldMatch($@"(?m)^{Regex.Escape(name)}\r?$\n      ");
        table.ShouldMatch(@"(?m)^ +\d+  load balancer: its address leads to no node by itself\r?$");
    }

    private async Task BadImageIsSaidAsync()
    {
        var (exitCode, table) = await RunAsync("--pod-image", "no image", "-method", Method(nameof(ServiceTypeCases), nameof(ServiceTypeCases.CreateNodePort)));

        exitCode.ShouldBe(1, table);
        table.ShouldStartWith("Nothing was asked: Pods are not ready after");
        table.ShouldContain("on node-a: InvalidImageName: couldn't parse image name \"no image\"");
    }

    private async Task OneNodeSkipsAsync()
    {
        ApplyNode("node-b", ready: false);
        var (exitCode, table) = await RunAsync("-class", "UserProxy.ConformanceTests.Cases.TrafficPolicyCases");
        ApplyNode("node-b", ready: true);

        exitCode.ShouldBe(0, table);
        table.ShouldContain("by Pods on node-a, and");
        table.ShouldMatch(@"(?m)^ +\d+  the cluster has one node that is ready and takes Pods\r?$");
        table.ShouldContain("0 not,");
    }

    private async Task UnservedIsRedAsync()
    {
        var (exitCode, table) = await RunAsync("--patience", "1", "-method", Method(nameof(ServiceTypeCases), nameof(ServiceTypeCases.CreateNodePort)));

        exitCode.ShouldBe(1, table);
        table.ShouldMatch(@"(?m)^FAIL  pod-a2 asks ClusterIP .* pod-a1, pod-b1  no answer\r?$");
        table.ShouldContain("0 cases as expected, 1 not, 0 not asked");
    }

    private static string Method(string type, string name) => $"UserProxy.ConformanceTests.Cases.{type}.{name}";

    private string Report => Path.Combine(_folder.FullName, "report.txt");

    private string Kubeconfig => Path.Combine(_folder.FullName, "kubeconfig");

    private void ApplyNode(string name, bool ready) => _server!.Apply($$"""
        kind: Node
        metadata: {name: {{name}}, labels: {topology.kubernetes.io/zone: zone-{{name}} } }
        status: {conditions: [{type: Ready, status: "{{ready}}"}]}
        """);

    /// <summary>The server's way to the Pods is the client's, who has routes to them.</summary>
    private async ValueTask<Stream> ReachAsync(IPEndPoint address, CancellationToken stop)
    {
        var socket = NamespaceThread.Run(_nodes!.Network.Client.Namespace, () =>
            new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp));
        await socket.ConnectAsync(address, stop);
        return new NetworkStream(socket, ownsSocket: true);
    }

    /// <summary>A run from where the client is; its exit code and table.</summary>
    private async Task<(int ExitCode, string Table)> RunAsync(params string[] arguments)
    {
        File.Delete(Report);
        string output = Path.Combine(_folder.FullName, "output.txt");
        string suite = Path.Combine(AppContext.BaseDirectory, "UserProxy.ConformanceTests");
        await using var run = _nodes!.Network.Client.StartProgram(
        [
            "sh", "-c", $"exec env -u {RunSettings.LabelVariable} -u {RunSettings.ReportVariable} \"$@\" >{output} 2>&1", "sh",
            suite, "--pods", "--kubeconfig", Kubeconfig, "--report", Report, "-noColor", .. arguments,
        ]);
        int exitCode = await run.ExitCodeAsync(TimeSpan.FromMinutes(5));
        await Eventually.IsTrue(() => _kubelet!.Pods == 0, "the run's Pods have gone with its namespace");
        return (exitCode, await File.ReadAllTextAsync(File.Exists(Report) ? Report : output));
    }

    [GeneratedRegex(@"(?<held>\d+) cases as expected, (?<failed>\d+) not, (?<unasked>\d+) not asked")]
    private static partial Regex Counts();
}
