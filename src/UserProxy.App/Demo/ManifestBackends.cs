using System.Net;
using System.Net.Sockets;
using UserProxy.App.CommandLine;
using UserProxy.App.Configuration;
using UserProxy.App.Run;
using UserProxy.Kubernetes.Building;
using UserProxy.Kubernetes.Manifests;
using UserProxy.Model;

namespace UserProxy.App.Demo;

/// <summary>The backends that somebody's own manifests name: one for each TCP endpoint on loopback that nobody serves yet.</summary>
internal static class ManifestBackends
{
    /// <summary>A demo is looked at.</summary>
    private const int Most = 16;

    /// <summary>Starts them, and says of each that it cannot; null, after saying why, when there is nothing to show.</summary>
    /// <param name="options">With the manifests.</param>
    /// <param name="backends">Takes what is started.</param>
    /// <param name="ofOthers">Takes where none can be, which has been said.</param>
    /// <param name="surroundings">Told.</param>
    public static async Task<int?> StartAsync(RunOptions options, List<DemoBackend> backends, HashSet<IPEndPoint> ofOthers, Surroundings surroundings)
    {
        if (Read(options, surroundings.Time, out var problems) is not { } table)
        {
            await surroundings.ComplainAsync([.. problems.Select(problem => PrintedLine.Of(problem))]);
            return null;
        }

        foreach (var at in WantedBy(table))
        {
            if (!await TryStartAsync(at, backends, surroundings)) ofOthers.Add(at);
        }

        return NodePortOf(table);
    }

    /// <summary>Where backends are to be.</summary>
    public static IReadOnlyList<IPEndPoint> WantedBy(ServiceTable table) =>
    [
        .. table.Ports.Where(port => port.Name.Protocol == TransportProtocol.Tcp).SelectMany(port => port.Endpoints)
            .Select(endpoint => endpoint.EndPoint).Where(at => IPAddress.IsLoopback(at.Address)).Distinct().Take(Most),
    ];

    /// <summary>False, after saying so where no live table is in the way, when one cannot be.</summary>
    public static async Task<bool> TryStartAsync(IPEndPoint at, List<DemoBackend> backends, Surroundings surroundings)
    {
        int number = 1 + backends.Select(backend => backend.Number).DefaultIfEmpty(0).Max();
        try
        {
            backends.Add(await DemoBackend.StartAsync(number, at));
            return true;
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            if (!surroundings.OutIsTerminal || backends.Count == 0)
                await surroundings.Error.WriteLineAsync($"{at}: no backend is started there ({e.Message}); if somebody serves it, that is what is used");
            return false;
        }
    }

    /// <summary>The first; null when there is none for TCP.</summary>
    public static int? NodePortOf(ServiceTable table) => table.Ports.Where(port => port.Name.Protocol == TransportProtocol.Tcp)
        .SelectMany(port => port.Listeners).Where(listener => listener.Kind == ListenerKind.NodePort).Select(listener => (int?)listener.Port).FirstOrDefault();

    private static ServiceTable? Read(RunOptions options, TimeProvider time, out IReadOnlyList<string> problems)
    {
        problems = RunOptionsReader.Missing(options);
        if (problems.Count > 0) return null;
        var state = new ManifestFiles(options.Manifests, time).Refresh();
        problems = [.. state.Problems.Where(problem => problem.IsFault).Select(problem => problem.ToString())];
        if (problems.Count > 0) return null;
        var build = ServiceFeed.BuildOptionsOf(options, virtualIPs: false);
        var table = ClusterCache.Build(1, state.Services, state.EndpointSlices, state.NodeNamed(options.NodeName), build);
        if (NodePortOf(table) is not null) return table;
        problems = [$"{string.Join(", ", options.Manifests)}: no Service with a nodePort for TCP, so there is nothing to try"];
        return null;
    }
}
