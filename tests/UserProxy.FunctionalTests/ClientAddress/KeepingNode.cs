using System.Globalization;
using System.Net;
using UserProxy.FunctionalTests.Cluster;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.FunctionalTests.ClientAddress;

/// <summary>
/// A node with two Pods on routed veths and two on a bridge, a Pod of another node, and two hosts outside, each a network namespace. On the node runs the real
/// executable, on a manifest that the cases write.
/// </summary>
internal sealed class KeepingNode : IAsyncDisposable
{
    private static int Made;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("userproxy-keeping-");
    private readonly string _prefix = string.Create(CultureInfo.InvariantCulture, $"up{Environment.ProcessId}k{Interlocked.Increment(ref Made)}");
    private readonly List<SeeingPod> _pods = [];
    private readonly List<Tool> _running = [];
    private int _runs;

    private KeepingNode()
    {
        Client = HostOf("client", "192.0.2.7", "2001:db8::7");
        Balancer = HostOf("balancer", "192.0.2.8", "2001:db8::8");
        Node = HostOf("node", "192.0.2.1", "2001:db8::1");
        Remote = HostOf("remote", "192.0.2.2", "2001:db8::2");
        Routed = HostOf("routed", "10.244.1.11", "fd00:244:1::11");
        Routed2 = HostOf("routed2", "10.244.1.12", "fd00:244:1::12");
        Bridged = HostOf("bridged", "10.244.3.11", "fd00:244:3::11");
        Bridged2 = HostOf("bridged2", "10.244.3.12", "fd00:244:3::12");
    }

    public Host Client { get; }

    public Host Balancer { get; }

    public Host Node { get; }

    /// <summary>Another node, which is a Pod of its own: in the host's network.</summary>
    public Host Remote { get; }

    public Host Routed { get; }

    public Host Routed2 { get; }

    public Host Bridged { get; }

    public Host Bridged2 { get; }

    private string Manifest => Path.Combine(_folder.FullName, "services.yaml");

    private string NftHangs => Path.Combine(_folder.FullName, "nft-hangs");

    public string AdminSocket => Path.Combine(_folder.FullName, "admin.sock");

    /// <summary>With nothing running.</summary>
    public static async Task<KeepingNode> CreateAsync()
    {
        Assert.SkipWhen(ClusterNetwork.Missing is not null, ClusterNetwork.Missing ?? "");
        var node = new KeepingNode();
        try
        {
            await Tool.RunAsync("sh", "-e", "-c", node.Script());
            foreach (var host in new[] { node.Routed, node.Routed2, node.Bridged, node.Bridged2, node.Remote, node.Node })
                node._pods.Add(new SeeingPod(host));
            return node;
        }
        catch
        {
            await node.DisposeAsync();
            throw;
        }
    }

    /// <summary>With the executable at work on these Services.</summary>
    public static async Task<KeepingNode> ServingAsync(TransportKind transport, params string[] services)
    {
        Assert.SkipWhen(Transports.WhyNot(transport) is not null, Transports.WhyNot(transport) ?? "");
        var node = await CreateAsync();
        try
        {
            node.Declare(services);
            await node.StartAsync(transport);
            return node;
        }
        catch
        {
            await node.DisposeAsync();
            throw;
        }
    }

    public void Declare(params string[] services)
    {
        File.WriteAllText(Manifest + ".new", string.Concat(services));
        File.Move(Manifest + ".new", Manifest, overwrite: true);
    }

    /// <summary>Returns when it serves.</summary>
    public Task<Tool> StartAsync(TransportKind transport, params string[] more) => StartBehindAsync([], transport, more);

    /// <summary><paramref name="prefix"/> is a program that takes something away and becomes the proxy.</summary>
    public async Task<Tool> StartBehindAsync(string[] prefix, TransportKind transport, params string[] more)
    {
        string log = Path.Combine(_folder.FullName, string.Create(CultureInfo.InvariantCulture, $"{++_runs}.log"));
        string[] command =
        [
            "ip", "netns", "exec", Node.Namespace, .. prefix, TestedProgram.Path, "run", "--manifests", Manifest, "--node-name", "node", "--transport",
            transport.Name(), "--admin-socket", AdminSocket, "--healthz-bind-address", "off", "--metrics-bind-address", "off",
            .. more.Contains("--drain-timeout") ? [] : (string[])["--drain-timeout", "1s"], .. more,
        ];
        var run = Tool.Start("sh", "-c", $"exec {string.Join(' ', command)} >{log} 2>&1");
        _running.Add(run);
        await Eventually.IsTrue(
            () => run.HasExited ? throw new InvalidOperationException(File.ReadAllText(log)) : File.Exists(log) && File.ReadAllText(log).Contains("[501]"),
            "it serves");
        return run;
    }

    /// <summary>A PATH whose nft does nothing until <see cref="ReleaseNft"/>.</summary>
    public async Task<string> HangNftAsync()
    {
        string file = Path.Combine(_folder.FullName, "nft");
        HangNft();
        File.WriteAllText(file, $"#!/bin/sh\nwhile [ -e {NftHangs} ]; do sleep 0.1; done\nPATH=${{PATH#*:}} exec nft \"$@\"\n");
        await Tool.RunAsync("chmod", "+x", file);
        return $"{_folder.FullName}:{Environment.GetEnvironmentVariable("PATH")}";
    }

    /// <summary>Again.</summary>
    public void HangNft() => File.WriteAllText(NftHangs, "");

    public void ReleaseNft() => File.Delete(NftHangs);

    /// <summary>What the run of this number has logged, from 1.</summary>
    public string LogOf(int run) => File.ReadAllText(Path.Combine(_folder.FullName, string.Create(CultureInfo.InvariantCulture, $"{run}.log")));

    /// <summary>What runs in this Pod.</summary>
    public SeeingPod PodOf(Host host) => _pods.Single(pod => pod.Host == host);

    public async Task StopAsync(Tool run, string signal)
    {
        await run.SignalAsync(signal);
        await run.ExitCodeAsync();
    }

    /// <summary>A command that asks the run, or cleans up after it.</summary>
    public Task<string> UserProxyAsync(params string[] arguments) => Node.RunAsync([TestedProgram.Path, .. arguments]);

    public Task<string> ExplainAsync(string service, params string[] more) => UserProxyAsync(["explain", service, "--admin-socket", AdminSocket, .. more]);

    /// <summary>Whatever its exit code says.</summary>
    public Task<string> StatusAsync() => Node.RunAsync("sh", "-c", $"{TestedProgram.Path} status --admin-socket {AdminSocket} || true");

    /// <summary>All of ours that is to be seen of rules, routes and tables.</summary>
    public async Task<string> LeftAsync()
    {
        string all = "";
        foreach (string family in new[] { "-4", "-6" })
        {
            all += string.Concat((await Node.RunAsync("ip", family, "rule")).Split('\n').Where(line => line.Contains("proto 117", StringComparison.Ordinal)));
            // Without a route the table is not there.
            all += await Node.RunAsync("sh", "-c", $"ip {family} route show table 117117 2>/dev/null || true");
        }

        return all + string.Concat(
            (await Node.RunAsync("nft", "list", "tables")).Split('\n')
            .Where(line => line.Contains("userproxy_clients", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
    }

    /// <summary>Our tables, without what comes and goes.</summary>
    public Task<string> TablesAsync() =>
        Node.RunAsync("sh", "-c", "for t in inet bridge; do nft -s -t list table $t userproxy_clients 2>/dev/null; done; true");

    /// <param name="name">In the namespace default.</param>
    /// <param name="spec">Fields of its spec, in one line.</param>
    /// <param name="annotations">In one line.</param>
    /// <param name="family">IPv4 or IPv6.</param>
    /// <param name="protocol">TCP or UDP.</param>
    /// <param name="pods">Its endpoints.</param>
    public string Service(string name, string spec, string annotations, string family, string protocol, params Host[] pods) => $$"""
        kind: Service
        apiVersion: v1
        metadata: {name: {{name}}, namespace: default, annotations: { {{annotations}} } }
        spec: { {{spec.Replace("PORTS", $"protocol: {protocol}, port: 80", StringComparison.Ordinal)}}, ipFamilies: [{{family}}] }
        ---
        kind: EndpointSlice
        apiVersion: discovery.k8s.io/v1
        metadata: {name: {{name}}-1, namespace: default, labels: {kubernetes.io/service-name: {{name}} } }
        addressType: {{family}}
        ports: [{port: {{SeeingPod.Port}}, protocol: {{protocol}} }]
        endpoints:
        {{string.Concat(pods.Select(pod => EndpointOf(pod, family)))}}
        ---

        """;

    public async ValueTask DisposeAsync()
    {
        foreach (var run in _running) await run.DisposeAsync();
        foreach (var pod in _pods) pod.Dispose();
        string all = string.Join(' ', Hosts.Select(host => host.Namespace));
        await Tool.RunAsync("sh", "-c", $"for n in {all} {_prefix}-lan; do ip netns delete $n || true; done");
        _folder.Delete(recursive: true);
    }

    private IEnumerable<Host> Hosts => [Client, Balancer, Node, Remote, Routed, Routed2, Bridged, Bridged2];

    private static string EndpointOf(Host pod, string family) =>
        $"- {{addresses: [\"{(family == "IPv6" ? pod.Address6 : pod.Address)}\"], nodeName: {(pod.Name == "remote" ? "remote" : "node")}, "
            + $"targetRef: {{kind: Pod, name: {pod.Name}}}}}\n";

    private Host HostOf(string name, string address, string address6) => new(name, $"{_prefix}-{name}", IPAddress.Parse(address), IPAddress.Parse(address6));

    private string Script() => $$"""
        P={{_prefix}}
        for n in lan client balancer node remote routed routed2 bridged bridged2; do ip netns add $P-$n; ip -n $P-$n link set lo up; done
        ip -n $P-lan link add br0 type bridge
        ip -n $P-lan link set br0 up
        host() {
          ip -n $P-lan link add $1 type veth peer name eth0 netns $P-$1
          ip -n $P-lan link set $1 master br0 up
          ip -n $P-$1 addr add $2/24 dev eth0
          ip -n $P-$1 addr add $3/64 dev eth0 nodad
          ip -n $P-$1 link set eth0 up
        }
        host client 192.0.2.7 2001:db8::7
        host balancer 192.0.2.8 2001:db8::8
        host node 192.0.2.1 2001:db8::1
        host remote 192.0.2.2 2001:db8::2
        ip netns exec $P-node sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv6/conf/all/forwarding'
        routed() {
          ip -n $P-node link add $1 type veth peer name eth0 netns $P-$1
          ip -n $P-node addr add 10.244.1.1/32 dev $1
          ip -n $P-node addr add fd00:244:1::1/128 dev $1 nodad
          ip -n $P-node link set $1 up
          ip -n $P-$1 addr add $2/32 dev eth0
          ip -n $P-$1 addr add $3/128 dev eth0 nodad
          ip -n $P-$1 link set eth0 up
          ip -n $P-$1 route add 10.244.1.1 dev eth0
          ip -n $P-$1 route add default via 10.244.1.1
          ip -n $P-$1 -6 route add fd00:244:1::1 dev eth0
          ip -n $P-$1 -6 route add default via fd00:244:1::1
          ip -n $P-node route add $2 dev $1
          ip -n $P-node -6 route add $3 dev $1
        }
        routed routed 10.244.1.11 fd00:244:1::11
        routed routed2 10.244.1.12 fd00:244:1::12
        ip -n $P-node link add cni0 type bridge
        ip -n $P-node addr add 10.244.3.1/24 dev cni0
        ip -n $P-node addr add fd00:244:3::1/64 dev cni0 nodad
        ip -n $P-node link set cni0 up
        bridged() {
          ip -n $P-node link add $1 type veth peer name eth0 netns $P-$1
          ip -n $P-node link set $1 master cni0 up
          ip -n $P-$1 addr add $2/24 dev eth0
          ip -n $P-$1 addr add $3/64 dev eth0 nodad
          ip -n $P-$1 link set eth0 up
          ip -n $P-$1 route add default via 10.244.3.1
          ip -n $P-$1 -6 route add default via fd00:244:3::1
        }
        bridged bridged 10.244.3.11 fd00:244:3::11
        bridged bridged2 10.244.3.12 fd00:244:3::12
        ip -n $P-client route add 10.96.0.0/16 via 192.0.2.1
        """;
}
