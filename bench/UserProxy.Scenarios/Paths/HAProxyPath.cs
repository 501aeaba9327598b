using System.Text;
using UserProxy.Scenarios.Backends;
using UserProxy.Scenarios.Bed;
using UserProxy.Scenarios.Results;

namespace UserProxy.Scenarios.Paths;

/// <summary>HAProxy as a TCP proxy. Without maxconn it takes as many connections as its descriptors allow.</summary>
internal class HAProxyPath(RunSettings settings, int order, PathInfo info) : TrafficPath(order, info)
{
    protected const string Settings = "splice-auto, tcp-smart-connect, tcp-smart-accept, roundrobin; connect timeout 1 s, redispatch, health checks of HTTP "
        + "backends at their defaults (every 2 s, 3 fail).";

    public HAProxyPath(RunSettings settings)
        : this(settings, 5, new PathInfo("haproxy", "HAProxy", PathKind.Peer, $"mode tcp, {Threads} threads, {Settings}"))
    {
    }

    /// <summary>One a processor, as UserProxy has; 64 is the most of a thread group.</summary>
    private static readonly int Threads = Math.Clamp(Environment.ProcessorCount, 2, 64);

    private static int Made;

    public override IReadOnlyList<Tool> Needs => [Peer];

    public override Tool Peer { get; } = Tool.HAProxy.From(settings.ProgramOf(Tool.HAProxy.Name));

    public override bool CanServe(Service service) => service.Protocol == "tcp" && service.ClusterIP is null;

    public override bool CanHandOver => true;

    public override Task<RunningPath> StartAsync(TestBed bed, ServiceSet set, CancellationToken stop)
    {
        string name = Path.Combine(bed.Folder, $"haproxy-{++Made}"), socket = name + ".sock";
        var text = new StringBuilder($"""
            global
              nbthread {Threads}
              stats socket {socket} level admin expose-fd listeners
            defaults
              mode tcp
              balance roundrobin
              option splice-auto
              option tcp-smart-connect
              option tcp-smart-accept
              option redispatch
              timeout connect 1s
              timeout client 1h
              timeout server 1h

            """);
        foreach (var service in set.Services.Where(CanServe))
        {
            text.Append($"listen {service.Name}\n  bind :{service.NodePort}\n");
            string how = (service.IsTold ? " send-proxy-v2" : "") + (service.IsKept ? " source 0.0.0.0 usesrc clientip" : "");
            for (int i = 0; i < service.Endpoints.Count; i++)
                text.Append($"  server pod{i + 1} {service.Endpoints[i]}{how}{(service.MayBeChecked ? " check" : "")}\n");
        }

        File.WriteAllText(name + ".cfg", text.ToString());
        string[] command = [Peer.Program, "-db", "-f", name + ".cfg"];
        return Task.FromResult<RunningPath>(new RunningHAProxy(bed, bed.Start(bed.Node, command), command, socket));
    }
}
