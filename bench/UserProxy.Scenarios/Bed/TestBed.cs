using System.Globalization;
using System.Net;

namespace UserProxy.Scenarios.Bed;

/// <summary>
/// The topology of a run: client - node - three Pods, each a network namespace; client and node share a veth, the Pods hang on a bridge of the node. Owns
/// every process, namespace and file of the run, and takes all of them away at its end, also after Ctrl-C.
/// </summary>
internal sealed class TestBed : IAsyncDisposable
{
    public const string NodeIP = "10.77.1.1", PodNetwork = "10.77.2.0/24", NodePodIP = "10.77.2.1";

    /// <summary>All addresses of the client: UDP with a new port every few queries uses up one address's ports too soon.</summary>
    public const string ClientIPs = "10.77.1.2,10.77.1.3,10.77.1.4,10.77.1.5";

    public static readonly IPAddress NodeAddress = IPAddress.Parse(NodeIP);

    public static readonly IReadOnlyList<IPAddress> PodAddresses = [.. Enumerable.Range(1, 3).Select(i => IPAddress.Parse($"10.77.2.1{i}"))];

    /// <summary>One address that every Pod has; the node shares connections to it out by their ports (equal-cost routes), and touches no packet.</summary>
    public static readonly IPAddress SharedPodAddress = IPAddress.Parse("10.77.3.1");

    private readonly List<Child> _children = [];
    private readonly DirectoryInfo _folder;
    private int _logs;

    private TestBed()
    {
        Prefix = string.Create(CultureInfo.InvariantCulture, $"{Leftovers.Mark}{Environment.ProcessId}");
        _folder = Directory.CreateTempSubdirectory($"{Prefix}-");
        // nginx's workers give up root, and read from here.
        File.SetUnixFileMode(_folder.FullName, (UnixFileMode)0b111_101_101);
    }

    public string Prefix { get; }

    public string Folder => _folder.FullName;

    public string Client => Prefix + "-client";

    public string Node => Prefix + "-node";

    public IReadOnlyList<string> Pods => [Prefix + "-pod1", Prefix + "-pod2", Prefix + "-pod3"];

    /// <summary>TCP's, of all namespaces: CUBIC, where the kernel has it.</summary>
    public string CongestionControl { get; private set; } = "";

    public static async Task<TestBed> CreateAsync(CancellationToken stop)
    {
        var bed = new TestBed();
        try
        {
            // Not the token of Ctrl-C: half a topology is harder to take away than a whole one, and this takes less than a second.
            var setup = await Child.RunAsync(["sh", "-e", "-c", bed.SetupScript()], TimeSpan.FromMinutes(2), CancellationToken.None);
            setup.Expect("the topology");
            bed.CongestionControl = setup.Output.Trim().Replace('\n', ' ');
            stop.ThrowIfCancellationRequested();
            return bed;
        }
        catch
        {
            await bed.DisposeAsync();
            throw;
        }
    }

    /// <summary>A program inside a namespace that runs until it is disposed of, or with the bed.</summary>
    public Child Start(string space, params IEnumerable<string> command) => Start(space, withInput: false, command);

    public Child Start(string space, bool withInput, params IEnumerable<string> command)
    {
        string log = Path.Combine(Folder, string.Create(CultureInfo.InvariantCulture, $"log-{++_logs}"));
        var child = Child.Start(log, withInput, ["ip", "netns", "exec", space, .. command]);
        _children.Add(child);
        return child;
    }

    /// <summary>Ends a program before the bed does.</summary>
    public async Task EndAsync(Child child)
    {
        await child.DisposeAsync();
        _children.Remove(child);
    }

    /// <summary>Runs a program inside a namespace to its end.</summary>
    public Task<Finished> RunAsync(string space, TimeSpan limit, CancellationToken stop, params IEnumerable<string> command) =>
        Child.RunAsync(["ip", "netns", "exec", space, .. command], limit, stop);

    public Task<Finished> FeedAsync(string space, string input, TimeSpan limit, CancellationToken stop, params IEnumerable<string> command) =>
        Child.RunAsync(["ip", "netns", "exec", space, .. command], limit, stop, input);

    public async ValueTask DisposeAsync()
    {
        foreach (var child in Enumerable.Reverse(_children)) await child.DisposeAsync();
        await Leftovers.DeleteAsync(Prefix);
        _folder.Delete(recursive: true);
    }

    /// <summary>
    /// A wide port range and reuse of TIME_WAIT, for every path alike: a new connection per request leaves tens of thousands of sockets in TIME_WAIT.
    /// Timestamps without random offsets: tens of thousands of a proxy's connections are in TIME_WAIT at the Pods, and a SYN that address translation gives the
    /// same node's port is taken there only if its timestamp, which is the client's, is newer; else it is lost for a second, in some runs and not in others.
    /// CUBIC, which kernels come with, whatever the machine is set to: BBR sends by a timer, and bulk over a link without delay then measures the timer. Reno
    /// where the machine lets no namespace have CUBIC (tcp_allowed_congestion_control): it has no timer either, and no machine can refuse it.
    /// </summary>
    private string SetupScript() => $$"""
        P={{Prefix}}
        for n in client node pod1 pod2 pod3; do
          ip netns add $P-$n
          ip -n $P-$n link set lo up
        done
        ip link add c0 netns $P-client type veth peer name c1 netns $P-node
        for a in {{ClientIPs.Replace(',', ' ')}}; do ip -n $P-client addr add $a/24 dev c0; done
        ip -n $P-client link set c0 up
        ip -n $P-client route add default via {{NodeIP}}
        ip -n $P-node addr add {{NodeIP}}/24 dev c1
        ip -n $P-node link set c1 up
        ip -n $P-node link add br0 type bridge
        ip -n $P-node addr add {{NodePodIP}}/24 dev br0
        ip -n $P-node link set br0 up
        ip netns exec $P-node sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward; echo 30000-31999 >/proc/sys/net/ipv4/ip_local_reserved_ports'
        for i in 1 2 3; do
          ip link add p0 netns $P-pod$i type veth peer name p$i netns $P-node
          ip -n $P-node link set p$i master br0
          ip -n $P-node link set p$i up
          ip -n $P-pod$i addr add 10.77.2.1$i/24 dev p0
          ip -n $P-pod$i link set p0 up
          ip -n $P-pod$i addr add {{SharedPodAddress}}/32 dev lo
          ip -n $P-pod$i route add default via {{NodePodIP}}
        done
        ip netns exec $P-node sh -c 'echo 1 >/proc/sys/net/ipv4/fib_multipath_hash_policy'
        ip -n $P-node route add {{SharedPodAddress}}/32{{string.Concat(PodAddresses.Select(pod => $" nexthop via {pod}"))}}
        for n in client node; do
          ip netns exec $P-$n sh -c 'echo 10240 65000 >/proc/sys/net/ipv4/ip_local_port_range; echo 1 >/proc/sys/net/ipv4/tcp_tw_reuse'
        done
        for n in client node pod1 pod2 pod3; do
          ip netns exec $P-$n sh -c 'echo 2 >/proc/sys/net/ipv4/tcp_timestamps; echo 4096 >/proc/sys/net/core/somaxconn; echo 4096 >/proc/sys/net/ipv4/tcp_max_syn_backlog'
          ip netns exec $P-$n sh -c 'cd /proc/sys/net/ipv4; echo cubic >tcp_congestion_control || echo reno >tcp_congestion_control' 2>/dev/null || true
        done
        for n in client node pod1 pod2 pod3; do ip netns exec $P-$n cat /proc/sys/net/ipv4/tcp_congestion_control; done | sort -u
        """;
}
