using System.Globalization;
using System.Net;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.FunctionalTests.Cluster;

/// <summary>
/// Two nodes, three Pods and a client, each a network namespace: the nodes and the client share a LAN, Pods hang off their node by a veth, as most CNIs do it.
/// The client reaches virtual addresses by routes through node-a, as a router outside might. Nothing of it touches the machine's own network; all of it goes
/// with the namespaces.
/// </summary>
internal sealed class ClusterNetwork : IAsyncDisposable
{
    private static int Made;

    private readonly string _prefix = string.Create(CultureInfo.InvariantCulture, $"up{Environment.ProcessId}c{Interlocked.Increment(ref Made)}");
    private readonly AddressPlan _plan;

    private ClusterNetwork(AddressPlan plan)
    {
        _plan = plan;
        Client = HostOf("client", $"{plan.Lan}.100", $"{plan.Lan6}::100");
        NodeA = HostOf("node-a", $"{plan.Lan}.1", $"{plan.Lan6}::1");
        NodeB = HostOf("node-b", $"{plan.Lan}.2", $"{plan.Lan6}::2");
        PodA1 = new Pod(HostOf("pod-a1", $"{plan.Pods}.1.11", $"{plan.Pods6}:1::11"), "node-a");
        PodA2 = new Pod(HostOf("pod-a2", $"{plan.Pods}.1.12", $"{plan.Pods6}:1::12"), "node-a");
        PodB1 = new Pod(HostOf("pod-b1", $"{plan.Pods}.2.11", $"{plan.Pods6}:2::11"), "node-b");
    }

    public Host Client { get; }

    public Host NodeA { get; }

    public Host NodeB { get; }

    public Pod PodA1 { get; }

    public Pod PodA2 { get; }

    public Pod PodB1 { get; }

    /// <summary>Why there can be none here; null when there can.</summary>
    public static string? Missing =>
        !Environment.IsPrivilegedProcess ? "network namespaces need root"
        : Tool.FirstMissing("ip", "nft") is { } tool ? $"{tool} is not installed"
        : null;

    public static async Task<ClusterNetwork> CreateAsync(AddressPlan plan)
    {
        var network = new ClusterNetwork(plan);
        try
        {
            await Tool.RunAsync("sh", "-e", "-c", network.SetupScript());
            return network;
        }
        catch
        {
            await network.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync() =>
        await Tool.RunAsync("sh", "-c", $"for n in lan {string.Join(' ', Hosts.Select(host => host.Name))}; do ip netns delete {_prefix}-$n || true; done");

    private IEnumerable<Host> Hosts => [Client, NodeA, NodeB, PodA1.Host, PodA2.Host, PodB1.Host];

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
        host client {{Client.Address}} {{Client.Address6}}
        host node-a {{NodeA.Address}} {{NodeA.Address6}}
        host node-b {{NodeB.Address}} {{NodeB.Address6}}
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
        pod node-a pod-a1 {{_plan.Pods}}.1.1 {{PodA1.Host.Address}} {{_plan.Pods6}}:1::1 {{PodA1.Host.Address6}}
        pod node-a pod-a2 {{_plan.Pods}}.1.1 {{PodA2.Host.Address}} {{_plan.Pods6}}:1::1 {{PodA2.Host.Address6}}
        pod node-b pod-b1 {{_plan.Pods}}.2.1 {{PodB1.Host.Address}} {{_plan.Pods6}}:2::1 {{PodB1.Host.Address6}}
        ip -n $P-node-a route add {{_plan.Pods}}.2.0/24 via {{NodeB.Address}}
        ip -n $P-node-b route add {{_plan.Pods}}.1.0/24 via {{NodeA.Address}}
        ip -n $P-node-a -6 route add {{_plan.Pods6}}:2::/64 via {{NodeB.Address6}}
        ip -n $P-node-b -6 route add {{_plan.Pods6}}:1::/64 via {{NodeA.Address6}}
        ip -n $P-client route add {{_plan.Pods}}.1.0/24 via {{NodeA.Address}}
        ip -n $P-client route add {{_plan.Pods}}.2.0/24 via {{NodeB.Address}}
        {{string.Join('\n', _plan.Routed.Select(RouteOf))}}
        {{(_plan.NodesHaveDefaultRoutes ? DefaultRoutes() : "")}}
        """;

    private string RouteOf(string prefix) => prefix.Contains(':', StringComparison.Ordinal)
        ? $"ip -n $P-client -6 route add {prefix} via {NodeA.Address6}"
        : $"ip -n $P-client route add {prefix} via {NodeA.Address}";

    /// <summary>What nobody has goes to the client, where it ends: a machine outside.</summary>
    private string DefaultRoutes() => string.Join('\n', ((string[])["node-a", "node-b"]).Select(node => $"""
        ip -n $P-{node} route add default via {Client.Address}
        ip -n $P-{node} -6 route add default via {Client.Address6}
        """));
}
