using Microsoft.Extensions.Logging;
using UserProxy.App.Configuration;
using UserProxy.App.Servers.Admin;
using UserProxy.App.Servers.Admin.Messages;
using UserProxy.App.Servers.Metrics;
using UserProxy.Kubernetes;
using UserProxy.Kubernetes.Building;
using UserProxy.Kubernetes.Client;
using UserProxy.Kubernetes.Client.Access;
using UserProxy.Kubernetes.Client.Events;
using UserProxy.Model;
using UserProxy.Policy;

namespace UserProxy.App.Run;

/// <summary>
/// Where the Services come from, and with the API also where Events about them go. Made once by <see cref="NodeAgent"/>, disposed of after the last
/// reader.
/// </summary>
internal sealed class ServiceFeed : IAsyncDisposable
{
    /// <summary>For what was reported last: a process that ends because of it should have said so.</summary>
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _stop = new();
    private readonly ApiClient? _client;
    private EventReporter? _reporter;
    private Task _reporting = Task.CompletedTask;

    private ServiceFeed(IServiceSource source, SourceChanges changes, ApiClient? client)
    {
        Source = source;
        Changes = changes;
        _client = client;
    }

    public IServiceSource Source { get; }

    /// <summary>Why virtual IPs are not served though nobody has said that they are not to be; null when they are, or by a setting.</summary>
    public string? WhyNoVirtualIPs { get; private init; }

    /// <summary>What the source has seen, for metrics.</summary>
    public SourceChanges Changes { get; }

    /// <summary>What keeps the source from being followed now; null when nothing does.</summary>
    public SourceTroubleItem? Trouble
    {
        get
        {
            if (Source is ManifestSource { Trouble: { } files }) return new SourceTroubleItem("unreadable", files.Message, files.Since, AsOfSeconds: null);
            if (Source is not KubernetesSource { Trouble: { } trouble } cluster) return null;
            // As old as what was heard of longest ago.
            var ages = cluster.Facts.Select(facts => facts.Age).ToList();
            return new SourceTroubleItem(
                "unreachable", trouble, cluster.Facts.Min(facts => facts.TroubleSince), ages.Contains(null) ? null : ToMessage.Seconds(ages.Max()!.Value));
        }
    }

    /// <summary>Null with manifests.</summary>
    public ClusterMetrics? Metrics { get; private init; }

    /// <summary>Null with manifests: there is nobody to tell.</summary>
    public ClusterEvents? Events { get; private init; }

    /// <summary>
    /// What keeps the API server from being followed now and since when; one for each resource, and none with manifests, whose faults are in the table.
    /// </summary>
    public IEnumerable<TableIssue> Issues(bool onSnapshot) =>
        from facts in (Source as KubernetesSource)?.Facts ?? []
        where facts.Trouble is not null
        select new TableIssue(
            $"API server {Source.Description}", "NotFollowed",
            $"{facts.Resource}: {facts.Trouble}; since {facts.TroubleSince:u}, and "
                + $"{(facts.Lists > 0 ? "the last known state is served" : onSnapshot ? "a snapshot is served" : "nothing is known yet")}");

    /// <summary>Of which kind the source is and where: what a snapshot must be of.</summary>
    public string Place => _client is null ? $"manifests {Source.Description}" : $"API server {Source.Description}";

    /// <summary>How each resource of the API server is followed; none with manifests.</summary>
    public IReadOnlyList<FollowedItem> Followed() =>
    [
        .. from facts in (Source as KubernetesSource)?.Facts ?? []
           select new FollowedItem
           {
               Resource = facts.Resource,
               HeardSecondsAgo = facts.Age is { } age ? ToMessage.Seconds(age) : null,
               Trouble = facts.Trouble,
               TroubleSince = facts.TroubleSince,
               Failure = facts.Failure,
               FailureSince = facts.FailureSince,
           },
    ];

    /// <summary>With the API, a node whose object is unknown is no node to send traffic to.</summary>
    public bool NodeMustBeKnown => _client is not null;

    /// <summary>Who and where the API server is; null with manifests. Asks nobody yet.</summary>
    /// <exception cref="ClusterAccessException">What is wrong with the kubeconfig, or with this Pod.</exception>
    public static ClusterAccess? FindCluster(RunOptions options, ILoggerFactory logs, Surroundings surroundings)
    {
        if (options.Manifests.Count > 0) return null;
        return ClusterAccess.Find(options.Kubeconfig, surroundings.Variable, surroundings.Time, logs.CreateLogger<ClusterAccess>());
    }

    /// <param name="options">Of the run.</param>
    /// <param name="cluster">Null with manifests.</param>
    /// <param name="virtualIPs">They can be served.</param>
    /// <param name="logs">Told.</param>
    /// <param name="time">Every clock and timer.</param>
    /// <param name="whyNone">Why they cannot, of <see cref="VirtualIPSetup"/>.</param>
    public static ServiceFeed Open(
        RunOptions options, ClusterAccess? cluster, bool virtualIPs, ILoggerFactory logs, TimeProvider time, string? whyNone = null)
    {
        var build = BuildOptionsOf(options, virtualIPs, whyNone);
        if (cluster is null)
        {
            var manifests = new ManifestSource([.. options.Manifests], build, InterfaceAddresses.ToServeAt, time, logs.CreateLogger<ManifestSource>());
            return new ServiceFeed(manifests, manifests.Changes, client: null) { WhyNoVirtualIPs = whyNone };
        }

        var client = new ApiClient(cluster, time);
        var source = new KubernetesSource(client, build, InterfaceAddresses.ToServeAt, time, Random.Shared, logs.CreateLogger<KubernetesSource>())
        {
            MinInterval = options.MinSyncPeriod,
        };
        var reporter = new EventReporter(client, options.NodeName, time, logs.CreateLogger<EventReporter>());
        var feed = new ServiceFeed(source, source.Changes, client)
        {
            Events = new ClusterEvents(reporter, options.NodeName, source.UidOf),
            Metrics = new ClusterMetrics(client, source, reporter),
            WhyNoVirtualIPs = whyNone,
        };
        feed._reporter = reporter;
        feed._reporting = reporter.RunAsync(feed._stop.Token);
        return feed;
    }

    public async ValueTask DisposeAsync()
    {
        _reporter?.Complete();
        _stop.CancelAfter(LastWords);
        await _reporting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _client?.Dispose();
        _stop.Dispose();
    }

    internal static BuildOptions BuildOptionsOf(RunOptions options, bool virtualIPs, string? whyNone = null) => new()
    {
        NodeName = options.NodeName,
        NodePortAddresses = options.NodePortAddresses,
        Defaults = options.Defaults,
        ServeLabel = options.ServeLabel,
        ClusterIPs = virtualIPs && options.ClusterIPs != ClusterIPsChoice.Off,
        ClusterIPsOffBecause = options.ClusterIPs == ClusterIPsChoice.Off ? "--cluster-ips off" : whyNone,
        LoadBalancerIPs = virtualIPs && options.LoadBalancerIPs,
        ExternalIPs = virtualIPs ? options.ExternalIPs : [],
        ClusterCidrs = options.ClusterCidrs,
    };
}
