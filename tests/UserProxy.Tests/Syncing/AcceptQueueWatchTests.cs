using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using UserProxy.FunctionalTests.Support;
using UserProxy.Model;
using UserProxy.Reading;
using UserProxy.Serving;
using UserProxy.Syncing;
using UserProxy.Tests.Tcp;

namespace UserProxy.Tests.Syncing;

public sealed class AcceptQueueWatchTests : IAsyncDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly FakeTransport _transport = new();
    private readonly List<ServiceProblem> _problems = [];
    private int _hungLoops;

    public ValueTask DisposeAsync() => _transport.DisposeAsync();

    [Fact]
    public async Task QueueStaysAboveHalf_IsSaidOnceAfterFiveSeconds()
    {
        var (watch, entry) = await StartAsync();
        _transport.Bound.Values.Single().Queue = new AcceptQueue(65, 128);

        watch.Look();
        _time.Advance(TimeSpan.FromSeconds(4.9));
        watch.Look();
        _problems.ShouldBeEmpty();
        for (int i = 0; i < 5; i++)
        {
            await MoveAsync(entry);
            _time.Advance(TimeSpan.FromSeconds(2.5));
            watch.Look();
        }

        var problem = _problems.ShouldHaveSingleItem();
        problem.Reason.ShouldBe(ServiceProblem.AcceptQueueStalled);
        problem.Message.ShouldContain("0.0.0.0:30000");
        entry.State.Counters.AcceptQueueStalls.ShouldBe(1);
        watch.Hung.ShouldBe(0, "the loop is slow, and alive");
    }

    [Fact]
    public async Task LoopDoesNotMove_Hangs_UntilItDoes()
    {
        var (watch, entry) = await StartAsync();
        var listener = _transport.Bound.Values.Single();
        listener.Queue = new AcceptQueue(65, 128);
        watch.Look();
        _time.Advance(TimeSpan.FromSeconds(4.9));
        watch.Look();
        watch.Hung.ShouldBe(0);
        for (int i = 0; i < 3; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(2.5));
            watch.Look();
            watch.Hung.ShouldBe(1);
        }

        var problem = _problems.ShouldHaveSingleItem("one word for one fault");
        problem.Reason.ShouldBe(ServiceProblem.AcceptLoopHung);
        problem.Message.ShouldBe("the accept loop of 0.0.0.0:30000 hangs: clients wait, and none has been taken for 5 s and more");
        entry.State.Counters.AcceptQueueStalls.ShouldBe(1);

        await MoveAsync(entry);
        watch.Look();
        watch.Hung.ShouldBe(0, "it has moved, and still has to catch up");
        _time.Advance(AcceptQueueWatch.Patience);
        watch.Look();
        watch.Hung.ShouldBe(1, "it hangs again");
        _problems.Count.ShouldBe(2);
        entry.State.Counters.AcceptQueueStalls.ShouldBe(1, "the queue has been above half all the time");

        listener.Queue = new AcceptQueue(0, 128);
        watch.Look();
        watch.Hung.ShouldBe(0);
    }

    [Fact]
    public async Task LoopDoesNotMove_FewClientsWait_HangsAllTheSame()
    {
        var (watch, entry) = await StartAsync();
        var listener = _transport.Bound.Values.Single();
        listener.Queue = new AcceptQueue(1, 4096);
        watch.Look();
        _time.Advance(AcceptQueueWatch.Patience);
        watch.Look();

        watch.Hung.ShouldBe(1);
        _problems.ShouldHaveSingleItem().Reason.ShouldBe(ServiceProblem.AcceptLoopHung);
        entry.State.Counters.AcceptQueueStalls.ShouldBe(1);

        await MoveAsync(entry);
        watch.Look();
        watch.Hung.ShouldBe(0);
    }

    [Fact]
    public async Task LoopIsIdleOrTakesEachClient_HangsNever()
    {
        var (watch, entry) = await StartAsync();
        var listener = _transport.Bound.Values.Single();
        foreach (int waiting in (int[])[0, 0, 0, 1, 1, 1])
        {
            listener.Queue = new AcceptQueue(waiting, 128);
            watch.Look();
            _time.Advance(TimeSpan.FromMinutes(1));
            if (waiting > 0) await MoveAsync(entry);
        }

        watch.Hung.ShouldBe(0, "a client that came this moment is no fault");
        _problems.ShouldBeEmpty();
    }

    [Fact]
    public async Task TransportLoopHangs_IsHung_UntilItGoesOn()
    {
        var (watch, _) = await StartAsync();
        foreach (int hung in (int[])[0, 1, 2, 0])
        {
            _hungLoops = hung;
            watch.Look();
            watch.Hung.ShouldBe(hung);
        }
    }

    [Fact]
    public async Task LoopPausesForDescriptors_IsStalledAndDoesNotHang()
    {
        var (watch, entry) = await StartAsync();
        var listener = _transport.Bound.Values.Single();
        listener.Queue = new AcceptQueue(65, 128);
        // The system's own limit: the loop pauses, a tenth of a second and more, and tries again.
        for (int i = 0; i < 4; i++)
        {
            long before = entry.Slots[0].ReadTurns();
            listener.EndAccept(new SocketException((int)SocketError.TooManyOpenSockets));
            await Eventually.IsTrue(() => entry.Slots[0].ReadTurns() > before, "the loop pauses");
            watch.Look();
            _time.Advance(TimeSpan.FromSeconds(2.5));
        }

        watch.Hung.ShouldBe(0);
        _problems.ShouldHaveSingleItem().Reason.ShouldBe(ServiceProblem.AcceptQueueStalled);
    }

    [Fact]
    public async Task QueueRecoversInBetween_TheTimeBeginsAnew()
    {
        var (watch, entry) = await StartAsync();
        var listener = _transport.Bound.Values.Single();
        foreach (int waiting in (int[])[100, 100, 64, 100, 100])
        {
            listener.Queue = new AcceptQueue(waiting, 128);
            watch.Look();
            await MoveAsync(entry);
            _time.Advance(TimeSpan.FromSeconds(2.5));
        }

        _problems.ShouldBeEmpty();
        watch.Look();
        entry.State.Counters.AcceptQueueStalls.ShouldBe(1);

        listener.Queue = new AcceptQueue(0, 128);
        watch.Look();
        listener.Queue = new AcceptQueue(129, 128);
        watch.Look();
        _time.Advance(AcceptQueueWatch.Patience);
        watch.Look();
        entry.State.Counters.AcceptQueueStalls.ShouldBe(2, "a new spell");
    }

    [Fact]
    public async Task QueueThatIsUnknown_OrBeingClosed_IsNothing()
    {
        var (watch, _) = await StartAsync();
        foreach (AcceptQueue? queue in (AcceptQueue?[])[null, new AcceptQueue(5, 0), new AcceptQueue(0, 128)])
        {
            _transport.Bound.Values.Single().Queue = queue;
            watch.Look();
            _time.Advance(TimeSpan.FromSeconds(10));
            watch.Look();
        }

        _problems.ShouldBeEmpty();
    }

    /// <summary>An accept that fails for the client's sake: a sign of life.</summary>
    private async Task MoveAsync(ServiceEntry entry)
    {
        long before = entry.Slots[0].ReadTurns();
        _transport.Bound.Values.Single().EndAccept(new SocketException((int)SocketError.ConnectionAborted));
        await Eventually.IsTrue(() => entry.Slots[0].ReadTurns() > before, "the accept loop moves");
    }

    private async Task<(AcceptQueueWatch Watch, ServiceEntry Entry)> StartAsync()
    {
        var services = Connections.Services(_time) with { Transport = _transport };
        var virtualIPs = new VirtualIPSet(NoVirtualIPs.Instance, () => { }, _time, NullLogger.Instance);
        var slots = new SlotTable(Connections.Listeners(services), services, virtualIPs, Connections.Network, () => { }, _problems.Add);
        var entries = new ServiceEntries(slots, services, _problems.Add, new Random(1));
        var endpoint = new Endpoint(IPAddress.Parse("192.0.2.9"), 80);
        entries.Merge(new ServiceTable(1, [new ServicePort
        {
            Name = new("shop", "web", "", TransportProtocol.Tcp),
            Family = AddressFamily.InterNetwork,
            Listeners = [new ListenAddress(ListenerKind.NodePort, IPAddress.Any, 30_000)],
            Endpoints = [endpoint],
            ClusterEndpoints = [endpoint],
            HasEndpoints = true,
        }]));
        await slots.ReconcileAsync();
        return (new AcceptQueueWatch(entries, services, _ => _hungLoops, _problems.Add), entries.Published.Single());
    }
}
