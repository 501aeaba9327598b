using System.Net;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging.Abstractions;
using UserProxy.App.Explain;
using UserProxy.Kubernetes.Building;
using UserProxy.Kubernetes.Objects;
using UserProxy.Model;
using UserProxy.Reading;
using UserProxy.Tcp.Sockets;

namespace UserProxy.App.Tests.Explain;

/// <summary>
/// Every combination of both traffic policies, of endpoints that are ready, terminating or unready, here or on another node, and of the kinds of addresses:
/// what explain says of an endpoint is what the running scheduler does. The ports are UDP without a transport, so that nothing is bound and every answer is
/// still asked of the real Proxier.
/// </summary>
public sealed partial class EndpointWordsMatrixTests
{
    private const string Here = "node-1", There = "node-2";

    /// <summary>Enough for a hash over the client's address to come to each of six endpoints.</summary>
    private const int Clients = 100;

    private static readonly Dictionary<string, EndpointObject> Pods = new()
    {
        ["10.99.1.1"] = Pod("10.99.1.1", Here, new EndpointConditions { Ready = true }),
        ["10.99.1.2"] = Pod("10.99.1.2", Here, new EndpointConditions { Ready = false, Serving = true, Terminating = true }),
        ["10.99.1.3"] = Pod("10.99.1.3", Here, new EndpointConditions { Ready = false }),
        ["10.99.2.1"] = Pod("10.99.2.1", There, new EndpointConditions { Ready = true }),
        ["10.99.2.2"] = Pod("10.99.2.2", There, new EndpointConditions { Ready = false, Serving = true, Terminating = true }),
        ["10.99.2.3"] = Pod("10.99.2.3", There, new EndpointConditions { Ready = false }),
    };

    public static TheoryData<string, string, string> Cases() =>
        new(
            from internally in (string[])["Cluster", "Local"]
            from externally in (string[])["Cluster", "Local"]
            from kinds in (string[])["ClusterIP", "NodePort", "all"]
            select (internally, externally, kinds));

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Explain_SaysOfEachEndpoint_WhatTheSchedulerDoes(string internally, string externally, string kinds)
    {
        var table = Table(internally, externally, kinds);
        await using var transport = new SocketTransport();
        var proxier = new Proxier(transport, new ProxyOptions(), TimeProvider.System, NullLogger<Proxier>.Instance);
        using var stop = new CancellationTokenSource();
        var run = proxier.RunAsync(new OneTable(table), stop.Token);
        await proxier.FirstSync;

        foreach (var port in table.Ports)
        {
            foreach (var endpoint in port.Endpoints) Check(proxier, port, endpoint, table.Node);
        }

        await stop.CancelAsync();
        await run;
    }

    private static void Check(Proxier proxier, ServicePort port, Endpoint endpoint, OwnNode node)
    {
        var words = EndpointWords.Of(new ExplainableEndpoint(new EndpointReading(endpoint), null), port, node);
        string about = $"{words.Says} [of {endpoint.Key} among {string.Join(", ", port.Endpoints.Select(other => other.Key))}]";
        var used = Audiences(port).ToDictionary(
            audience => audience.Name, audience => audience.Addresses.Any(address => Uses(proxier, port, endpoint, address, audience.IsOwn)));

        words.Used.ShouldBe(used.ContainsValue(true), about);
        string[] excluded = [.. Exclusions().Matches(words.Says).SelectMany(match => match.Groups[1].Value.Split(" and "))];
        excluded.ShouldBe(words.Used ? used.Where(pair => !pair.Value).Select(pair => pair.Key) : [], ignoreOrder: true, about);

        // Places: nothing is said of another node about an endpoint of this one.
        bool saysElsewhere = words.Says.Contains($"it is on node {There}", StringComparison.Ordinal);
        if (saysElsewhere) endpoint.IsLocal.ShouldBeFalse(about);
        if (words.Says.Contains("an endpoint on this node is ready", StringComparison.Ordinal))
            port.Endpoints.ShouldContain(other => other.Ready && other.IsLocal, about);
        if (words.Says.Contains("an endpoint on another node is ready", StringComparison.Ordinal))
            port.Endpoints.ShouldContain(other => other.Ready && !other.IsLocal, about);
        if (words.Says.Contains("and no endpoint on this node is ready", StringComparison.Ordinal))
            port.Endpoints.ShouldNotContain(other => other.Ready && other.IsLocal, about);
        if (words.Says.Contains("and no endpoint is ready", StringComparison.Ordinal)) port.Endpoints.ShouldNotContain(other => other.Ready, about);
        // Policies: a Local one keeps nobody from an endpoint of this node, and each is named with its own value.
        foreach (Match policy in Policies().Matches(words.Says))
        {
            var value = policy.Groups[1].Value == "internal" ? port.InternalPolicy : port.ExternalPolicy;
            policy.Groups[2].Value.ShouldBe($"{value}", about);
        }

        if (!words.Used && endpoint is { Ready: true }) saysElsewhere.ShouldBeTrue(about);
        words.Says.ShouldNotContain("its hints", Case.Sensitive, about);
    }

    private static bool Uses(Proxier proxier, ServicePort port, Endpoint endpoint, ListenAddress address, bool isOwn) => Enumerable.Range(1, Clients)
        .Select(number => IPAddress.Parse(isOwn ? $"127.0.0.{number}" : $"198.51.100.{number}"))
        .Any(client => endpoint.EndPoint.Equals(proxier.View.Peek(port.Name, port.Family, address, client)));

    /// <summary>
    /// By the kinds of addresses that the port has; those of one policy are the same to the scheduler, which <see cref="Uses"/> asks for each.
    /// </summary>
    private static IEnumerable<(string Name, bool IsOwn, List<ListenAddress> Addresses)> Audiences(ServicePort port)
    {
        var inner = port.Listeners.Where(listener => listener.Kind == ListenerKind.ClusterIP).ToList();
        var outer = port.Listeners.Where(listener => listener.Kind != ListenerKind.ClusterIP).ToList();
        if (inner.Count > 0) yield return ("ClusterIPs", false, inner);
        if (outer.Count == 0) yield break;
        if (port.ExternalPolicy == TrafficPolicy.Cluster)
        {
            yield return ("external addresses", false, outer);
            yield break;
        }

        yield return ("outside clients", false, outer);
        yield return ("clients of this node at external addresses", true, outer);
    }

    /// <summary>One Service for each set of Pods.</summary>
    private static ServiceTable Table(string internally, string externally, string kinds)
    {
        var services = new List<ServiceObject>();
        var slices = new List<EndpointSliceObject>();
        for (int set = 1; set < 1 << Pods.Count; set++)
        {
            var meta = new ObjectMeta
            {
                Namespace = "default",
                Name = $"s{set}",
                Annotations = new Dictionary<string, string> { ["userproxy.io/scheduler"] = "sh" },
            };
            services.Add(new ServiceObject
            {
                Metadata = meta,
                Spec = new ServiceSpec
                {
                    Type = kinds switch { "ClusterIP" => "ClusterIP", "NodePort" => "NodePort", _ => "LoadBalancer" },
                    ClusterIP = $"10.96.0.{set}",
                    Ports = [new ServicePortSpec { Protocol = "UDP", Port = 80, NodePort = kinds == "ClusterIP" ? null : 30000 + set }],
                    InternalTrafficPolicy = internally,
                    ExternalTrafficPolicy = kinds == "ClusterIP" ? null : externally,
                    ExternalIPs = kinds == "all" ? [$"203.0.113.{set}"] : null,
                    HealthCheckNodePort = 31000 + set,
                },
                Status = kinds != "all" ? null : new Kubernetes.Objects.ServiceStatus
                {
                    LoadBalancer = new LoadBalancerStatus { Ingress = [new LoadBalancerIngress { IP = $"192.0.2.{set}" }] },
                },
            });
            slices.Add(new EndpointSliceObject
            {
                Metadata = new ObjectMeta
                {
                    Namespace = "default",
                    Name = $"s{set}-1",
                    Labels = new Dictionary<string, string> { ["kubernetes.io/service-name"] = meta.Name! },
                },
                AddressType = "IPv4",
                Ports = [new EndpointPortObject { Protocol = "UDP", Port = 8080 }],
                Endpoints = [.. Pods.Values.Where((_, index) => (set & (1 << index)) != 0)],
            });
        }

        var options = new BuildOptions
        {
            NodeName = Here,
            ClusterIPs = kinds != "NodePort",
            LoadBalancerIPs = true,
            ExternalIPs = [new CidrBlock(IPAddress.Parse("203.0.113.0"), 24)],
        };
        var node = new NodeObject { Metadata = new ObjectMeta { Name = Here } };
        var table = ClusterCache.Build(1, services, slices, node, options);
        table.Ports.Count.ShouldBe((1 << Pods.Count) - 1);
        table.Issues.ShouldBeEmpty();
        string[] expected =
            kinds switch { "ClusterIP" => ["ClusterIP"], "NodePort" => ["NodePort"], _ => ["ClusterIP", "ExternalIP", "LoadBalancer", "NodePort"] };
        table.Ports.SelectMany(port => port.Listeners).Select(listener => $"{listener.Kind}").Distinct().Order().ShouldBe(expected);
        return table;
    }

    private static EndpointObject Pod(string address, string node, EndpointConditions conditions) => new()
    {
        Addresses = [address],
        NodeName = node,
        Conditions = conditions,
    };

    [GeneratedRegex("not for (.+?), as ")]
    private static partial Regex Exclusions();

    [GeneratedRegex("(internal|external)TrafficPolicy (Local|Cluster)")]
    private static partial Regex Policies();

    private sealed class OneTable(ServiceTable table) : IServiceSource
    {
        public string Description => "the test";

        public async IAsyncEnumerable<ServiceTable> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
        {
            yield return table;
            await Task.Delay(Timeout.Infinite, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
