using UserProxy.Model;
using UserProxy.Policy;
using UserProxy.Scheduling;
using UserProxy.Tcp;
using UserProxy.Tests.Scheduling;

namespace UserProxy.Tests.Tcp;

/// <summary>What waits, and for how long; that connections are cut is for the functional tests.</summary>
public sealed class EndpointDrainTests
{
    private static readonly TimeSpan After = TimeSpan.FromHours(480);

    private readonly FakeTimeProvider _time = new();
    private readonly TcpPortState _service = Connections.Service();
    private readonly ConnectionServices _services;
    private readonly EndpointDrain _drain;

    public EndpointDrainTests()
    {
        _services = Connections.Services(_time);
        _drain = new EndpointDrain(_service, _services);
    }

    [Fact]
    public void Add_NoConnectionAnywhere_WaitsForNothing()
    {
        Swap(1);
        _drain.Add(Swap(2), After);
        _drain.Waiting.ShouldBe(0);
    }

    [Fact]
    public void Add_ChurnBesideAConnection_KeepsThatEndpointOnly()
    {
        Connect();
        Swap(1);
        Endpoint(1).Picked();
        for (int number = 2; number < 50; number++) _drain.Add(Swap(number), After);

        _drain.Sweep();

        _drain.Waiting.ShouldBe(1);
    }

    [Fact]
    public void Sweep_LastConnectionEnded_ForgetsTheEndpoint()
    {
        Connect();
        Swap(1);
        var left = Endpoint(1);
        left.Picked();
        _drain.Add(Swap(2), After);
        left.Closed(0, 0);

        _drain.Sweep();

        _drain.Waiting.ShouldBe(0);
    }

    [Fact]
    public void Sweep_CameBack_ForgetsTheEndpoint_AndLeftAgain_HasItsOwnTime()
    {
        Connect();
        Swap(1);
        Endpoint(1).Picked();
        _drain.Add(Swap(2), After);
        _time.Advance(After / 2);
        _drain.Add(Swap(1), After);
        _drain.Add(Swap(2), After);

        _time.Advance(After / 2);
        _drain.Sweep();
        _drain.Waiting.ShouldBe(1);

        _time.Advance(After / 2);
        _drain.Sweep();
        _drain.Waiting.ShouldBe(0);
    }

    private void Connect()
    {
        _service.Live.Announce();
        _service.Live.TryAdd(Connections.To(_service, _services, "10.0.0.1"), ServiceSettings.Default).ShouldBeTrue();
    }

    private EndpointState Endpoint(int number) => _service.Snapshot!.Roster.Find(Sets.Endpoint(number).EndPoint).ShouldNotBeNull();

    /// <summary>The service port has the one endpoint from now on; returns what has left.</summary>
    private List<EndpointState> Swap(int endpoint)
    {
        var before = _service.Snapshot;
        var port = Sets.Port(SchedulerKind.RoundRobin, [Sets.Endpoint(endpoint)]);
        _service.Publish(new ServiceSnapshot(port, before, _service.Cursor, _time));
        return before is null ? [] : _service.Snapshot!.Roster.DepartedSince(before.Roster);
    }
}
