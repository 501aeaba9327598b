using System.Globalization;
using System.Net;
using UserProxy.Scenarios.Backends;
using UserProxy.Scenarios.Bed;
using UserProxy.Scenarios.Results;

namespace UserProxy.Scenarios.Paths;

/// <summary>
/// UserProxy behind a relay that sleeps before each piece of a request: a slowdown that a report must show. It proves the harness and measures nothing.
/// </summary>
internal sealed class PlantedPath(RunSettings settings) : TrafficPath(13, new PathInfo(
    "planted", "Planted slowdown", PathKind.Own,
    $"UserProxy (epoll) behind a relay that sleeps {settings.PlantDelay} ms before each piece: no measurement, a proof that slowness shows."))
{
    /// <summary>Of the NodePorts that the relay listens at, to those of the proxy behind it; out of all the others' way.</summary>
    private const int Behind = 1000;

    public override bool IsHidden => true;

    public override bool CanServe(Service service) => service.Protocol == "tcp" && service.ClusterIP is null;

    public override async Task<RunningPath> StartAsync(TestBed bed, ServiceSet set, CancellationToken stop)
    {
        Service[] services = [.. set.Services.Where(CanServe)];
        var proxy = await UserProxyPath.StartAsync(
            bed, settings.Executable, "epoll", new ServiceSet([.. services.Select(service => service with { NodePort = service.NodePort + Behind })]), stop);
        var relay = bed.Start(
            bed.Node,
            ["env", "DOTNET_TieredCompilation=1", Path.Combine(AppContext.BaseDirectory, "UserProxy.Scenarios"), SlowRelayCommand.Name,
                settings.PlantDelay.ToString(CultureInfo.InvariantCulture), Behind.ToString(CultureInfo.InvariantCulture),
                .. services.Select(service => service.NodePort.ToString(CultureInfo.InvariantCulture))]);
        return new Both(bed, relay, proxy);
    }

    private sealed class Both(TestBed bed, Child relay, RunningPath proxy) : RunningProcess(bed, relay)
    {
        public override IReadOnlyList<int> ProcessIds => [.. base.ProcessIds, .. proxy.ProcessIds];

        public override string Log => base.Log + proxy.Log;

        public override IPEndPoint AddressOf(Service service) => new(TestBed.NodeAddress, service.NodePort);

        public override async ValueTask DisposeAsync()
        {
            await base.DisposeAsync();
            await proxy.DisposeAsync();
        }
    }
}
