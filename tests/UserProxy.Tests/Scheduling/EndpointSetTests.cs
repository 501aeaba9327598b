using UserProxy.Model;
using UserProxy.Scheduling;

namespace UserProxy.Tests.Scheduling;

public class EndpointSetTests
{
    [Theory]
    [MemberData(nameof(Sets.Kinds), MemberType = typeof(Sets))]
    public void Swap_AddressStays_CountersStayWhateverItsPlace(SchedulerKind kind)
    {
        var before = Sets.Of(kind, 5);
        before.Load(3, active: 4);
        before.States[3].DialSucceeded(0);
        before.States[3].Closed(bytesIn: 10, bytesOut: 20);
        before.FailDial(3);

        // Endpoints 0 and 1 leave, 9 joins, and 3 has become heavier and terminating.
        Endpoint[] now = [Sets.Endpoint(2), Sets.Endpoint(3, weight: 7) with { Terminating = true }, Sets.Endpoint(4), Sets.Endpoint(9)];
        var after = Swap(before, kind, now);

        after.States[1].ShouldBeSameAs(before.States[3]);
        after.States[1].ActiveConnections.ShouldBe(3);
        after.States[1].TotalConnections.ShouldBe(1);
        after.States[1].FailedConnects.ShouldBe(1);
        after.States[1].BytesIn.ShouldBe(10);
        after.States[1].BytesOut.ShouldBe(20);
        after.States[3].TotalConnections.ShouldBe(0);
        after.States.ToArray().Select(state => state.Address).ShouldBe(now.Select(endpoint => endpoint.EndPoint));
    }

    [Fact]
    public void Swap_SameAddressOtherPort_IsAnotherEndpoint()
    {
        var before = Sets.Of(SchedulerKind.RoundRobin, 1);
        before.Load(0, active: 1);
        var after = Swap(before, SchedulerKind.RoundRobin, [Sets.Endpoint(0) with { Port = 8081 }]);
        after.States[0].ActiveConnections.ShouldBe(0);
    }

    [Fact]
    public void Swap_ConnectionFromBefore_EndsInTheCountersOfNow()
    {
        var before = Sets.Of(SchedulerKind.LeastConnection, 2);
        var held = before.Pick(default).ShouldNotBeNull();
        held.DialSucceeded(0);
        var after = Swap(before, SchedulerKind.LeastConnection, Sets.Equal(2));
        after.Pick(default).ShouldNotBeSameAs(held);
        held.Closed(1, 2);
        after.States[after.States.IndexOf(held)].ActiveConnections.ShouldBe(0);
    }

    [Fact]
    public void Swap_BusyEndpointLeavesAndReturns_HasKeptItsLoad()
    {
        var before = Sets.Of(SchedulerKind.LeastConnection, 2);
        var busy = before.States[1];
        before.Load(1, active: 5);

        var without = Swap(before, SchedulerKind.LeastConnection, [Sets.Endpoint(0)]);
        var stillWithout = Swap(without, SchedulerKind.LeastConnection, []);
        var returned = Swap(stillWithout, SchedulerKind.LeastConnection, Sets.Equal(2));

        without.Roster.Find(busy.Address).ShouldBeSameAs(busy);
        returned.States[1].ShouldBeSameAs(busy);
        returned.Connect().ShouldBeSameAs(returned.States[0]);
    }

    [Fact]
    public void Swap_IdleEndpointLeavesAndReturns_StartsAfresh()
    {
        var before = Sets.Of(SchedulerKind.RoundRobin, 2);
        var idle = before.States[1];

        var without = Swap(before, SchedulerKind.RoundRobin, [Sets.Endpoint(0)]);
        var returned = Swap(without, SchedulerKind.RoundRobin, Sets.Equal(2));

        without.Roster.Find(idle.Address).ShouldBeNull();
        returned.States[1].ShouldNotBeSameAs(idle);
    }

    [Fact]
    public void Swap_EndpointLeft_IsNeverPicked()
    {
        var before = Sets.Of(SchedulerKind.RoundRobin, 3);
        var gone = before.States[1];
        var after = Swap(before, SchedulerKind.RoundRobin, [Sets.Endpoint(0), Sets.Endpoint(2)]);
        for (int i = 0; i < 10; i++) after.Connect().ShouldNotBeSameAs(gone);
    }

    [Fact]
    public void Pick_DialAbandoned_CountsNothingAgainstTheEndpoint()
    {
        var set = Sets.Of(SchedulerKind.RoundRobin, 2);
        for (int i = 0; i < 10; i++) set.Pick(default)!.DialAbandoned();
        foreach (var state in set.States)
        {
            state.ActiveConnections.ShouldBe(0);
            state.FailedConnects.ShouldBe(0);
            set.IsEjected(state).ShouldBeFalse();
        }
    }

    [Fact]
    public void Constructor_WeightOutOfRange_IsBroughtIntoIt()
    {
        var set = Sets.Of(SchedulerKind.WeightedRoundRobin, Sets.Weighted(0, -5));
        for (int i = 0; i < 10; i++) set.Connect();
        set.States[0].TotalConnections.ShouldBe(5);
    }

    private static EndpointSet Swap(EndpointSet before, SchedulerKind kind, IEnumerable<Endpoint> now) =>
        Sets.Next(Sets.Port(kind, now), before, new SchedulerCursor(0), new FakeTimeProvider());
}
