using UserProxy.FunctionalTests.Cluster;

namespace UserProxy.ConformanceTests.Cluster;

/// <summary>
/// Two nodes of this machine with the real userproxy on each, which read the API of a cluster through a gate. node-a serves by the default transport, node-b by
/// sockets. What a run asks without Pods, and what stands for the cluster's own proxies in the tests of the mode with Pods.
/// </summary>
internal sealed class ProxiedNodes : IAsyncDisposable
{
    /// <summary>Set aside for tests (RFC 2544) and documentation (RFC 3849), so that no cluster's ClusterIPs are hidden by them.</summary>
    private static readonly AddressPlan Plan = new("198.18.0", "198.19", "2001:db8:1", "2001:db8:244", "default", "::/0") { NodesHaveDefaultRoutes = true };

    private readonly Dictionary<Host, NodeProxy> _proxies = [];
    private readonly Dictionary<Host, ApiGate> _gates = [];

    private ProxiedNodes(ClusterNetwork network) => Network = network;

    public ClusterNetwork Network { get; }

    /// <param name="server">The API server, as it is reached from here.</param>
    /// <param name="kubeconfig">What <see cref="NodeKubeconfig"/> made of the cluster's.</param>
    /// <param name="folder">For logs and admin sockets.</param>
    public static async Task<ProxiedNodes> StartAsync(Uri server, string kubeconfig, string folder)
    {
        var nodes = new ProxiedNodes(await ClusterNetwork.CreateAsync(Plan));
        try
        {
            await nodes.StartProxiesAsync(server, kubeconfig, folder);
            return nodes;
        }
        catch
        {
            await nodes.DisposeAsync();
            throw;
        }
    }

    public NodeProxy ProxyOf(Host node) => _proxies[node];

    public ApiGate GateOf(Host node) => _gates[node];

    public string LastOfLogs() => string.Join('\n', _proxies.Values.Select(proxy => proxy.LastOfLog()));

    public async ValueTask DisposeAsync()
    {
        foreach (var proxy in _proxies.Values) await proxy.DisposeAsync();
        foreach (var gate in _gates.Values) await gate.DisposeAsync();
        await Network.DisposeAsync();
    }

    private Task StartProxiesAsync(Uri server, string kubeconfig, string folder)
    {
        foreach (var (node, block, transport) in new (Host, string, string)[]
            { (Network.NodeA, "198.19.1.0/24", "auto"), (Network.NodeB, "198.19.2.0/24", "sockets") })
        {
            _gates[node] = new ApiGate(node, server);
            _proxies[node] = new NodeProxy(node, block, transport, folder, kubeconfig);
        }

        return Task.WhenAll(_proxies.Values.Select(proxy => proxy.StartAsync()));
    }
}
