using System.Globalization;
using UserProxy.Scenarios.Backends;
using UserProxy.Scenarios.Bed;
using UserProxy.Scenarios.Results;

namespace UserProxy.Scenarios.Paths;

/// <summary>An executable of userproxy, on one of its transports.</summary>
internal abstract class UserProxyPath(int order, PathInfo info, string transport, string executable) : TrafficPath(order, info)
{
    /// <summary>Below the ports that the namespaces' clients take; each instance has one.</summary>
    private const int FirstMetricsPort = 9000;

    private static int Made;

    public override bool CanServe(Service service) => true;

    public override bool CanChange => true;

    /// <summary>From manifests, or, where endpoints change, from a Kubernetes API, which is where changes come from in a cluster.</summary>
    public override Task<RunningPath> StartAsync(TestBed bed, ServiceSet set, CancellationToken stop) => StartAsync(bed, executable, transport, set, stop);

    /// <summary>For who needs one behind something else, too.</summary>
    public static async Task<RunningPath> StartAsync(TestBed bed, string program, string transport, ServiceSet set, CancellationToken stop)
    {
        string name = Path.Combine(bed.Folder, string.Create(CultureInfo.InvariantCulture, $"userproxy-{++Made}")),
        metrics = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{FirstMetricsPort + Made}");
        ClusterProcess? cluster = set.WillChange ? await ClusterProcess.StartAsync(bed, set, stop) : null;
        if (cluster is null)
            await File.WriteAllTextAsync(name + ".yaml", string.Join("---\n", set.Services.SelectMany(KubernetesObjects.Of).Select(json => json + "\n")), stop);
        string[] source = cluster is null ? ["--manifests", name + ".yaml"] : ["--kubeconfig", cluster.Kubeconfig];
        var child = bed.Start(
            bed.Node, [
                program, "run", .. source, "--node-name", KubernetesObjects.NodeName, "--transport", transport, "--cluster-ips", set.HasClusterIPs
                    ? "on"
                    : "off",
            "--admin-socket", name
                + ".sock", "--healthz-bind-address", "off", "--metrics-bind-address", metrics, "--drain-timeout", "0s", "--log-level", "warning"]);
        return new Run(bed, child, cluster, set.HasClusterIPs ? program : null) { Metrics = metrics, AdminSocket = name + ".sock" };
    }

    // The cleaner is null where there are no routes.
    private sealed class Run(TestBed bed, Child child, ClusterProcess? cluster, string? cleaner) : RunningProcess(bed, child)
    {
        private readonly TestBed _bed = bed;

        public required string Metrics { get; init; }

        public required string AdminSocket { get; init; }

        /// <summary>The number after # is not sent: it makes curl ask again.</summary>
        public override IReadOnlyList<IReadOnlyList<string>> Watchers(int timesPerSecond)
        {
            string[] curl = [
                "curl", "--silent", "--output", "/dev/null", "--write-out", "%{stderr}%{http_code}\\n", "--rate",
                string.Create(CultureInfo.InvariantCulture, $"{timesPerSecond}/s")];
            return [[.. curl, $"http://{Metrics}/metrics#[1-9999]"], [.. curl, "--unix-socket", AdminSocket, "http://localhost/v1/connections#[1-9999]"]];
        }

        public override async Task ChangeAsync(Service changed, CancellationToken stop) =>
            await (cluster ?? throw new NotSupportedException()).ApplyAsync(KubernetesObjects.SliceOf(changed));

        public override async ValueTask DisposeAsync()
        {
            await base.DisposeAsync();
            // Routes and guard outlive a run on purpose; the next path must not meet them.
            if (cleaner is not null)
                (await _bed.RunAsync(_bed.Node, TimeSpan.FromMinutes(1), CancellationToken.None, cleaner, "cleanup")).Expect("userproxy cleanup");
            if (cluster is not null) await cluster.DisposeAsync();
        }
    }
}
