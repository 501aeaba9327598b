using UserProxy.ConformanceTests.Report;
using UserProxy.FakeApiServer;
using UserProxy.FunctionalTests.Cluster;

namespace UserProxy.ConformanceTests.Cluster;

/// <summary>
/// What all cases of a run share: the API of a cluster (the given one, or the fake), and where they ask: on nodes of this machine with the real userproxy on
/// each, or by Pods in the cluster. Nothing is made where namespaces are needed and cannot be had: the cases skip.
/// </summary>
public sealed class ConformanceCluster : IAsyncLifetime
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("userproxy-conformance-");
    private ApiServer? _fake;
    private ClusterApi? _api;
    private ProxiedNodes? _nodes;
    private ITestbed? _testbed;
    private int _numbers;
    private int _disposed;

    internal ClusterApi Api => _api!;

    /// <summary>Skips the case that asks where there is none.</summary>
    internal ITestbed Testbed
    {
        get
        {
            if (Missing is { } missing) throw ReportTable.Skip(missing);
            return _testbed!;
        }
    }

    /// <summary>The nodes that the run has made; skips the case that asks where it asks the cluster's own proxies.</summary>
    internal ProxiedNodes Nodes
    {
        get
        {
            _ = Testbed;
            return _nodes ?? throw ReportTable.Skip("the proxies of the cluster and its API server are not this run's to stop");
        }
    }

    internal bool HasNodes => _nodes is not null;

    private static string? Missing => RunSettings.Pods ? null : ClusterNetwork.Missing;

    public async ValueTask InitializeAsync()
    {
        if (Missing is not null) return;
        try
        {
            if (RunSettings.Pods && RunSettings.Kubeconfig is null)
                throw new InvalidOperationException($"Pods need a cluster: set {RunSettings.KubeconfigVariable}");
            string kubeconfig = RunSettings.Kubeconfig ?? await StartFakeAsync();
            _api = await ClusterApi.CreateAsync(kubeconfig);
            _testbed = RunSettings.Pods ? await PodTestbed.CreateAsync(_api) : await CreateNodesAsync(kubeconfig);
            ReportTable.Head = _testbed.Description;
        }
        catch (Exception e)
        {
            // Every case fails with this, and the table says it once.
            ReportTable.Head = $"Nothing was asked: {e.Message}";
            await DisposeAsync();
            throw;
        }
    }

    /// <summary>A number that no other has, for names and addresses.</summary>
    internal int NextNumber() => Interlocked.Increment(ref _numbers);

    internal string LastOfLogs() => _nodes?.LastOfLogs() ?? "";

    /// <summary>Also after a start that failed: what was made in the cluster goes.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 1) return;
        if (RunSettings.Report is { } report && Missing is null) await File.WriteAllTextAsync(report, ReportTable.Print());
        if (_testbed is not null) await _testbed.DisposeAsync();
        if (_nodes is not null) await _nodes.DisposeAsync();
        if (_api is not null) await _api.DisposeAsync();
        if (_fake is not null) await _fake.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private async Task<NamespaceTestbed> CreateNodesAsync(string kubeconfig)
    {
        string ofNodes = Path.Combine(_folder.FullName, "node.kubeconfig");
        await File.WriteAllTextAsync(ofNodes, await NodeKubeconfig.OfAsync(kubeconfig));
        _nodes = await ProxiedNodes.StartAsync(Api.Client.BaseUri, ofNodes, _folder.FullName);
        return new NamespaceTestbed(
            _nodes.Network,
            $"Asked: this checkout's userproxy in namespaces of this machine, on the API of {RunSettings.Kubeconfig ?? "the fake API server"}.");
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
