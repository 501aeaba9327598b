using System.Text;
using UserProxy.Scenarios.Backends;
using UserProxy.Scenarios.Bed;
using UserProxy.Scenarios.Results;

namespace UserProxy.Scenarios.Paths;

/// <summary>nginx's stream module, TCP and UDP.</summary>
/// <remarks>
/// A UDP session of nginx lives until proxy_timeout (10 minutes, if unset), with a descriptor of its own: left at that, churn of ports ends in
/// "worker_connections are not enough" within seconds. So it gets what suits it best: a second without a datagram ends a session, and where the Service says
/// how many queries a port sends, the last answer does, though nobody could set that for clients that are not a benchmark. Without max_fails=0 one lost
/// datagram would take a Pod out for ten seconds, and three of them stop everything.
/// </remarks>
internal sealed class NginxPath(RunSettings settings) : TrafficPath(6, new PathInfo(
    "nginx", "nginx stream", PathKind.Peer,
    $"{Workers} workers, reuseport; connect timeout 1 s, passive checks at their defaults; UDP sessions end after 1 s, or after the last answer where the "
        + "load is known."))
{
    /// <summary>One a processor, as UserProxy has threads.</summary>
    private static readonly int Workers = Math.Max(2, Environment.ProcessorCount);

    private static int Made;

    public override IReadOnlyList<Tool> Needs => [Peer];

    public override Tool Peer { get; } = Stream(settings.ProgramOf(Tool.NginxStream.Name));

    public override bool CanServe(Service service) => service.ClusterIP is null;

    public override bool CanHandOver => true;

    public override Task<RunningPath> StartAsync(TestBed bed, ServiceSet set, CancellationToken stop)
    {
        string file = Path.Combine(bed.Folder, $"stream-{++Made}.conf");
        var text = new StringBuilder($$"""
            {{(Peer.File is null ? "" : $"load_module {Peer.File};")}}
            daemon off; pid {{file}}.pid; error_log /dev/null; worker_processes {{Workers}}; worker_rlimit_nofile 18000;
            events { worker_connections 32768; }
            stream {

            """);
        foreach (var service in set.Services.Where(CanServe))
        {
            bool udp = service.Protocol == "udp";
            string servers = string.Concat(service.Endpoints.Select(endpoint => $"server {endpoint}{(udp ? " max_fails=0" : "")}; "));
            string listen = udp
                ? $"listen {service.NodePort} udp reuseport rcvbuf=1m sndbuf=1m; proxy_timeout 1s;"
                : $"listen {service.NodePort} reuseport backlog=4096; proxy_connect_timeout 1s; proxy_timeout 1h;";
            string ends = udp && service.QueriesPerPort > 0 ? $" proxy_requests {service.QueriesPerPort}; proxy_responses 1;" : "";
            text.Append($"  upstream {service.Name} {{ {servers}}}\n  server {{ {listen} proxy_pass {service.Name};{ends} }}\n");
        }

        File.WriteAllText(file, text.Append("}\n").ToString());
        return Task.FromResult<RunningPath>(new RunningNginx(bed, bed.Start(bed.Node, Peer.Program, "-c", file)));
    }

    /// <summary>
    /// Of another build than PATH's the module lies beside the executable or in its lib/nginx/modules; where it is in neither, it is built in.
    /// </summary>
    internal static Tool Stream(string? executable)
    {
        var tool = Tool.NginxStream.From(executable);
        if (executable is null) return tool;
        string name = Path.GetFileName(tool.File!), folder = Path.GetDirectoryName(Path.GetFullPath(executable))!;
        string[] places = [folder, Path.Combine(folder, "..", "lib", "nginx", "modules")];
        return tool with { File = places.Select(place => Path.Combine(place, name)).FirstOrDefault(File.Exists) };
    }
}
