using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using k8s;
using k8s.Autorest;
using k8s.Models;
using UserProxy.ConformanceTests.Report;
using UserProxy.FunctionalTests.Cluster;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.ConformanceTests.Cluster;

/// <summary>
/// Pods of a cluster ask, and Pods answer; what serves is the cluster's own proxy. A Pod is told by the API server's proxy to Pods whom to ask, so that nothing
/// of the cluster has to be reached but its API. Who asks as a node does is a Pod of its host's network; the client outside is this machine, if it reaches the
/// nodes.
/// </summary>
internal sealed class PodTestbed : ITestbed
{
    private const string OneNode = "the cluster has one node that is ready and takes Pods";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private readonly ClusterApi _api;
    private readonly Dictionary<string, string> _askers = []; // by the names of hosts: a Pod and its port
    private readonly Dictionary<string, string> _names = []; // by the host names of nodes, which need not be the names of their Nodes
    private readonly Host? _nodeB;
    private readonly Pod? _podB1;
    private string? _noClient;

    private PodTestbed(ClusterApi api, Dictionary<string, V1Pod> pods)
    {
        _api = api;
        NodeA = NodeOf(pods["host-a"]);
        PodA1 = PodOf(pods["pod-a1"]);
        PodA2 = PodOf(pods["pod-a2"]);
        if (pods.TryGetValue("host-b", out var hostB)) _nodeB = NodeOf(hostB);
        if (pods.TryGetValue("pod-b1", out var podB1)) _podB1 = PodOf(podB1);
        Names = _askers.Keys.ToHashSet();
    }

    public Host Client { get; private set; } = new("client", "", IPAddress.None, IPAddress.IPv6None);

    public Host NodeA { get; }

    public Host NodeB => _nodeB ?? throw ReportTable.Skip(OneNode);

    public Pod PodA1 { get; }

    public Pod PodA2 { get; }

    public Pod PodB1 => _podB1 ?? throw ReportTable.Skip(OneNode);

    public IReadOnlySet<string> Names { get; }

    public string Description =>
        $"Asked: the service proxy of the cluster at {_api.Client.BaseUri}, by Pods on {string.Join(" and ", Nodes.Select(node => node.Name))}"
            + (_noClient is null ? $", and from outside by this machine, {Client.Address}." : ".");

    private IEnumerable<Host> Nodes => _nodeB is null ? [NodeA] : [NodeA, _nodeB];

    public static async Task<PodTestbed> CreateAsync(ClusterApi api)
    {
        var nodes = await NodesOfAsync(api);
        var pods = new TestPods(api);
        pods.AddOnHost("host-a", nodes[0]);
        pods.Add("pod-a1", nodes[0]);
        pods.Add("pod-a2", nodes[0]);
        if (nodes.Count > 1)
        {
            pods.AddOnHost("host-b", nodes[1]);
            pods.Add("pod-b1", nodes[1]);
        }

        var testbed = new PodTestbed(api, await pods.CreateAsync());
        await testbed.GetToKnowAsync();
        return testbed;
    }

    public string? WhyNot(Host from, Target target)
    {
        if (target.Kind is Target.LoadBalancer or Target.ExternalIP) return $"{target.Kind}: its address leads to no node by itself";
        if (target.Kind == Target.HealthCheck && !IsClient(from)) return "a Pod does not tell which HTTP status it was answered";
        if (target is { IsUdp: true, PodPort: PodServers.Other }) return "a Pod does not tell at which UDP port it was asked";
        return IsClient(from) ? _noClient : null;
    }

    public Task<string> AskAsync(Host from, Target target) => AskAsync(from, target, Netexec.RequestFor(target));

    public Task<string> EchoAsync(Host from, Target target, string text) => AskAsync(from, target, Netexec.EchoOf(target, text));

    public DatagramClient Connect(Host from, Target target) => IsClient(from)
        ? Netexec.Connect(from, target, Netexec.RequestFor(target))
        : throw ReportTable.Skip("a Pod asks over UDP from another port each time");

    public Task<string> SeenByAsync(Host node, Host from) =>
        IsClient(from) && _noClient is not null ? Task.FromResult("") : AskAsync(from, DirectTo(node), Netexec.ClientIP);

    /// <summary>What is in the cluster goes with the run's namespace.</summary>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>Two at most: those that take every Pod first, so that a control plane is the last.</summary>
    private static async Task<List<string>> NodesOfAsync(ClusterApi api)
    {
        var all = (await api.Client.CoreV1.ListNodeAsync()).Items;
        var usable = all.Where(node => node.Spec?.Unschedulable != true && IsLinux(node)
            && node.Status?.Conditions?.Any(condition => condition is { Type: "Ready", Status: "True" }) == true);
        var names = usable.OrderBy(node => node.Spec?.Taints?.Count ?? 0).ThenBy(node => node.Metadata.Name, StringComparer.Ordinal)
            .Select(node => node.Metadata.Name).Take(2).ToList();
        return names.Count > 0 ? names : throw new InvalidOperationException($"none of the cluster's {all.Count} Nodes is ready, takes Pods and runs Linux");
    }

    private static bool IsLinux(V1Node node) => node.Metadata.Labels?.TryGetValue("kubernetes.io/os", out string? system) != true || system == "linux";

    private bool IsClient(Host host) => host.Name == Client.Name;

    /// <summary>Whether the API server reaches all of them, the names by which nodes answer, and whether this machine is a client outside.</summary>
    private async Task GetToKnowAsync()
    {
        foreach (var (host, pod) in _askers)
        {
            var watch = Stopwatch.StartNew();
            var (answer, failure) = await ProxiedAsync(host, Netexec.HostName);
            while (answer is null && watch.Elapsed < Patience)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(200));
                (answer, failure) = await ProxiedAsync(host, Netexec.HostName);
            }

            if (answer is null) throw new InvalidOperationException($"the API server does not reach the Pod {pod}, by which the run asks: {failure}");
            if (Nodes.Any(node => node.Name == host)) _names[answer] = host;
        }

        foreach (var node in Nodes)
        {
            string seen = await AskAsync(Client, DirectTo(node), Netexec.ClientIP);
            if (!IPAddress.TryParse(seen, out var address)) _noClient ??= $"this machine does not reach the node at {node.Address}: no client is outside";
            else if (Nodes.Any(any => address.Equals(any.Address) || address.Equals(any.Address6))) _noClient ??= "this machine is a node, no client outside";
            else Client = Client with { Address = address };
        }
    }

    private static Target DirectTo(Host node) => new("node", node.Address, PodServers.OfNode, IsUdp: false, PodServers.OfNode);

    private async Task<string> AskAsync(Host from, Target target, string request)
    {
        string answer;
        if (IsClient(from)) answer = await Netexec.AskAsync(from, target, request);
        else
        {
            var (dialled, failure) = await ProxiedAsync(from.Name, Netexec.DialOf(target, request));
            answer = dialled is null ? $"the API server does not reach {_askers[from.Name]}: {failure}" : Netexec.AnswerIn(dialled);
        }

        return request == Netexec.ClientIP ? Netexec.WithoutPort(answer) : _names.GetValueOrDefault(answer, answer);
    }

    /// <summary>What a Pod answers to a GET that the API server passes on, or why it did not get there.</summary>
    private async Task<(string? Answer, string? Failure)> ProxiedAsync(string host, string path)
    {
        try
        {
            await using var body = await _api.Client.CoreV1.ConnectGetNamespacedPodProxyWithPathAsync(_askers[host], _api.Namespace, path);
            using var reader = new StreamReader(body);
            return (await reader.ReadToEndAsync(), null);
        }
        catch (HttpOperationException e)
        {
            return (null, $"{(int)e.Response.StatusCode} {e.Response.Content.Trim()}");
        }
        catch (HttpRequestException e)
        {
            return (null, e.Message);
        }
    }

    private Host NodeOf(V1Pod pod) => HostOf(pod.Spec.NodeName, pod, PodServers.OfNode);

    private Pod PodOf(V1Pod pod) => new(HostOf(pod.Metadata.Name, pod, PodServers.Named), pod.Spec.NodeName);

    /// <summary>An address for each family that it has; where that is IPv6 alone, it is the first as well.</summary>
    private Host HostOf(string name, V1Pod pod, int port)
    {
        _askers[name] = string.Create(CultureInfo.InvariantCulture, $"{pod.Metadata.Name}:{port}");
        var addresses = (pod.Status.PodIPs?.Select(address => address.Ip) ?? [pod.Status.PodIP]).Select(IPAddress.Parse).ToList();
        var six = addresses.FirstOrDefault(address => address.AddressFamily == AddressFamily.InterNetworkV6);
        return new Host(name, "", addresses.FirstOrDefault(address => address.AddressFamily == AddressFamily.InterNetwork) ?? six!, six ?? IPAddress.IPv6None);
    }
}
