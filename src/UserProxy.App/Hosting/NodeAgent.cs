using Microsoft.Extensions.Logging;
using UserProxy.App.Configuration;
using UserProxy.Kubernetes;
using UserProxy.Linux;
using UserProxy.Model;
using UserProxy.Tcp;

namespace UserProxy.App.Hosting;

/// <summary>The composition root of <c>run</c>, in the order in which things happen: from checked settings to an exit code.</summary>
internal static class NodeAgent
{
    /// <summary>Below it the runtime fails in ways that blame somebody else.</summary>
    private const int LeastDescriptors = 192;

    public static async Task<int> RunAsync(RunOptions options, ConfigurationFile? file, Surroundings surroundings, CancellationToken outer)
    {
        using var logs = LogOutput.Create(options.LogFormat, options.LogLevel, surroundings.ColourOnError);
        var log = logs.CreateLogger("UserProxy.App");
        if (file?.Ignored is { Count: > 0 } ignored) log.FieldsIgnored(file.Path, string.Join(", ", ignored));

        using var signals = StopSignals.Listen(log, options.DrainTimeout, surroundings.Time, outer);
        using var instance = InstanceLock.TryTake(options.AdminSocket);
        if (instance is null)
        {
            log.AlreadyRunning(options.AdminSocket);
            return ExitCode.Failed;
        }

        int descriptorLimit = OperatingSystem.IsLinux() ? DescriptorLimit.RaiseToHard() : int.MaxValue;
        if (descriptorLimit < LeastDescriptors)
        {
            log.TooFewDescriptors(descriptorLimit, LeastDescriptors);
            return ExitCode.Failed;
        }

        await using var transport = TransportFactory.Create(options.Transport, options.Threads, descriptorLimit, log, surroundings.Time);
        if (transport is null) return ExitCode.Failed;

        var source = CreateSource(options, logs, surroundings.Time);
        var proxier = CreateProxier(options, transport, descriptorLimit, logs, surroundings.Time);
        LogStart(log, options, source, transport, descriptorLimit);
        _ = LogServingAsync(log, proxier, surroundings);
        return await FollowAsync(source, proxier, signals, log);
    }

    /// <summary>Serves until a signal, or until the source dies: then the process ends too, for whoever started it to see.</summary>
    internal static async Task<int> FollowAsync(IServiceSource source, Proxier proxier, StopSignals signals, ILogger log)
    {
        try
        {
            var drained = await proxier.RunAsync(source, signals.Stop, signals.Abort);
            log.Stopped(drained.Finished, drained.Reset);
            return ExitCode.Done;
        }
        catch (Exception exception)
        {
            log.SourceDied(exception, source.Description);
            return ExitCode.Failed;
        }
    }

    internal static ManifestSource CreateSource(RunOptions options, ILoggerFactory logs, TimeProvider time) => new(
        [.. options.Manifests],
        new BuildOptions
        {
            NodeName = options.NodeName,
            NodePortAddresses = options.NodePortAddresses,
            Defaults = options.Defaults,
            ServeLabel = options.ServeLabel,
        },
        LocalAddresses.Get,
        time,
        logs.CreateLogger<ManifestSource>());

    internal static Proxier CreateProxier(RunOptions options, ITransport transport, int descriptorLimit, ILoggerFactory logs, TimeProvider time)
    {
        var settings = new ProxyOptions
        {
            AllowLoopbackEndpoints = options.DialsLoopback,
            DrainTimeout = options.DrainTimeout,
            DescriptorLimit = descriptorLimit,
            DescriptorsAtStart = OperatingSystem.IsLinux() ? DescriptorLimit.CountOpen() : 0,
        };
        ILogger<Proxier> log = logs.CreateLogger<Proxier>();
        return new Proxier(transport, settings, time, options.AccessLog ? new AccessLog(log) : log);
    }

    private static void LogStart(ILogger log, RunOptions options, ManifestSource source, ITransport transport, int descriptorLimit) => log.Starting(
        BuildFacts.Current.Version,
        options.NodeName,
        source.Description,
        transport.Name == "epoll" ? $"epoll with {options.Threads} loops" : transport.Name,
        descriptorLimit,
        options.NodePortAddresses.ToString(),
        options.Defaults.Scheduler.ShortName(),
        options.DialsLoopback ? "allowed" : "refused",
        GoDuration.Format(options.DrainTimeout),
        options.AdminSocket);

    private static async Task LogServingAsync(ILogger log, Proxier proxier, Surroundings surroundings)
    {
        await proxier.FirstSync;
        var services = proxier.Services;
        int listening = services.Sum(service => service.Listeners.Count(listener => listener.State == ListenerState.Listening));
        log.Serving(listening, services.Count, (long)surroundings.Time.GetElapsedTime(surroundings.StartedAt).TotalMilliseconds);
    }
}
