using System.Net;
using Microsoft.Extensions.Logging;
using UserProxy.App.CommandLine;
using UserProxy.App.Configuration;
using UserProxy.App.Servers.Admin;
using UserProxy.App.Servers.Health;
using UserProxy.App.Servers.Metrics;
using UserProxy.Kubernetes.Client.Access;
using UserProxy.Linux.Host;
using UserProxy.Linux.Netlink;
using UserProxy.Model;
using UserProxy.Policy;
using UserProxy.Syncing;
using UserProxy.Tcp;
using UserProxy.Udp;

namespace UserProxy.App.Run;

/// <summary>The composition root of <c>run</c>, in the order in which things happen: from checked settings to an exit code.</summary>
internal static class NodeAgent
{
    /// <summary>Below it the runtime fails in ways that blame somebody else.</summary>
    private const int LeastDescriptors = 192;

    /// <summary>A connection to a health check: those who check give up sooner.</summary>
    private static readonly TimeSpan LongestCheck = TimeSpan.FromSeconds(30);

    /// <summary>A connection to the metrics port: Prometheus' longest usual interval.</summary>
    private static readonly TimeSpan LongestScrape = TimeSpan.FromMinutes(1);

    public static async Task<int> RunAsync(RunOptions options, ConfigurationFile? file, Surroundings surroundings, CancellationToken outer)
    {
        using var logs = LogOutput.Create(options.LogFormat, options.LogLevel, surroundings.ColourOnError);
        var log = logs.CreateLogger("UserProxy.App");
        foreach (string warning in file?.Warnings ?? []) log.ConfigurationWarning(warning);
        if (file?.Ignored is { Count: > 0 } ignored) log.FieldsIgnored(file.Path, string.Join(", ", ignored));

        using var signals = StopSignals.Listen(log, options.DrainTimeout, surroundings.Time, outer);
        using var instance = InstanceLock.TryTake(options.AdminSocket, log);
        if (instance is null) return ExitCode.Failed;

        int descriptorLimit = OperatingSystem.IsLinux() ? DescriptorLimit.RaiseToHard() : int.MaxValue;
        if (descriptorLimit < LeastDescriptors)
        {
            log.TooFewDescriptors(descriptorLimit, LeastDescriptors);
            return ExitCode.Failed;
        }

        ClusterAccess? cluster;
        try
        {
            // A kubeconfig that is a pipe nobody writes to must not keep the process from being stopped.
            cluster = await Task.Run(() => ServiceFeed.FindCluster(options, logs, surroundings), signals.Stop).WaitAsync(signals.Stop);
        }
        catch (OperationCanceledException) when (signals.Stop.IsCancellationRequested)
        {
            return ExitCode.Done;
        }
        catch (ClusterAccessException e)
        {
            await surroundings.Error.WriteLineAsync(e.Message);
            return ExitCode.BadUsage;
        }

        await using var transport = TransportFactory.Create(options.Transport, options.Threads, descriptorLimit, log, surroundings.Time);
        if (transport is null) return ExitCode.Failed;
        await using var datagrams = TransportFactory.CreateDatagrams(options.Threads);

        var (mayRun, virtualIPs) = await VirtualIPSetup.OpenAsync(options, log, surroundings.Time, signals.Stop);
        if (!mayRun) return ExitCode.Failed;
        await using var ownedIPs = virtualIPs;
        if (signals.Stop.IsCancellationRequested)
        {
            log.Stopped(0, 0);
            return ExitCode.Done;
        }

        await using var feed = ServiceFeed.Open(options, cluster, virtualIPs is not null, logs, surroundings.Time);
        if (options.MetricsBindAddress is not null) await ProxyMetrics.LoadAsync();
        var places = ServerPlaces.Within(descriptorLimit, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);
        var proxier = CreateProxier(options, transport, descriptorLimit, logs, surroundings.Time, virtualIPs, datagrams, places.All);
        LogStart(log, options, feed.Source, transport, descriptorLimit, virtualIPs is not null);
        _ = LogServingAsync(log, proxier, surroundings);
        return await ServeAsync(options, feed, proxier, transport.Name, signals, logs, log, surroundings, places);
    }

    /// <summary>Surrounds the Proxier with those who watch it: health and metrics servers, Events, and the admin socket.</summary>
    private static async Task<int> ServeAsync(
        RunOptions options, ServiceFeed feed, Proxier proxier, string transport, StopSignals signals, LogOutput logs, ILogger log, Surroundings surroundings, ServerPlaces places)
    {
        var time = surroundings.Time;
        await using var ports = await HttpPorts.StartAsync(places.Checks, LongestCheck, time, network: NodeNetworks.OfThisNode(), descriptors: proxier.Descriptors);
        var health = new NodeHealth(() => proxier.View.Sync, () => proxier.View.HungAcceptLoops, () => proxier.Table.Node, feed.NodeMustBeKnown, time);
        // First the load balancers are told, then there may be a wait, then the ports are closed.
        using var stop = new CancellationTokenSource();
        await using var draining = signals.Stop.Register(() =>
        {
            health.StartDraining();
            stop.CancelAfter(options.DrainDelay);
        });
        await using var hurried = signals.Abort.Register(stop.Cancel);
        await using var checks = new ServiceHealthChecks(
            ports, health, (check, why) => feed.Events?.Report(check.Namespace, check.Service, ServiceHealthChecks.BindFailedReason, "Listen", $"healthCheckNodePort {check.Port}: {why}"), log, time);
        proxier.Applied += applied => checks.Update(applied.Table);
        if (feed.Events is { } events)
        {
            proxier.Applied += applied => events.Follow(applied.Table);
            proxier.ProblemFound += events.Report;
        }

        int exitCode = ExitCode.Done;
        await using var server = options.HealthzBindAddress is { } address
            ? new HealthServer(ports, address, health, FailureOf(ClusterEvents.HealthServerFailed), log, time)
            : null;
        if (server is not null && !await server.StartAsync()) return ExitCode.Failed;

        var facts = new AdminFacts(proxier, health, options.NodeName, feed.Source.Description, transport, surroundings.StartedAt, time)
        {
            SourceTrouble = () => feed.Trouble,
            SourceIssues = feed.Issues,
        };
        proxier.ProblemFound += facts.Problems.Note;
        await using var admin = await AdminServer.StartAsync(options.AdminSocket, new AdminAnswers(facts, log).AnswerAsync, log, time, places.Questions);

        var syncs = new SyncMetrics(proxier, feed.Changes, health.Answers, time);
        proxier.Applied += syncs.Follow;
        // Outlives the server, whose end breaks off the scrapes that run.
        using var scrapes = options.MetricsBindAddress is null ? null : new ProxyMetrics(proxier, syncs, feed.Metrics, () => logs.LinesDropped);
        // Of its own: whoever floods the health port, which is open to the network, must not blind those who look at the metrics.
        await using var metricsPorts = await HttpPorts.StartAsync(places.Scrapes, LongestScrape, time, network: NodeNetworks.OfThisNode(), descriptors: proxier.Descriptors);
        await using var metrics = options.MetricsBindAddress is { } metricsAddress
            ? new MetricsServer(metricsPorts, metricsAddress, scrapes!, options, FailureOf(ClusterEvents.MetricsServerFailed), log, time)
            : null;
        if (metrics is not null && !await metrics.StartAsync()) return ExitCode.Failed;

        if (OperatingSystem.IsLinux() && proxier.Descriptors.Settle(DescriptorLimit.CountOpen()) is > 0 and var missing)
        {
            log.TooFewDescriptors(proxier.Descriptors.Limit, proxier.Descriptors.Limit + missing);
            return ExitCode.Failed;
        }

        await using var memory = MemoryWatch.Start(proxier, log, time);
        int followed = await FollowAsync(feed.Source, proxier, log, stop.Token, signals.Abort);
        return followed == ExitCode.Done ? Volatile.Read(ref exitCode) : followed;

        BindFailure FailureOf(string reason) => new(why => feed.Events?.ReportNode(reason, why), options.BindAddressHardFail ? GiveUp : null);

        // An address that was to be answered in any case is lost: the orderly end, and an exit code that says so.
        void GiveUp()
        {
            Volatile.Write(ref exitCode, ExitCode.Failed);
            health.StartDraining();
            stop.Cancel();
        }
    }

    /// <summary>Serves until a signal, or until the source dies: then the process ends too, for whoever started it to see.</summary>
    internal static async Task<int> FollowAsync(IServiceSource source, Proxier proxier, ILogger log, CancellationToken stop, CancellationToken abort)
    {
        try
        {
            var drained = await proxier.RunAsync(source, stop, abort);
            log.Stopped(drained.Finished, drained.Reset);
            return ExitCode.Done;
        }
        catch (ClusterAccessException e)
        {
            // No defect: a right that is missing, said with the rule that gives it.
            log.ClusterRefused(source.Description, e.Message);
            return ExitCode.Failed;
        }
        catch (Exception exception)
        {
            log.SourceDied(exception, source.Description);
            return ExitCode.Failed;
        }
    }

    internal static Proxier CreateProxier(
        RunOptions options, ITransport transport, int descriptorLimit, ILoggerFactory logs, TimeProvider time, IVirtualIPs? virtualIPs = null, IDatagramTransport? datagrams = null, int descriptorsOfServers = 0)
    {
        var settings = new ProxyOptions
        {
            AllowLoopbackEndpoints = options.DialsLoopback,
            DrainTimeout = options.DrainTimeout,
            DescriptorLimit = descriptorLimit,
            DescriptorsAtStart = OperatingSystem.IsLinux() ? DescriptorLimit.CountOpen() : 0,
            DescriptorsAside = transport.OwnDescriptors + descriptorsOfServers,
        };
        ILogger<Proxier> log = logs.CreateLogger<Proxier>();
        if (options.AccessLog > 0) log = new AccessLog(log, options.AccessLog, Random.Shared);
        Func<IPAddress, bool>? isLocal = OperatingSystem.IsLinux() ? RouteLookup.IsLocal : null;
        return new Proxier(transport, settings, time, log, virtualIPs, datagrams, network: NodeNetworks.OfThisNode(), isLocal: isLocal);
    }

    private static void LogStart(ILogger log, RunOptions options, IServiceSource source, ITransport transport, int descriptorLimit, bool virtualIPs) => log.Starting(
        BuildFacts.Current.Version,
        options.NodeName,
        source.Description,
        transport.Name == "epoll" ? $"epoll with {options.Threads} loops" : transport.Name,
        descriptorLimit,
        options.NodePortAddresses.ToString(),
        !virtualIPs ? "not served" : options.ClusterIPs == ClusterIPsChoice.Off ? "served, without ClusterIPs" : "served",
        options.Defaults.Scheduler.ShortName(),
        options.DialsLoopback ? "allowed" : "refused",
        GoDuration.Format(options.DrainTimeout),
        options.AdminSocket);

    private static async Task LogServingAsync(ILogger log, Proxier proxier, Surroundings surroundings)
    {
        await proxier.FirstSync;
        var services = proxier.View.Services().ToList();
        int listening = services.Sum(service => service.Listeners.Count(listener => listener.State == ListenerState.Listening));
        log.Serving(listening, services.Count, (long)surroundings.Time.GetElapsedTime(surroundings.StartedAt).TotalMilliseconds);
    }
}
