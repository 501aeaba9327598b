using System.Globalization;
using System.Net;
using UserProxy.Scenarios.Backends;
using UserProxy.Scenarios.Bed;
using UserProxy.Scenarios.Results;

namespace UserProxy.Scenarios.Paths;

/// <summary>An executable of userproxy, on one of its transports.</summary>
internal abstract class UserProxyPath(int order, PathInfo info, string transport, string executable) : TrafficPath(order, info)
{
    /// <summary>Below the ports that the namespaces' clients take; each instance has one of either.</summary>
    private const int FirstHealthPort = 8000, FirstMetricsPort = 9000;

    private static int Made;

    public override bool CanServe(Service service) => true;

    public override bool CanChange => true;

    public override bool CanHandOver => true;

    /// <summary>From manifests, or, where endpoints change, from a Kubernetes API, which is where changes come from in a cluster.</summary>
    public override async Task<RunningPath> StartAsync(TestBed bed, ServiceSet set, CancellationToken stop) => await RunAsync(bed, set, stop);

    /// <summary>The same, for who looks at what only a userproxy has.</summary>
    public Task<RunningUserProxy> RunAsync(TestBed bed, ServiceSet set, CancellationToken stop) => StartAsync(bed, executable, transport, set, stop);

    /// <summary>For who needs one behind something else, too.</summary>
    public static async Task<RunningUserProxy> StartAsync(TestBed bed, string program, string transport, ServiceSet set, CancellationToken stop)
    {
        string name = Path.Combine(bed.Folder, string.Create(CultureInfo.InvariantCulture, $"userproxy-{++Made}"));
        IPEndPoint health = new(IPAddress.Loopback, FirstHealthPort + Made), metrics = new(IPAddress.Loopback, FirstMetricsPort + Made);
        ClusterProcess? cluster = set.WillChange ? await ClusterProcess.StartAsync(bed, set, stop) : null;
        if (cluster is null)
            await File.WriteAllTextAsync(name + ".yaml", string.Join("---\n", set.Services.SelectMany(KubernetesObjects.Of).Select(json => json + "\n")), stop);
        string[] source = cluster is null ? ["--manifests", name + ".yaml"] : ["--kubeconfig", cluster.Kubeconfig];
        string[] command =
        [
            program, "run", .. source, "--node-name", KubernetesObjects.NodeName, "--transport", transport,
            "--cluster-ips", set.HasClusterIPs ? "on" : "off", "--admin-socket", name + ".sock", "--healthz-bind-address", health.ToString(),
            "--metrics-bind-address", metrics.ToString(), "--drain-timeout", set.WillHandOver ? "2m" : "0s",
            "--log-level", set.WillHandOver ? "information" : "warning",
        ];
        return new RunningUserProxy(bed, bed.Start(bed.Node, command), command, cluster, set.HasClusterIPs ? program : null)
        {
            Health = health,
            Metrics = metrics,
            AdminSocket = name + ".sock",
        };
    }
}
