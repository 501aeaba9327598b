using UserProxy.ConformanceTests.Report;
using UserProxy.FakeApiServer;
using UserProxy.FunctionalTests.Cluster;

namespace UserProxy.ConformanceTests.Cluster;

/// <summary>
/// What all cases of a run share: the API of a cluster (the given one, or the fake), two nodes with the real userproxy on each, Pods and a client in
/// namespaces. node-a serves by the default transport, node-b by sockets. Nothing is made where namespaces cannot be had: the cases skip.
/// </summary>
public sealed class ConformanceCluster : IAsyncLifetime
{
    /// <summary>Set aside for tests (RFC 2544) and documentation (RFC 3849), so that no cluster's ClusterIPs are hidden by them.</summary>
    private static readonly AddressPlan Plan = new("198.18.0", "198.19", "2001:db8:1", "2001:db8:244", "default", "::/0") { NodesHaveDefaultRoutes = true };

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("userproxy-conformance-");
    private readonly Dictionary<Host, NodeProxy> _proxies = [];
    private readonly Dictionary<Host, ApiGate> _gates = [];
    private ApiServer? _fake;
    private ClusterApi? _api;
    private ClusterNetwork? _network;
    private PodServers? _servers;
    private int _numbers;

    internal ClusterApi Api => _api!;

    /// <summary>Skips the case that asks where there is none.</summary>
    internal ClusterNetwork Network
    {
        get
        {
            Assert.SkipUnless(ClusterNetwork.Missing is null, ClusterNetwork.Missing ?? "");
            return _network!;
        }
    }

    public async ValueTask InitializeAsync()
    {
        if (ClusterNetwork.Missing is not null) return;
        _network = await ClusterNetwork.CreateAsync(Plan);
        _servers = new PodServers(_network);
        string kubeconfig = RunSettings.Kubeconfig ?? await StartFakeAsync();
        _api = await ClusterApi.CreateAsync(kubeconfig);
        string ofNodes = Path.Combine(_folder.FullName, "node.kubeconfig");
        await File.WriteAllTextAsync(ofNodes, await NodeKubeconfig.OfAsync(kubeconfig));
        foreach (var (node, block, transport) in (IEnumerable<(Host, string, string)>)[(_network.NodeA, "198.19.1.0/24", "auto"),
            (_network.NodeB, "198.19.2.0/24", "sockets")])
        {
            _gates[node] = new ApiGate(node, _api.Client.BaseUri);
            _proxies[node] = new NodeProxy(node, block, transport, _folder.FullName, ofNodes);
        }

        await Task.WhenAll(_proxies.Values.Select(proxy => proxy.StartAsync()));
    }

    /// <summary>A number that no other has, for names and addresses.</summary>
    internal int NextNumber() => Interlocked.Increment(ref _numbers);

    internal NodeProxy ProxyOf(Host node) => _proxies[node];

    internal ApiGate GateOf(Host node) => _gates[node];

    internal string LastOfLogs() => string.Join('\n', _proxies.Values.Select(proxy => proxy.LastOfLog()));

    public async ValueTask DisposeAsync()
    {
        if (RunSettings.Report is { } report && ClusterNetwork.Missing is null) await File.WriteAllTextAsync(report, ReportTable.Print());
        foreach (var proxy in _proxies.Values) await proxy.DisposeAsync();
        foreach (var gate in _gates.Values) await gate.DisposeAsync();
        if (_api is not null) await _api.DisposeAsync();
        if (_fake is not null) await _fake.DisposeAsync();
        if (_servers is not null) await _servers.DisposeAsync();
        if (_network is not null) await _network.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private async Task<string> StartFakeAsync()
    {
        _fake = await ApiServer.StartAsync();
        foreach (string name in (string[])["node-a", "node-b"])
            _fake.Apply($"{{kind: Node, metadata: {{name: {name}, labels: {{topology.kubernetes.io/zone: zone-{name}}}}}}}");
        string path = Path.Combine(_folder.FullName, "kubeconfig");
        await File.WriteAllTextAsync(path, _fake.Kubeconfig());
        return path;
    }
}
