using System.Net;
using Microsoft.Extensions.Logging;
using UserProxy.App.CommandLine;
using UserProxy.App.Configuration;
using UserProxy.App.Logging;
using UserProxy.App.Probe;
using UserProxy.App.Run.HandOver;
using UserProxy.App.Run.Stored;
using UserProxy.App.Servers.Admin;
using UserProxy.App.Servers.Metrics;
using UserProxy.App.Snapshots;
using UserProxy.Kubernetes.Client.Access;
using UserProxy.Linux.Host;
using UserProxy.Linux.Netlink;
using UserProxy.Linux.Transparent;
using UserProxy.Linux.VirtualIPs;
using UserProxy.Model;
using UserProxy.Policy;
using UserProxy.Reading;
using UserProxy.Serving;
using UserProxy.Syncing;
using UserProxy.Tcp;
using UserProxy.Udp;

namespace UserProxy.App.Run;

/// <summary>The composition root of <c>run</c>, in the order in which things happen: from checked settings to an exit code.</summary>
internal static class NodeAgent
{
    /// <summary>Below it the runtime fails in ways that blame somebody else.</summary>
    private const int LeastDescriptors = 192;

    /// <summary>By a process that has handed over and drained.</summary>
    private static readonly TimeSpan SuccessorIsLookedAtEvery = TimeSpan.FromSeconds(1);

    public static async Task<int> RunAsync(RunOptions options, ConfigurationFile? file, Surroundings surroundings, CancellationToken outer)
    {
        using var logs = LogOutput.Create(options.LogFormat, options.LogLevel, surroundings.ColourOnError);
        var log = logs.CreateLogger("UserProxy.App");
        LogFile(log, file);
        foreach (string slip in UnknownVariables.In(surroundings)) log.ConfigurationWarning(slip);
        SocketStore? kept = null;
        using var signals = StopSignals.Listen(
            log, options.DrainTimeout, surroundings.Time, outer,
            keepsPorts: ServiceManager.IsThere(surroundings) ? () => Volatile.Read(ref kept) is { KeepsAll: true } : null);
        try
        {
            if (!ProbeSocket.TryOpen(options.ProbeSocket, log, surroundings.Time, out var probe)) return ExitCode.Failed;
            await using var probed = probe;
            using var manager = ServiceManager.Find(surroundings, log);
            await using var store = SocketStore.Open(surroundings, manager?.Socket, () => signals.IsRestart, log);
            Volatile.Write(ref kept, store);
            using var right = await StartRight.TakeAsync(options, log, surroundings.Time, signals.Stop);
            if (right is null || RaiseDescriptorLimit(log) is not { } descriptorLimit) return ExitCode.Failed;
            return await ServeAsync(new AgentContext(options, surroundings, logs, log, signals, probe, manager, store), right, descriptorLimit);
        }
        catch (OperationCanceledException) when (signals.Stop.IsCancellationRequested)
        {
            // Before anything was served.
            return ExitCode.Done;
        }
        catch (ClusterAccessException e)
        {
            await surroundings.ComplainAsync(e.Message);
            return ExitCode.BadUsage;
        }
    }

    private static async Task<int> ServeAsync(AgentContext context, StartRight right, int descriptorLimit)
    {
        var (options, log, time, stop) = (context.Options, context.Log, context.Time, context.Signals.Stop);
        await using var snapshot = RunSnapshot.Begin(options, log, time);
        // A kubeconfig that is a pipe nobody writes to must not keep the process from being stopped.
        var finding = Task.Run(() => ServiceFeed.FindCluster(options, context.Logs, context.Surroundings), stop).WaitAsync(stop);
        await using var transport = TransportFactory.Create(options.Transport, options.Threads, descriptorLimit, log, time);
        if (transport is null) return ExitCode.Failed;
        // Begun here, as it waits for nft; awaited below.
        var opening = VirtualIPSetup.OpenAsync(options, right.Predecessor?.VirtualIPs, log, time, stop);
        await using var datagrams = TransportFactory.CreateDatagrams(options.Threads);
        if (options.MetricsBindAddress is not null) await ProxyMetrics.LoadAsync();
        var (mayRun, virtualIPs, whyNone) = await opening;
        await using var ownedIPs = virtualIPs;
        if (!mayRun) return ExitCode.Failed;
        await using var sources = OperatingSystem.IsLinux() ? new TransparentSources(log, time) { IsLeft = right.Predecessor is not null } : null;
        if (stop.IsCancellationRequested)
        {
            log.Stopped(0, 0);
            return ExitCode.Done;
        }

        // Meanwhile: what a kubeconfig holds and what reads it (YAML, certificates) takes longer than everything above.
        var cluster = await finding;
        await using var feed = ServiceFeed.Open(options, cluster, virtualIPs is not null, context.Logs, time, whyNone);
        var identity = SnapshotIdentity.Of(ServiceFeed.BuildOptionsOf(options, virtualIPs is not null), feed.Place);
        var predecessor = right.Predecessor;
        var source = feed.Source;
        if (predecessor is not null)
        {
            snapshot?.KeepOnly(source, identity);
            source = new TakingOverSource(source, predecessor, isOfManifests: options.Manifests.Count > 0);
            context.Store?.Drop("another process serves, and hands over");
        }
        else if (snapshot is not null)
        {
            source = await snapshot.BeforeAsync(source, identity, stop);
        }

        var places = ServerPlaces.Within(descriptorLimit, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);
        var shared = predecessor?.Shared ?? new SocketSharing();
        IVirtualIPs? routes = predecessor is null
            ? virtualIPs
            : new TakingOverVirtualIPs(virtualIPs, predecessor, () => OwnNodeState(virtualIPs, sources, predecessor));
        var proxier = CreateProxier(
            options, transport, descriptorLimit, context.Logs, time, routes, datagrams, places.All, predecessor?.Listeners ?? context.Store?.Inherited, shared,
            predecessor?.Services, sources);
        LogStart(log, options, feed.Source, transport, descriptorLimit, virtualIPs is not null);
        _ = LogServingAsync(log, proxier, options, context.Surroundings);

        if (snapshot is not null) proxier.Applied += snapshot.Follow;
        if (context.Store is { } store) proxier.Listening += store.Follow;
        await using var servers = new NodeServers(context, feed, proxier, transport.Name, places, shared, predecessor, snapshot);
        if (!await servers.StartAsync() || !HasDescriptors(proxier, log)) return ExitCode.Failed;
        var settings = TakeoverSettings.LinesOf(options);
        if (predecessor is not null)
        {
            predecessor.Report.Settings = settings;
            predecessor.Report.LogSource();
            Follow(predecessor, proxier, datagrams.SocketsPerListener, servers, log);
        }

        var parts = new HandOverParts(proxier, servers, right.Lock, virtualIPs, sources, shared) { Settings = settings };
        await using var successor = Offer(context, right, parts);
        if (context.Probe is { } probe) probe.Answer = () => successor is { HasHandedOver: true } ? ProbeAnswer.HandedOver : servers.Probe();
        await using var memory = MemoryWatch.Start(proxier, log, time);
        snapshot?.Keep(servers.Stop);
        context.Manager?.Ready();
        // Not disposed of: whoever cancels it may come late.
        var stopping = new CancellationTokenSource();
        await using var closing = servers.Stop.Register(() => _ = StopAsync(context, parts, stopping));
        int followed = await FollowAsync(source, proxier, log, stopping.Token, context.Signals.Abort);
        if (successor is { HasHandedOver: true }) await WaitForTheEndAsync(context);
        return followed == ExitCode.Done ? servers.Outcome : followed;
    }

    /// <summary>What systemd keeps would be listened on when it is closed here, which is what a restart is to do.</summary>
    private static async Task StopAsync(AgentContext context, HandOverParts parts, CancellationTokenSource stopping)
    {
        try
        {
            context.Manager?.Stopping();
            if (context.Store is { } store) await store.CloseAsync();
            if (!context.Signals.IsRestart) return;
            parts.LeaveToSuccessor(isLeft: true);
            parts.Shared.IsShared = true;
        }
        finally
        {
            // Whatever has become of that: this process was told to end.
            await stopping.CancelAsync();
        }
    }

    private static void Follow(Predecessor predecessor, Proxier proxier, int loops, NodeServers servers, ILogger log)
    {
        predecessor.OnTakenOver = proxier.TakeOverAsync;
        predecessor.Loops = loops;
        _ = EndAsync();

        async Task EndAsync()
        {
            log.TakeoverGivenUp(await predecessor.Failed);
            servers.EndAsFailed();
        }
    }

    /// <summary>
    /// In a Pod an end is a failure, whatever its exit code: the kubelet would start this container again, which would take over in turn. The Pod is deleted
    /// when the successor's is ready. Should the successor end before, being started again is what is wanted.
    /// </summary>
    private static async Task WaitForTheEndAsync(AgentContext context)
    {
        var stop = context.Signals.Stop;
        if (string.IsNullOrEmpty(context.Surroundings.Variable(ClusterAccess.HostVariable)) || stop.IsCancellationRequested) return;
        context.Log.WaitingForTheEnd();
        while (InstanceLock.IsHeld(context.Options.AdminSocket))
        {
            await Task.Delay(SuccessorIsLookedAtEvery, context.Time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (stop.IsCancellationRequested) return;
        }

        context.Log.NobodyServes();
    }

    /// <summary>From now on this process removes at its end what is added to the node.</summary>
    private static void OwnNodeState(RoutedVirtualIPs? virtualIPs, TransparentSources? sources, Predecessor predecessor)
    {
        if (sources is not null) sources.IsLeft = false;
        if (virtualIPs is not null) virtualIPs.IsLeft = false;
        // Who does not serve them must not keep others from it.
        else predecessor.VirtualIPs?.Dispose();
    }

    /// <summary>Null when nobody may take over.</summary>
    private static SuccessorPort? Offer(AgentContext context, StartRight right, HandOverParts parts)
    {
        if (context.Options.Takeover == TakeoverChoice.Off || right.Lock.Handle is null) return null;
        var port = new SuccessorPort(context.Options.AdminSocket, parts, parts.Servers.EndForSuccessor, context.Log, context.Time);
        port.OpenAfter(Task.WhenAll(parts.Proxier.FirstSync, right.Predecessor?.Completion ?? Task.CompletedTask));
        return port;
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
        catch (TakeoverException e)
        {
            log.TakeoverGivenUp(e.Message);
            return ExitCode.Failed;
        }
        catch (Exception exception)
        {
            log.SourceDied(exception, source.Description);
            return ExitCode.Failed;
        }
    }

    internal static Proxier CreateProxier(
        RunOptions options, ITransport transport, int descriptorLimit, ILoggerFactory logs, TimeProvider time, IVirtualIPs? virtualIPs = null,
        IDatagramTransport? datagrams = null, int descriptorsOfServers = 0, InheritedSockets? inherited = null, SocketSharing? shared = null,
        InheritedServices? inheritedServices = null, ITransparentSources? sources = null)
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
        return new Proxier(
            transport, settings, time, log, virtualIPs, datagrams, network: NodeNetworks.OfThisNode(), isLocal: isLocal, inherited: inherited, shared: shared,
            inheritedServices: inheritedServices, sources: sources);
    }

    internal static void LogFile(ILogger log, ConfigurationFile? file)
    {
        foreach (string warning in file?.Warnings ?? []) log.ConfigurationWarning(warning);
        foreach (string unknown in file?.Unknown ?? []) log.ConfigurationWarning(unknown);
        if (file?.Ignored is { Count: > 0 } ignored) log.FieldsIgnored(file.Path, string.Join(", ", ignored));
    }

    /// <summary>Null, after saying so, when there are too few.</summary>
    private static int? RaiseDescriptorLimit(ILogger log)
    {
        int limit = OperatingSystem.IsLinux() ? DescriptorLimit.RaiseToHard() : int.MaxValue;
        if (limit >= LeastDescriptors) return limit;
        log.TooFewDescriptors(limit, LeastDescriptors);
        return null;
    }

    /// <summary>Whether there are enough for all that is open now.</summary>
    private static bool HasDescriptors(Proxier proxier, ILogger log)
    {
        if (!OperatingSystem.IsLinux() || proxier.Descriptors.CountAtStart(DescriptorLimit.CountOpen()) is not (> 0 and var missing)) return true;
        log.TooFewDescriptors(proxier.Descriptors.Limit, proxier.Descriptors.Limit + missing);
        return false;
    }

    private static void LogStart(ILogger log, RunOptions options, IServiceSource source, ITransport transport, int descriptorLimit, bool virtualIPs) =>
        log.Starting(
        BuildFacts.Current.Version,
        options.NodeName,
        source.Description,
        transport.Name == "sockets" ? transport.Name : $"{transport.Name} with {options.Threads} loops",
        descriptorLimit,
        options.NodePortAddresses.ToString(),
        !virtualIPs ? "not served" : options.ClusterIPs == ClusterIPsChoice.Off ? "served, without ClusterIPs" : "served",
        options.Defaults.Scheduler.ShortName(),
        options.DialsLoopback ? "allowed" : "refused",
        GoDuration.Format(options.DrainTimeout),
        options.AdminSocket);

    private static async Task LogServingAsync(ILogger log, Proxier proxier, RunOptions options, Surroundings surroundings)
    {
        await proxier.FirstSync;
        var services = proxier.View.Services().ToList();
        log.Serving(CountListening(services), services.Count, (long)surroundings.Time.GetElapsedTime(surroundings.StartedAt).TotalMilliseconds);
        // A cluster may well have none for this proxy; a file that has none is another file than was meant.
        if (services.Count == 0 && options.Manifests.Count > 0) log.NothingDeclared(Declared(proxier.Table), string.Join(", ", options.Manifests));
        await RunHints.WriteAsync(services, options, surroundings);
    }

    /// <summary>As the line of each sync counts them: what is bound, also where it lets nobody from outside in.</summary>
    internal static int CountListening(IEnumerable<ServiceReading> services) =>
        services.Sum(service => service.Listeners.Count(listener => listener.Listens));

    private static string Declared(ServiceTable table)
    {
        int unserved = DeclaredUnserved.Of(table).Count;
        return unserved == 0 ? "no Service is declared" : $"none of what is declared ({Amount.Of(unserved, "Service")}) can be served";
    }
}
