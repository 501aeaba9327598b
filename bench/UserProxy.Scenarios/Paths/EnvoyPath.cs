using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using UserProxy.Scenarios.Backends;
using UserProxy.Scenarios.Bed;
using UserProxy.Scenarios.Results;

namespace UserProxy.Scenarios.Paths;

/// <summary>Envoy's tcp_proxy, from a static configuration.</summary>
internal sealed class EnvoyPath(RunSettings settings) : TrafficPath(7, new PathInfo(
    "envoy", "Envoy", PathKind.Peer,
    $"tcp_proxy, {Threads} worker threads, round robin; connect timeout 1 s, 3 connect attempts, no limit of connections, no access log."))
{
    private static readonly int Threads = Math.Max(2, Environment.ProcessorCount);

    private static int Made;

    public override IReadOnlyList<Tool> Needs => [Peer];

    public override Tool Peer { get; } = Tool.Envoy.From(settings.ProgramOf(Tool.Envoy.Name));

    public override bool CanServe(Service service) => service.Protocol == "tcp" && service.ClusterIP is null;

    public override Task<RunningPath> StartAsync(TestBed bed, ServiceSet set, CancellationToken stop)
    {
        int number = ++Made;
        string file = Path.Combine(bed.Folder, string.Create(CultureInfo.InvariantCulture, $"envoy-{number}.json"));
        File.WriteAllText(file, Configuration([.. set.Services.Where(CanServe)]));
        return Task.FromResult<RunningPath>(new RunningProcess(bed, bed.Start(
            bed.Node, Peer.Program, "-c", file, "--concurrency", Threads.ToString(CultureInfo.InvariantCulture), "--disable-hot-restart", "--log-level",
            "warning")));
    }

    /// <summary>JSON is YAML to Envoy.</summary>
    internal static string Configuration(IReadOnlyList<Service> services) => new JsonObject
    {
        ["static_resources"] = new JsonObject
        {
            ["listeners"] = new JsonArray([.. services.Select(Listener)]),
            ["clusters"] = new JsonArray([.. services.Select(Cluster)]),
        },
    }.ToJsonString();

    private static JsonObject Listener(Service service) => new()
    {
        ["name"] = service.Name,
        ["address"] = Address(new IPEndPoint(IPAddress.Any, service.NodePort)),
        ["tcp_backlog_size"] = 4096,
        ["filter_chains"] = new JsonArray(new JsonObject
        {
            ["filters"] = new JsonArray(new JsonObject
            {
                ["name"] = "envoy.filters.network.tcp_proxy",
                ["typed_config"] = new JsonObject
                {
                    ["@type"] = "type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy",
                    ["stat_prefix"] = service.Name,
                    ["cluster"] = service.Name,
                    ["max_connect_attempts"] = 3,
                },
            }),
        }),
    };

    private static JsonObject Cluster(Service service) => new()
    {
        ["name"] = service.Name,
        ["type"] = "STATIC",
        ["connect_timeout"] = "1s",
        ["lb_policy"] = "ROUND_ROBIN",
        ["circuit_breakers"] = new JsonObject
        {
            ["thresholds"] = new JsonArray(new JsonObject { ["max_connections"] = 1_000_000, ["max_pending_requests"] = 1_000_000 }),
        },
        ["load_assignment"] = new JsonObject
        {
            ["cluster_name"] = service.Name,
            ["endpoints"] = new JsonArray(new JsonObject
            {
                ["lb_endpoints"] = new JsonArray([.. service.Endpoints.Select(endpoint => new JsonObject
                {
                    ["endpoint"] = new JsonObject { ["address"] = Address(endpoint) },
                })]),
            }),
        },
    };

    private static JsonObject Address(IPEndPoint at) => new()
    {
        ["socket_address"] = new JsonObject { ["address"] = at.Address.ToString(), ["port_value"] = at.Port },
    };
}
