using System.Net;
using Microsoft.Extensions.Logging;
using UserProxy.App.CommandLine;
using UserProxy.App.Configuration;
using UserProxy.App.Explain;
using UserProxy.App.Logging;
using UserProxy.App.Run;
using UserProxy.App.Servers.Http;
using UserProxy.Linux.Host;
using UserProxy.Syncing;

namespace UserProxy.App.Demo;

/// <summary>The composition root of <c>demo</c>: backends, a manifest for them, the proxy as <c>run</c> builds it, and somebody to look at it.</summary>
internal static class DemoRun
{
    private const int BackendCount = 3;

    public static async Task<int> RunAsync(DemoOptions demo, Surroundings surroundings, CancellationToken outer)
    {
        // Log lines would tear the live table apart; what they would say is in it.
        using var logs = LogOutput.Create(LogFormat.Text, surroundings.OutIsTerminal ? LogLevel.None : LogLevel.Warning, surroundings.ColourOnError);
        using var signals = StopSignals.Listen(logs.CreateLogger("UserProxy.App"), TimeSpan.Zero, surroundings.Time, outer, hangupStops: true);
        var backends = new List<DemoBackend>();
        try
        {
            if (demo.Manifests.Count > 0)
            {
                var given = new RunOptions { Manifests = [.. demo.Manifests], NodeName = "demo", DrainTimeout = TimeSpan.Zero };
                var ofOthers = new HashSet<IPEndPoint>();
                return await ManifestBackends.StartAsync(given, backends, ofOthers, surroundings) is { } theirs
                    ? await ServeAsync(demo, theirs, given, backends, ofOthers, surroundings, logs, signals)
                    : ExitCode.BadUsage;
            }

            if (await ChoosePortAsync(demo, surroundings) is not { } port) return ExitCode.Failed;
            for (int number = 1; number <= BackendCount; number++) backends.Add(await DemoBackend.StartAsync(number));
            using var manifest = DemoManifest.Write(port, backends);
            var own = new RunOptions { Manifests = [manifest.Folder], NodeName = "demo", DrainTimeout = TimeSpan.Zero };
            return await ServeAsync(demo, port, own, backends, [], surroundings, logs, signals);
        }
        finally
        {
            foreach (var backend in backends) await backend.DisposeAsync();
        }
    }

    /// <summary>The usual port may give way to a free one; a port that was asked for may not.</summary>
    private static async Task<int?> ChoosePortAsync(DemoOptions demo, Surroundings surroundings)
    {
        int wanted = demo.Port ?? DemoOptions.UsualPort;
        int port = DemoManifest.ChoosePort(wanted);
        if (port == wanted) return port;
        string instead = demo.Port is null ? $"using the free port {port}" : "choose another --port";
        var holders = new KnownHolders();
        await PortTakers.NameNewsAsync(NodeNetworks.OfThisNode(), (holders, [new IPEndPoint(IPAddress.Any, wanted)]));
        await surroundings.Error.WriteLineAsync(
            $"port {wanted} cannot be had here{(holders.Names is { } names ? $": it is taken by {names}" : "")}; {instead}");
        return demo.Port is null ? port : null;
    }

    /// <summary>Who has a port is looked up after it could not be had, which this does not wait for.</summary>
    private static async Task<string> WithTakerAsync(int port, string trouble)
    {
        if (!BindFailure.IsTaken(trouble)) return trouble;
        var holders = new KnownHolders();
        await PortTakers.NameNewsAsync(NodeNetworks.OfThisNode(), (holders, [new IPEndPoint(IPAddress.Any, port)]));
        return holders is { Names: { } names, Cure: { } cure } ? $"the port is taken by {names}. {cure}"
            : $"{trouble}; userproxy inspect {port} says who has it, and the Service can be given another nodePort";
    }

    private static async Task<int> ServeAsync(
        DemoOptions demo, int port, RunOptions options, List<DemoBackend> backends, HashSet<IPEndPoint> ofOthers, Surroundings surroundings, LogOutput logs,
        StopSignals signals)
    {
        await using var feed = ServiceFeed.Open(options, cluster: null, virtualIPs: false, logs, surroundings.Time);
        int descriptorLimit = OperatingSystem.IsLinux() ? DescriptorLimit.RaiseToHard() : int.MaxValue;
        await using var transport = TransportFactory.Create(
            options.Transport, options.Threads, descriptorLimit, logs.CreateLogger("UserProxy.App"), surroundings.Time)!;
        await using var datagrams = TransportFactory.CreateDatagrams(options.Threads);
        var proxier = NodeAgent.CreateProxier(options, transport, descriptorLimit, logs, surroundings.Time, virtualIPs: null, datagrams);

        using var end = CancellationTokenSource.CreateLinkedTokenSource(signals.Stop);
        var proxy = proxier.RunAsync(feed.Source, end.Token, signals.Abort);
        await Task.WhenAny(proxier.FirstSync, proxy);
        var scene = new DemoScene(proxier, [.. backends], port)
        {
            Files = demo.Manifests.Count > 0 ? string.Join(", ", demo.Manifests) : null,
            FileTrouble = () => feed.Trouble?.Message,
        };
        // A script needs its backends to stay.
        var following = demo is { Manifests.Count: > 0, Script: false }
            ? new ManifestFollower(proxier, scene, backends, ofOthers, surroundings).RunAsync(end.Token)
            : Task.CompletedTask;
        int code = ExitCode.Failed;
        if (proxier.FirstSync.IsCompleted && scene.Trouble is { } trouble)
            await surroundings.ComplainAsync($"cannot listen on port {port}: {await WithTakerAsync(port, trouble)}");
        else if (!proxy.IsCompleted) code = await ShowAsync(demo, scene, surroundings, end);
        // Before anything was served.
        else if (signals.Stop.IsCancellationRequested) code = ExitCode.Done;
        await end.CancelAsync();
        await following;
        await proxy;
        return code;
    }

    private static async Task<int> ShowAsync(DemoOptions demo, DemoScene scene, Surroundings surroundings, CancellationTokenSource end)
    {
        string what = demo.Manifests.Count == 0
            ? $"One Service on NodePort {scene.Port}, three backends behind it, the real proxy between. Try:"
            : $"{string.Join(", ", demo.Manifests)} on NodePort {scene.Port}, "
                + (scene.Backends.Count > 0
                    ? $"{Amount.Of(scene.Backends.Count, "backend")} behind it, the real proxy between. Try:"
                    : "with no backend of the demo's own: it starts one for each TCP endpoint on 127.0.0.1 that nobody serves, and there is none. What the "
                        + "endpoints answer is what is seen. Try:");
        foreach (string line in Screen.Of(surroundings).Wrap(PrintedLine.Of(what), 0)) await surroundings.Out.WriteLineAsync(line);
        await surroundings.Out.WriteLineAsync();
        var hints = demo.Manifests.Count == 0
            ? DemoHints.For(scene.Port, udp: true, DemoHints.IsHere)
            : DemoHints.For(scene.Ports, scene.Backends.Select(backend => backend.Address), DemoHints.IsHere);
        foreach (string line in hints) await surroundings.Out.WriteLineAsync($"  {line}");
        await surroundings.Out.WriteLineAsync();
        if (demo.Limit is { } limit) end.CancelAfter(limit);
        if (demo.Script) return await PlayAsync(demo, scene, surroundings, end.Token);
        if (surroundings.OutIsTerminal) await new LiveView(scene, surroundings).RunAsync(end.Token);
        else await new PlainView(scene, surroundings).RunAsync(end.Token);
        return ExitCode.Done;
    }

    private static async Task<int> PlayAsync(DemoOptions demo, DemoScene scene, Surroundings surroundings, CancellationToken end)
    {
        if (scene.Backends.Count < 2)
        {
            await surroundings.ComplainAsync("--script: it needs two backends at least, one to kill and one to answer");
            return ExitCode.BadUsage;
        }

        var script = new DemoScript(scene, surroundings);
        if (demo.Record is not { } file) return await script.RunAsync(end);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(end);
        var recording = new DemoRecording(scene, () => script.Now, surroundings.Time);
        var recorded = recording.RunAsync(over.Token);
        int code = await script.RunAsync(end);
        await over.CancelAsync();
        await recorded;
        try
        {
            await File.WriteAllTextAsync(file, recording.ToSvg(), end);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            await surroundings.ComplainAsync($"--record: {file} could not be written: {FileFault.Of(e, file)}");
            return ExitCode.Failed;
        }

        return code;
    }
}
