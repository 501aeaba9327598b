using System.Net;
using BenchmarkDotNet.Attributes;
using Microsoft.Extensions.Logging.Abstractions;
using UserProxy.Microbenchmarks.Scheduling;
using UserProxy.Model;
using UserProxy.Policy;
using UserProxy.Scheduling;
using UserProxy.Serving;
using UserProxy.Udp;

namespace UserProxy.Microbenchmarks.Udp;

/// <summary>
/// What the table of sessions costs a question and its answer, without sockets: of flows that are known, in random order, and of a query that is a flow of its
/// own (DNS with udp-responses 1). The gate is on the allocations, which must be 0 for a known flow; the time is to compare the sizes with each other. At
/// 100,000 questions a second on a core there are 10 microseconds for everything, system calls included.
/// </summary>
[MemoryDiagnoser]
public class SessionTableBenchmark
{
    private const int Endpoints = 3, Queries = 200_000;

    /// <summary>Queries of 125 ms: with many ports open a session that has had its answer waits as long for its client.</summary>
    private const int Waiting = 12_500;

    private SessionTable _table = null!;
    private ListenerSessions _known = null!;
    private ListenerSessions _queries = null!;
    private SessionKey[] _flows = null!;
    private long _now;
    private int _next;
    private uint _query;

    [Params(8, 1_000, 20_000)]
    public int Sessions { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        var own = new OwnAddresses(() => []);
        var guard = new DialGuard(allowLoopback: false, own, new OwnListeners());
        var services = new DatagramServices(
            SessionLimits.Default, new DescriptorBudget(100_000, 0), MemoryBudget.Unlimited, guard, own, new LoopReports((_, _) => { }), TimeProvider.System,
            NullLogger.Instance);
        _table = services.CreateTable(loops: 1, new Sockets());
        _known = Listen(services, 30_053, ServiceSettings.Default);
        _queries = Listen(services, 30_054, new ServiceSettings { UdpResponses = 1 });
        _now = TimeProvider.System.GetTimestamp();
        _flows = [.. Enumerable.Range(0, Sessions).Select(number => Flow(0xC0A8_0000u + (uint)number, 40_000))];
        new Random(42).Shuffle(_flows);
        for (int i = 0; i < 2 * Sessions; i++) KnownFlow();
        if (_table.Count != Sessions || _known.Counters.DatagramsOut != 2 * Sessions) throw new InvalidOperationException("an answer was lost");
        // Two seconds: the ports towards the endpoints have rested and come back, and no more are opened.
        for (int i = 0; i < Queries; i++) NewFlow();
        int waiting = _table.Count - Sessions;
        if (waiting > Waiting || _queries.Counters.Ended(SessionEnd.Responses) + waiting != Queries)
            throw new InvalidOperationException("a query has not ended");
    }

    [Benchmark(Baseline = true)]
    public ClientTarget KnownFlow()
    {
        if (++_next >= _flows.Length) _next = 0;
        return Exchange(_known, _flows[_next]);
    }

    /// <summary>Begins and ends a session; sixteen clients.</summary>
    [Benchmark]
    public ClientTarget NewFlow()
    {
        _query++;
        return Exchange(_queries, Flow(0x0A01_0000u + (_query % 16), (ushort)(1_024 + (_query % 60_000))));
    }

    private ClientTarget Exchange(ListenerSessions listener, in SessionKey flow)
    {
        // Ten microseconds, so that lists are kept in order and ports rest as they do under load.
        _now += 10_000;
        if (!_table.TryForward(listener, flow, 40, _now, out var target)
            || !_table.TryAnswer(target.Pool, target.Port, target.Endpoint, 100, _now, out var client))
            throw new InvalidOperationException("dropped");
        return client;
    }

    private static SessionKey Flow(uint client, ushort port) =>
        new(new DatagramAddress(ClientAddress.FromIPv4(client), port), ClientAddress.FromIPv4(0x0A60_0001));

    private static ListenerSessions Listen(DatagramServices services, int number, ServiceSettings settings)
    {
        var port = ServicePorts.Of(SchedulerKind.RoundRobin, Endpoints) with { Settings = settings };
        var service = new UdpPortState(new("bench", "dns", "dns", TransportProtocol.Udp), new SchedulerCursor(7));
        service.Publish(new ServiceSnapshot(port, previous: null, services.Own, service.Cursor, TimeProvider.System));
        var address = new ListenAddress(ListenerKind.NodePort, IPAddress.Any, number);
        var starting = UdpServiceListener.StartAsync(address, service, admission: null, PortSharing.Alone, new NoSockets(), services).AsTask();
        return new ListenerSessions(starting.GetAwaiter().GetResult(), socket: address);
    }

    private sealed class Sockets : IUpstreamSockets
    {
        public bool TryOpen(PoolKey pool, int port) => true;

        public void Close(PoolKey pool, int port)
        {
        }
    }

    private sealed class NoSockets : IDatagramTransport, IDatagramListener
    {
        public int SocketsPerListener => 1;

        public long? KernelDrops => null;

        public void Use(DatagramServices services)
        {
        }

        public ValueTask<IDatagramListener> BindAsync(UdpServiceListener listener, ListenOptions options) => new(this);

        public Task<IReadOnlyList<SessionStatus>> CopySessionsAsync() => Task.FromResult<IReadOnlyList<SessionStatus>>([]);

        public void Revalidate()
        {
        }

        public ValueTask DisposeAsync() => default;
    }
}
