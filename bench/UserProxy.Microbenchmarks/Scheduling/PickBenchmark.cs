using System.Net;
using BenchmarkDotNet.Attributes;
using UserProxy.Model;
using UserProxy.Scheduling;

namespace UserProxy.Microbenchmarks.Scheduling;

/// <summary>
/// What choosing an endpoint costs a connection: key, pick and counting, begin to end, as the accepting side does it. The gate is on the
/// allocations, which must be 0; the time is to compare the kinds with each other.
/// </summary>
[MemoryDiagnoser]
public class PickBenchmark
{
    private readonly IPAddress[] _clients = new IPAddress[256];
    private EndpointSet _set = null!;
    private byte _next;

    [ParamsAllValues]
    public SchedulerKind Kind { get; set; }

    [Params(3, 100, 1_000)]
    public int Endpoints { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        var port = ServicePorts.Of(Kind, Endpoints);
        _set = new(port.ClusterEndpoints, Kind, new EndpointRoster(port, previous: null), new SchedulerCursor(7), TimeProvider.System);
        var random = new Random(42);
        for (int i = 0; i < _clients.Length; i++) _clients[i] = new(random.NextInt64(1L << 32));

        // Some load, as a busy proxy has it: three connections an endpoint that stay open.
        for (int i = 0; i < Endpoints * 3; i++) _set.Pick(ClientKey.From(_clients[i % _clients.Length]))?.DialSucceeded(0);
        if (_set.Pick(default) is not { ActiveConnections: > 0 } picked) throw new InvalidOperationException("nothing was picked");
        picked.DialAbandoned();
    }

    [Benchmark]
    public EndpointState Pick()
    {
        var state = _set.Pick(ClientKey.From(_clients[_next++]))!;
        state.DialSucceeded(0);
        state.Closed(bytesIn: 100, bytesOut: 1_000);
        return state;
    }
}
