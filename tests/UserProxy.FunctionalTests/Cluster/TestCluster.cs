using System.Globalization;
using System.Net;
using UserProxy.FunctionalTests.Backends;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.FunctionalTests.Cluster;

/// <summary>
/// Two nodes, three Pods and a client, each a network namespace: the nodes and the client share a LAN, Pods hang off their node by a veth, as
/// most CNIs do it. On each node runs the real executable, on manifests that the cases write. The client reaches ClusterIPs and load balancer
/// addresses by routes through node-a, as a router outside might.
/// </summary>
internal sealed class TestCluster : IAsyncDisposable
{
    private static int Made;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("userproxy-cluster-");
    private readonly string _prefix = string.Create(CultureInfo.InvariantCulture, $"up{Environment.ProcessId}c{Interlocked.Increment(ref Made)}");
    private readonly List<Backend> _backends = [];
    private readonly Dictionary<Host, Tool> _running = [];
    private readonly TransportKind _transport;
    private readonly bool _wildcardOnB;

    private TestCluster(TransportKind transport, bool wildcardOnB)
    {
        _transport = transport;
        _wildcardOnB = wildcardOnB;
        Client = HostOf("client", "10.0.0.100", "fd00::100");
        NodeA = HostOf("node-a", "10.0.0.1", "fd00::1");
        NodeB = HostOf("node-b", "10.0.0.2", "fd00::2");
        PodA1 = new Pod(HostOf("pod-a1", "10.244.1.11", "fd00:244:1::11"), "node-a");
        PodA2 = new Pod(HostOf("pod-a2", "10.244.1.12", "fd00:244:1::12"), "node-a");
        PodB1 = new Pod(HostOf("pod-b1", "10.244.2.11", "fd00:244:2::11"), "node-b");
    }

    public Host Client { get; }

    public Host NodeA { get; }

    public Host NodeB { get; }

    public Pod PodA1 { get; }

    public Pod PodA2 { get; }

    public Pod PodB1 { get; }

    private string Manifests => Path.Combine(_folder.FullName, "manifests");

    /// <param name="transport">Of both nodes.</param>
    /// <param name="wildcardOnB">node-b serves no virtual IPs, and so has one socket for a NodePort instead of one an address.</param>
    public static async Task<TestCluster> CreateAsync(TransportKind transport, bool wildcardOnB = false)
    {
        var cluster = new TestCluster(transport, wildcardOnB);
        try
        {
            await Tool.RunAsync("sh", "-e", "-c", cluster.SetupScript());
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
        $"--transport {(_transport == TransportKind.Epoll ? "epoll" : "sockets")} --admin-socket {AdminSocketOf(node)}",
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
        await Tool.RunAsync("sh", "-c", $"for n in lan {string.Join(' ', Hosts.Select(host => host.Name))}; do ip netns delete {_prefix}-$n || true; done");
        _folder.Delete(recursive: true);
    }

    private static string Executable => TestedProgram.Path;

    private IEnumerable<Host> Hosts => [Client, NodeA, NodeB, PodA1.Host, PodA2.Host, PodB1.Host];

    private static async Task AnswerAsync(Peer peer, string name)
    {
        await peer.SendAsync(name);
        peer.FinishSending();
        await peer.ReceiveToEndAsync();
    }

    private Host HostOf(string name, string address, string address6) => new(name, $"{_prefix}-{name}", IPAddress.Parse(address), IPAddress.Parse(address6));

    private string SetupScript() => $$"""
        P={{_prefix}}
        for n in lan {{string.Join(' ', Hosts.Select(host => host.Name))}}; do
          ip netns add $P-$n
          ip -n $P-$n link set lo up
        done
        ip -n $P-lan link add br0 type bridge
        ip -n $P-lan link set br0 up
        host() {
          ip -n $P-lan link add $1 type veth peer name eth0 netns $P-$1
          ip -n $P-lan link set $1 master br0 up
          ip -n $P-$1 addr add $2/24 dev eth0
          ip -n $P-$1 addr add $3/64 dev eth0 nodad
          ip -n $P-$1 link set eth0 up
        }
        host client 10.0.0.100 fd00::100
        host node-a 10.0.0.1 fd00::1
        host node-b 10.0.0.2 fd00::2
        for n in node-a node-b; do
          ip netns exec $P-$n sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv6/conf/all/forwarding'
        done
        pod() { # node pod gateway address gateway6 address6
          ip -n $P-$1 link add $2 type veth peer name eth0 netns $P-$2
          ip -n $P-$1 addr add $3/32 dev $2
          ip -n $P-$1 addr add $5/128 dev $2 nodad
          ip -n $P-$1 link set $2 up
          ip -n $P-$2 addr add $4/32 dev eth0
          ip -n $P-$2 addr add $6/128 dev eth0 nodad
          ip -n $P-$2 link set eth0 up
          ip -n $P-$2 route add $3 dev eth0
          ip -n $P-$2 route add default via $3 dev eth0
          ip -n $P-$2 -6 route add $5 dev eth0
          ip -n $P-$2 -6 route add default via $5 dev eth0
          ip -n $P-$1 route add $4/32 dev $2
          ip -n $P-$1 -6 route add $6/128 dev $2
        }
        pod node-a pod-a1 10.244.1.1 10.244.1.11 fd00:244:1::1 fd00:244:1::11
        pod node-a pod-a2 10.244.1.1 10.244.1.12 fd00:244:1::1 fd00:244:1::12
        pod node-b pod-b1 10.244.2.1 10.244.2.11 fd00:244:2::1 fd00:244:2::11
        ip -n $P-node-a route add 10.244.2.0/24 via 10.0.0.2
        ip -n $P-node-b route add 10.244.1.0/24 via 10.0.0.1
        ip -n $P-node-a -6 route add fd00:244:2::/64 via fd00::2
        ip -n $P-node-b -6 route add fd00:244:1::/64 via fd00::1
        ip -n $P-client route add 10.244.1.0/24 via 10.0.0.1
        ip -n $P-client route add 10.244.2.0/24 via 10.0.0.2
        ip -n $P-client route add 10.96.0.0/16 via 10.0.0.1
        ip -n $P-client route add 203.0.113.0/24 via 10.0.0.1
        ip -n $P-client route add 198.51.100.0/24 via 10.0.0.1
        ip -n $P-client -6 route add fd00:96::/64 via fd00::1
        """;
}
