using System.Net;
using BenchmarkDotNet.Attributes;
using UserProxy.Model;
using UserProxy.Scheduling;

namespace UserProxy.Microbenchmarks.Scheduling;

/// <summary>
/// As <see cref="PickBenchmark"/>, by several threads on one endpoint set, as loops that accept for one Service at once: what the counters and cursors that
/// they share cost. The time is of one pick, all threads' picks together; perfect scaling is that of one thread divided by the cores.
/// </summary>
public class ContendedPickBenchmark : IDisposable
{
    private const int Picks = 100_000;

    private Barrier _start = null!;
    private Thread[] _threads = null!;
    private EndpointSet _set = null!;
    private volatile bool _isOver;

    [ParamsAllValues]
    public SchedulerKind Kind { get; set; }

    [Params(3, 100, 1_000)]
    public int Endpoints { get; set; }

    [Params(1, 4)]
    public int Threads { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        var port = ServicePorts.Of(Kind, Endpoints);
        _set = new(port.ClusterEndpoints, Kind, new EndpointRoster(port, previous: null), new SchedulerCursor(7), TimeProvider.System);
        _start = new Barrier(Threads + 1);
        _threads = [.. Enumerable.Range(0, Threads).Select(number => new Thread(() => PickLoop(number)) { IsBackground = true })];
        foreach (var thread in _threads) thread.Start();
        long before = Total();
        Pick();
        if (Total() - before != Picks) throw new InvalidOperationException("a pick was lost");
        foreach (var state in _set.States)
        {
            if (state.ActiveConnections != 0) throw new InvalidOperationException("a connection has not ended");
        }
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _isOver = true;
        _start.SignalAndWait();
        foreach (var thread in _threads) thread.Join();
        _start.Dispose();
        GC.SuppressFinalize(this);
    }

    [Benchmark(OperationsPerInvoke = Picks)]
    public void Pick()
    {
        _start.SignalAndWait();
        _start.SignalAndWait();
    }

    private long Total()
    {
        long total = 0;
        foreach (var state in _set.States) total += state.TotalConnections;
        return total;
    }

    private void PickLoop(int number)
    {
        var random = new Random(number);
        IPAddress[] clients = [.. Enumerable.Range(0, 256).Select(_ => new IPAddress(random.NextInt64(1L << 32)))];
        while (true)
        {
            _start.SignalAndWait();
            if (_isOver) return;
            for (int i = 0; i < Picks / Threads; i++)
            {
                var state = _set.Pick(ClientKey.From(clients[i & 255]))!;
                state.DialSucceeded(0);
                state.Closed(bytesIn: 100, bytesOut: 1_000);
            }

            _start.SignalAndWait();
        }
    }
}
