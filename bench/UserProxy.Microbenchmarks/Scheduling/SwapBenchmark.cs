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
        _previous = new(all with { ClusterEndpoints = [.. all.ClusterEndpoints.Skip(1)] }, previous: null, _cursor, TimeProvider.System);
        _port = all with { ClusterEndpoints = [.. all.ClusterEndpoints.Take(Endpoints)] };
        var kept = new EndpointSet(_port, _previous, _cursor, TimeProvider.System).States;
        if (kept.Length != Endpoints || !ReferenceEquals(kept[1], _previous.States[0]))
            throw new InvalidOperationException("the swap lost a counter");
    }

    [Benchmark]
    public EndpointSet Swap() => new(_port, _previous, _cursor, TimeProvider.System);
}
