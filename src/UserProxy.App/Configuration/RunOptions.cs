using System.Net;
using Microsoft.Extensions.Logging;
using UserProxy.Kubernetes.Building;
using UserProxy.Model;

namespace UserProxy.App.Configuration;

/// <summary>The settings of one <c>run</c>, checked. Their outside names are in <see cref="Settings"/>; filled by <see cref="RunOptionsReader"/>.</summary>
internal sealed record RunOptions
{
    /// <summary>The port of <c>/healthz</c> that load balancers know (docs/semantics.md 13.1).</summary>
    public const int DefaultHealthzPort = 10256;

    /// <summary>The port of <c>/metrics</c> that scrapers know (docs/semantics.md 14.1).</summary>
    public const int DefaultMetricsPort = 10249;

    /// <summary>What kube-proxy makes of an address that is not set where its <c>bindAddress</c> is of IPv6.</summary>
    public static readonly IPEndPoint HealthzOfIPv6 = new(IPAddress.IPv6Any, DefaultHealthzPort);

    public static readonly IPEndPoint MetricsOfIPv6 = new(IPAddress.IPv6Loopback, DefaultMetricsPort);

    /// <summary>Files and folders with Kubernetes objects; empty: the Kubernetes API is followed.</summary>
    public ValueList<string> Manifests { get; init; } = [];

    /// <summary>Says which cluster and who we are; null without manifests: the cluster of this Pod.</summary>
    public string? Kubeconfig { get; init; }

    /// <summary>Named by kube-proxy's configuration, which was not written for us: counts only when nothing else says what to follow.</summary>
    public string? KubeProxyKubeconfig { get; init; }

    public ClusterIPsChoice ClusterIPs { get; init; } = ClusterIPsChoice.Auto;

    /// <summary>Whether the addresses of load balancers are served here too.</summary>
    public bool LoadBalancerIPs { get; init; }

    /// <summary>The externalIPs that may be served; none by default (CVE-2020-8554).</summary>
    public ValueList<CidrBlock> ExternalIPs { get; init; } = [];

    /// <summary>Serve virtual IPs although ports that no Service owns reach the daemons of this node.</summary>
    public bool AllowUnguarded { get; init; }

    /// <summary>The addresses of Pods, where the Node object does not say.</summary>
    public ValueList<CidrBlock> ClusterCidrs { get; init; } = [];

    /// <summary>
    /// Null: no health server. The wildcard of one family means both, here and for the metrics: see <see cref="Servers.Http.RetriedListeners"/>.
    /// </summary>
    public IPEndPoint? HealthzBindAddress { get; init; } = new(IPAddress.Any, DefaultHealthzPort);

    /// <summary>Null: no metrics server.</summary>
    public IPEndPoint? MetricsBindAddress { get; init; } = new(IPAddress.Loopback, DefaultMetricsPort);

    /// <summary>Whether the metrics server has the status page.</summary>
    public bool StatusPage { get; init; } = true;

    /// <summary>A health or metrics address that cannot be bound ends the process.</summary>
    public bool BindAddressHardFail { get; init; }

    /// <summary>This node's name in lower case: decides which endpoints are local.</summary>
    public string NodeName { get; init; } = "";

    /// <summary>The addresses of this node that NodePorts are served on.</summary>
    public NodePortAddresses NodePortAddresses { get; init; } = NodePortAddresses.Any;

    /// <summary>Least time between two tables of a cluster.</summary>
    public TimeSpan MinSyncPeriod { get; init; } = TimeSpan.FromMilliseconds(30);

    /// <summary>How often a cluster is listed anew; null: only when it must be.</summary>
    public TimeSpan? ConfigSyncPeriod { get; init; }

    /// <summary>The settings of Services that say nothing by annotation.</summary>
    public ServiceSettings Defaults { get; init; } = ServiceSettings.Default;

    public TransportChoice Transport { get; init; } = TransportChoice.Auto;

    /// <summary>Loops of the transport.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>Path of the admin socket; one <c>run</c> per path and network namespace.</summary>
    public string AdminSocket { get; init; } = "";

    /// <summary>Path of the socket that <c>probe</c> asks, of this process alone; null for none.</summary>
    public string? ProbeSocket { get; init; }

    /// <summary>How long connections may go on after the first signal.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long ports stay open after the first signal, while health checks already say no: for load balancers to notice.</summary>
    public TimeSpan DrainDelay { get; init; }

    /// <summary>What is done about a <c>run</c> with the same admin socket that serves already.</summary>
    public TakeoverChoice Takeover { get; init; } = TakeoverChoice.Try;

    public LogFormat LogFormat { get; init; } = LogFormat.Text;

    public LogLevel LogLevel { get; init; } = LogLevel.Information;

    /// <summary>A log line for one in so many connections that end as they should, and for each that does not; 0 is for none at all.</summary>
    public int AccessLog { get; init; }

    /// <summary>
    /// Whether endpoints on loopback addresses are dialled, and on the node's own that are not declared as on this node. Null: with manifests, which the
    /// owner of the node writes, but not with the API, where tenants write.
    /// </summary>
    public bool? AllowLoopbackEndpoints { get; init; }

    public bool DialsLoopback => AllowLoopbackEndpoints ?? Manifests.Count > 0;

    /// <summary>Serve only Services that carry this value of <c>service.kubernetes.io/service-proxy-name</c>; null: only those without the label.</summary>
    public string? ServeLabel { get; init; }

    /// <summary>Where the snapshot of what is served is kept; null: nowhere.</summary>
    public string? StateDir { get; init; }

    /// <summary>How long nobody may have been there for a snapshot to be served at the start.</summary>
    public TimeSpan SnapshotMaxAge { get; init; } = TimeSpan.FromHours(1);
}

/// <summary>Whether ClusterIPs are served, which takes the right to add routes; <c>auto</c> serves NodePorts alone where that is missing.</summary>
internal enum ClusterIPsChoice
{
    Auto,
    On,
    Off,
}

/// <summary>How log lines are written: for people or for a log pipeline.</summary>
internal enum LogFormat
{
    Text,
    Json,
}
