using BenchmarkDotNet.Attributes;
using UserProxy.Model;
using UserProxy.Scheduling;

namespace UserProxy.Microbenchmarks.Scheduling;

/// <summary>What the Proxier pays when one of 1,000 endpoints of a service port leaves and another joins. The ceiling is 1 ms.</summary>
[MemoryDiagnoser]
public class SwapBenchmark
{
    private const int Endpoints = 1_000;

    private readonly SchedulerCursor _cursor = new(7);
    private ServicePort _port = null!;
    private EndpointSet _previous = null!;

    [ParamsAllValues]
    public SchedulerKind Kind { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        var all = ServicePorts.Of(Kind, Endpoints + 1);
        _previous = Next(all with { ClusterEndpoints = [.. all.ClusterEndpoints.Skip(1)] }, previous: null);
        _port = all with { ClusterEndpoints = [.. all.ClusterEndpoints.Take(Endpoints)] };
        var kept = Next(_port, _previous).States;
        if (kept.Length != Endpoints || !ReferenceEquals(kept[1], _previous.States[0]))
            throw new InvalidOperationException("the swap lost a counter");
    }

    [Benchmark]
    public EndpointSet Swap() => Next(_port, _previous);

    private EndpointSet Next(ServicePort port, EndpointSet? previous) =>
        new(port.ClusterEndpoints, port.Settings.Scheduler, new EndpointRoster(port, previous?.Roster), _cursor, TimeProvider.System);
}
