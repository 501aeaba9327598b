using System.Net;
using UserProxy.FunctionalTests.Backends;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.FunctionalTests.Cluster;

/// <summary>
/// A <see cref="ClusterNetwork"/> whose Pods answer with their names. On each node runs the real executable, on manifests that the cases write.
/// </summary>
internal sealed class TestCluster : IAsyncDisposable
{
    private static readonly AddressPlan Plan =
        new("10.0.0", "10.244", "fd00", "fd00:244", "10.96.0.0/16", "203.0.113.0/24", "198.51.100.0/24", "fd00:96::/64");

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("userproxy-cluster-");
    private readonly List<Backend> _backends = [];
    private readonly Dictionary<Host, Tool> _running = [];
    private readonly ClusterNetwork _network;
    private readonly TransportKind _transport;
    private readonly bool _wildcardOnB;

    private TestCluster(ClusterNetwork network, TransportKind transport, bool wildcardOnB)
    {
        _network = network;
        _transport = transport;
        _wildcardOnB = wildcardOnB;
    }

    public Host Client => _network.Client;

    public Host NodeA => _network.NodeA;

    public Host NodeB => _network.NodeB;

    public Pod PodA1 => _network.PodA1;

    public Pod PodA2 => _network.PodA2;

    public Pod PodB1 => _network.PodB1;

    private string Manifests => Path.Combine(_folder.FullName, "manifests");

    /// <param name="transport">Of both nodes.</param>
    /// <param name="wildcardOnB">node-b serves no virtual IPs, and so has one socket for a NodePort instead of one an address.</param>
    public static async Task<TestCluster> CreateAsync(TransportKind transport, bool wildcardOnB = false)
    {
        var cluster = new TestCluster(await ClusterNetwork.CreateAsync(Plan), transport, wildcardOnB);
        try
        {
            foreach (var pod in new[] { cluster.PodA1, cluster.PodA2, cluster.PodB1 })
            {
                cluster._backends.Add(Backend.RunOn(pod.Host.Listen(IPAddress.Any, Pod.Port), peer => AnswerAsync(peer, pod.Name)));
                cluster._backends.Add(Backend.RunOn(pod.Host.Listen(IPAddress.IPv6Any, Pod.Port), peer => AnswerAsync(peer, pod.Name)));
            }

            Directory.CreateDirectory(cluster.Manifests);
            cluster.Write("nodes", Yaml.Node("node-a", "10.0.0.1", "10.244.1.0/24") + Yaml.Node("node-b", "10.0.0.2", "10.244.2.0/24"));
            foreach (var node in new[] { cluster.NodeA, cluster.NodeB }) cluster.Start(node);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Writes the manifests of one case; both nodes follow.</summary>
    public void Write(string file, string yaml)
    {
        string path = Path.Combine(Manifests, file + ".yaml");
        File.WriteAllText(path + ".new", yaml);
        File.Move(path + ".new", path, overwrite: true);
    }

    public void Remove(string file) => File.Delete(Path.Combine(Manifests, file + ".yaml"));

    /// <summary><paramref name="arguments"/> of run, for one case, come after those that all have.</summary>
    public void Start(Host node, string arguments = "") => _running[node] = Tool.Start("sh", "-c", string.Join(' ',
        $"exec ip netns exec {node.Namespace} {Executable} run --manifests {Manifests} --node-name {node.Name}",
        $"--transport {_transport.Name()} --admin-socket {AdminSocketOf(node)}",
        _wildcardOnB && node == NodeB ? "--cluster-ips off" : "--cluster-ips on --load-balancer-ips --external-ips 198.51.100.0/24",
        $"--drain-timeout 1s {arguments}",
        $">>{_folder.FullName}/{node.Name}.log 2>&1"));

    /// <summary>SIGTERM, or SIGKILL, and its end.</summary>
    public async Task StopAsync(Host node, string signal)
    {
        await _running[node].SignalAsync(signal);
        await _running[node].ExitCodeAsync();
    }

    /// <summary>Where the userproxy of a node is asked, from any host.</summary>
    public string AdminSocketOf(Host node) => Path.Combine(_folder.FullName, node.Name + ".sock");

    /// <summary>The userproxy of a node.</summary>
    public Tool ProcessOf(Host node) => _running[node];

    public Task<string> CleanupAsync(Host node) => node.RunAsync(Executable, "cleanup");

    /// <summary>What a node has logged, for the message of a failed case.</summary>
    public string LogOf(Host node) => File.ReadAllText(Path.Combine(_folder.FullName, node.Name + ".log"));

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _running.Values) await node.DisposeAsync();
        foreach (var backend in _backends) await backend.DisposeAsync();
        await _network.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private static string Executable => TestedProgram.Path;

    private static async Task AnswerAsync(Peer peer, string name)
    {
        await peer.SendAsync(name);
        peer.FinishSending();
        await peer.ReceiveToEndAsync();
    }
}
