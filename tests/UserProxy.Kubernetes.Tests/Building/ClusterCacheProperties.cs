using System.Net;
using FsCheck;
using FsCheck.Fluent;
using UserProxy.Kubernetes.Building;
using UserProxy.Kubernetes.Objects;
using UserProxy.Model;
using KubernetesStatus = UserProxy.Kubernetes.Objects.ServiceStatus;

namespace UserProxy.Kubernetes.Tests.Building;

/// <summary>
/// Whatever order and number of events a table comes from, it is the one that the objects left over give in one go: also with tables
/// made in between, and with objects that no API server would let through.
/// </summary>
public class ClusterCacheProperties
{
    private static readonly string?[] Addresses =
        [null, "", "10.0.0.1", "010.0.0.1", "10.0.0.2", "10.0.0.10", "192.168.1.10", "127.0.0.1", "224.0.0.1", "fd00::1", "fd00::2", "::ffff:10.0.0.1", "None",
            "x\n"];

    private static readonly string?[] Words = [
        null, "", "Local", "Cluster", "NodePort", "LoadBalancer", "ExternalName", "ClusterIP", "ClientIP", "TCP", "UDP", "SCTP"];
    private static readonly int?[] Numbers = [null, 0, -1, 80, 81, 30080, 30081, 65535, 65536, int.MinValue, int.MaxValue];
    private static readonly string?[] Names = ["a", "b", "c", "", null];

    private static readonly BuildOptions Options = new()
    {
        NodeName = "a",
        LocalAddresses = [IPAddress.Parse("192.168.1.10")],
        ClusterIPs = true,
        LoadBalancerIPs = true,
        ExternalIPs = [new CidrBlock(IPAddress.Any, 0), new CidrBlock(IPAddress.IPv6Any, 0)],
    };

    [Fact]
    public void ToTable_AnyEvents_EqualsTheBuildOfWhatIsLeft() =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(2000), Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
        {
            var random = new Random(seed);
            var cache = new ClusterCache(Options);
            var services = new Dictionary<(string?, string?), ServiceObject>();
            var slices = new Dictionary<(string?, string?), EndpointSliceObject>();
            NodeObject? node = null;
            ServiceTable? table = null;
            int events = random.Next(40);
            for (int i = 0; i < events; i++)
            {
                Step(random, cache, services, slices, ref node);
                if (random.Next(3) == 0) table = cache.ToTable(i);
            }

            table = cache.ToTable(events);
            var whole = ClusterCache.Build(1, Shuffled(services.Values, random), Shuffled(slices.Values, random), node, Options);
            TableDump.Of(table, []).ShouldBe(TableDump.Of(whole, []));
            table.ShouldBe(whole);
            HoldsTogether(table);
        }));

    private static void Step(
        Random random,
        ClusterCache cache,
        Dictionary<(string?, string?), ServiceObject> services,
        Dictionary<(string?, string?), EndpointSliceObject> slices,
        ref NodeObject? node)
    {
        var meta = Meta(random);
        var key = (meta.Namespace ?? "", meta.Name ?? "");
        switch (random.Next(8))
        {
            case 0 or 1 or 2:
                cache.SetSlice(slices[key] = Slice(random, meta));
                break;
            case 3:
                cache.RemoveSlice(key.Item1, key.Item2);
                slices.Remove(key);
                break;
            case 4 or 5:
                cache.SetService(services[key] = Service(random, meta));
                break;
            case 6 when random.Next(2) == 0:
                cache.RemoveService(key.Item1, key.Item2);
                services.Remove(key);
                break;
            case 6:
                // A relist: some have gone meanwhile.
                foreach (var gone in services.Keys.Where(_ => random.Next(3) == 0).ToList()) services.Remove(gone);
                cache.ReplaceServices(Shuffled(services.Values, random));
                foreach (var gone in slices.Keys.Where(_ => random.Next(3) == 0).ToList()) slices.Remove(gone);
                cache.ReplaceSlices(Shuffled(slices.Values, random));
                break;
            default:
                node = random.Next(4) == 0 ? null : Node(random);
                cache.SetNode(node);
                break;
        }
    }

    private static void HoldsTogether(ServiceTable table)
    {
        table.Ports.ShouldBe(table.Ports.Order(ServiceTable.Order));
        foreach (var port in table.Ports)
        {
            port.Listeners.ShouldBe(port.Listeners.OrderBy(listener => listener.Kind).ThenBy(listener => listener.Address.ToString(), StringComparer.Ordinal));
            port.Listeners.ShouldAllBe(listener => listener.Address.AddressFamily == port.Family && listener.Port >= 1 && listener.Port <= 65535);
            port.Endpoints.ShouldBe(port.Endpoints.DistinctBy(endpoint => endpoint.Key).OrderBy(endpoint => endpoint.Key, StringComparer.Ordinal));
            port.LocalEndpoints.ShouldAllBe(endpoint => endpoint.IsLocal && (endpoint.Ready || (endpoint.Serving && endpoint.Terminating)));
            port.ClusterEndpoints.Concat(port.LocalEndpoints).ShouldBeSubsetOf(port.Endpoints);
            if (!port.HasEndpoints) port.ClusterEndpoints.Concat(port.LocalEndpoints).ShouldBeEmpty();
        }

        table.Ports
            .SelectMany(port => port.Listeners.Select(listener => (port.Name.Protocol, listener.Address, listener.Port)))
            .Concat(table.HealthChecks.SelectMany(check => check.Addresses.Select(address => (TransportProtocol.Tcp, address, check.Port))))
            .ShouldBeUnique();
    }

    private static ObjectMeta Meta(Random random) => new()
    {
        Namespace = random.Next(4) == 0 ? null : "demo",
        Name = Pick(random, Names),
        Labels = random.Next(5) == 0 ? null : new Dictionary<string, string> { ["kubernetes.io/service-name"] = Pick(random, Names) ?? "" },
        Annotations = random.Next(3) > 0 ? null : new Dictionary<string, string>
        {
            ["userproxy.io/scheduler"] = Pick(random, Words) ?? "lc",
            ["userproxy.io/weight.10.0.0.1"] = "2",
        },
    };

    private static ServiceObject Service(Random random, ObjectMeta meta) => new()
    {
        Metadata = meta,
        Spec = random.Next(20) == 0 ? null : new ServiceSpec
        {
            Type = Pick(random, Words),
            ClusterIP = random.Next(3) == 0 ? null : Pick(random, Addresses),
            ClusterIPs = random.Next(3) > 0 ? null : Some(random, () => Pick(random, Addresses) ?? ""),
            IpFamilies = random.Next(3) > 0 ? null : Some(random, () => random.Next(2) == 0 ? "IPv4" : "IPv6"),
            Ports = Some(random, () => new ServicePortSpec
            {
                Name = Pick(random, Names),
                Protocol = Pick(random, [null, "TCP", "UDP", "SCTP"]),
                Port = Pick(random, Numbers) ?? 80,
                NodePort = Pick(random, Numbers),
            }),
            ExternalTrafficPolicy = Pick(random, Words),
            InternalTrafficPolicy = Pick(random, Words),
            SessionAffinity = Pick(random, Words),
            SessionAffinityConfig = random.Next(2) == 0 ? null : new SessionAffinityConfig
            {
                ClientIP = new ClientIPConfig { TimeoutSeconds = Pick(random, Numbers) },
            },
            ExternalIPs = random.Next(3) > 0 ? null : Some(random, () => Pick(random, Addresses)!),
            LoadBalancerSourceRanges = random.Next(3) > 0 ? null : Some(random, () => Pick(random, ["10.0.0.0/8", " fd00::/8", "x", ""])!),
            HealthCheckNodePort = Pick(random, Numbers),
        },
        Status = random.Next(2) == 0 ? null : new KubernetesStatus
        {
            LoadBalancer = new LoadBalancerStatus
            {
                Ingress = Some(random, () => new LoadBalancerIngress { IP = Pick(random, Addresses), IPMode = Pick(random, [null, "VIP", "Proxy"]) }),
            },
        },
    };

    private static EndpointSliceObject Slice(Random random, ObjectMeta meta) => new()
    {
        Metadata = meta,
        AddressType = Pick(random, ["IPv4", "IPv4", "IPv4", "IPv6", "FQDN", null]),
        Ports = Some(
            random, () =>
                new EndpointPortObject { Name = Pick(random, Names), Protocol = Pick(random, [null, "TCP", "UDP", "SCTP"]), Port = Pick(random, Numbers) }),
        Endpoints = Some(random, () => new EndpointObject
        {
            Addresses = random.Next(10) == 0 ? null : [Pick(random, Addresses)!],
            Conditions = random.Next(3) == 0 ? null : new EndpointConditions { Ready = Flag(random), Serving = Flag(random), Terminating = Flag(random) },
            NodeName = Pick(random, Names),
            Zone = Pick(random, Names),
            Hints = random.Next(3) == 0 ? null : new EndpointHints { ForZones = Some(random, () => Hint(random)), ForNodes = Some(random, () => Hint(random)) },
        }),
    };

    private static NodeObject Node(Random random) => new()
    {
        Metadata = new ObjectMeta
        {
            Name = "a",
            Labels = new Dictionary<string, string> { ["topology.kubernetes.io/zone"] = Pick(random, Names) ?? "" },
            DeletionTimestamp = Pick(random, [null, null, "now"]),
        },
        Spec = new NodeSpec { PodCIDR = Pick(random, [null, "10.1.0.0/24", "x"]), Taints = [new NodeTaint { Key = Pick(random, Names) }] },
        Status = new NodeStatus { Addresses = Some(random, () => new NodeAddress { Type = "InternalIP", Address = Pick(random, Addresses) }) },
    };

    private static NamedHint Hint(Random random) => new() { Name = Pick(random, Names) };

    private static bool? Flag(Random random) => random.Next(3) switch { 0 => null, 1 => true, _ => false };

    private static List<T>? Some<T>(Random random, Func<T> make) =>
        random.Next(8) == 0 ? null : [.. Enumerable.Range(0, random.Next(4)).Select(_ => make())];

    private static T Pick<T>(Random random, ReadOnlySpan<T> from) => from[random.Next(from.Length)];

    private static List<T> Shuffled<T>(IEnumerable<T> items, Random random) => [.. items.OrderBy(_ => random.Next())];
}
