using System.Net;
using FsCheck.Fluent;
using UserProxy.Model;
using UserProxy.Scheduling;

namespace UserProxy.Tests.Scheduling;

public sealed class AffinityTableTests
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    private readonly FakeTimeProvider _time = new();
    private readonly AffinityTable _table;

    public AffinityTableTests() => _table = new AffinityTable(_time);

    [Fact]
    public void Pick_SameClient_KeepsItsEndpoint()
    {
        var set = Set(5);
        var first = Connect(set, 1);
        for (int i = 0; i < 20; i++) Connect(set, 1).ShouldBeSameAs(first);
    }

    [Fact]
    public void Pick_OtherClients_GoByTheScheduler()
    {
        var set = Set(3);
        Enumerable.Range(0, 3).Select(client => Connect(set, client)).Distinct().Count().ShouldBe(3);
    }

    [Fact]
    public void Pick_MappedAddress_IsTheSameClient()
    {
        var set = Set(5);
        var first = Connect(set, IPAddress.Parse("10.1.2.3"));
        Connect(set, IPAddress.Parse("::ffff:10.1.2.3")).ShouldBeSameAs(first);
    }

    [Fact]
    public void Pick_EachConnection_BeginsTheTimeoutAnew()
    {
        var set = Set(2);
        var first = Connect(set, 1);
        for (int i = 0; i < 3; i++)
        {
            _time.Advance(Timeout - TimeSpan.FromTicks(1));
            Connect(set, 1).ShouldBeSameAs(first);
        }

        _time.Advance(Timeout);
        Connect(set, 1).ShouldNotBeSameAs(first);
    }

    [Fact]
    public void Pick_TimeoutChanges_CountsForPinsThatAreThere()
    {
        var set = Set(2);
        var first = Connect(set, 1);
        _time.Advance(Timeout / 2);
        _table.Pick(set, Timeout / 2, Client(1)).ShouldNotBeSameAs(first);
    }

    [Fact]
    public void Pick_EndpointLeaves_PinsAnewAndStaysThere()
    {
        var before = Set(3);
        var first = Connect(before, 1);
        var after = Without(before, first);

        var second = Connect(after, 1);

        second.ShouldNotBeSameAs(first);
        for (int i = 0; i < 5; i++) Connect(after, 1).ShouldBeSameAs(second);
    }

    [Fact]
    public void Pick_AnotherEndpointLeaves_PinStays()
    {
        var before = Set(3);
        var first = Connect(before, 1);
        var after = Without(before, before.States.ToArray().First(state => state != first));
        Connect(after, 1).ShouldBeSameAs(first);
    }

    [Fact]
    public void Pick_PinnedIsTried_MovesToTheNextOne()
    {
        var set = Set(3);
        var first = Connect(set, 1);

        var second = _table.Pick(set, Timeout, Client(1), [first]).ShouldNotBeNull();

        second.ShouldNotBeSameAs(first);
        Connect(set, 1).ShouldBeSameAs(second);
        _table.Pick(set, Timeout, Client(1), [.. set.States]).ShouldBeNull();
    }

    [Fact]
    public void Pick_PinnedIsPutAside_MovesForGood()
    {
        var set = Set(3);
        var first = Connect(set, 1);
        set.Eject(set.States.IndexOf(first));

        var second = Connect(set, 1);

        second.ShouldNotBeSameAs(first);
        first.DialSucceeded(0);
        Connect(set, 1).ShouldBeSameAs(second);
    }

    [Fact]
    public void Pick_OtherList_PinCountsOnlyWhereItsEndpointIs()
    {
        var port = Sets.Port(SchedulerKind.RoundRobin, Sets.Equal(3)) with { LocalEndpoints = [Sets.Endpoint(2)] };
        var roster = new EndpointRoster(port, null);
        var cluster = new EndpointSet(port.ClusterEndpoints, SchedulerKind.RoundRobin, roster, new SchedulerCursor(0), _time);
        var local = new EndpointSet(port.LocalEndpoints, SchedulerKind.RoundRobin, roster, new SchedulerCursor(0), _time);

        var first = Connect(cluster, 1);
        var second = Connect(local, 1);

        second.ShouldBeSameAs(local.States[0]);
        second.ShouldNotBeSameAs(first);
        Connect(cluster, 1).ShouldBeSameAs(second);
    }

    [Fact]
    public void Pick_MoreClientsThanRoom_TheOneAwayForLongestIsForgotten()
    {
        var table = new AffinityTable(_time, capacity: 3);
        var set = Set(4);
        for (int client = 0; client < 3; client++) table.Pick(set, Timeout, Client(client));
        table.Pick(set, Timeout, Client(0));
        table.Pick(set, Timeout, Client(3));

        table.Count.ShouldBe(3);
        table.FindPin(Client(1), Timeout).ShouldBeNull();
        table.FindPin(Client(0), Timeout).ShouldNotBeNull();
    }

    [Fact]
    public void Pick_NoRoomForMorePinsInAll_TheTableWithMostForgetsItsOldest()
    {
        int left = 1_000, forgotten = 0;
        var room = new PinRoom(() => left > 0 && left-- > 0, count => left += count, count => forgotten += count);
        var (flooded, other) = (new AffinityTable(_time, room), new AffinityTable(_time, room));
        var set = Set(4);
        for (int client = 0; client < 10; client++) other.Pick(set, Timeout, Client(client));
        for (int client = 0; client < 5_000; client++) flooded.Pick(set, Timeout, Client(client));

        (flooded.Count + other.Count).ShouldBe(1_000 - left);
        other.Count.ShouldBe(10);
        flooded.FindPin(Client(4_999), Timeout).ShouldNotBeNull();
        flooded.FindPin(Client(0), Timeout).ShouldBeNull();
        other.Pick(set, Timeout, Client(77));
        other.FindPin(Client(77), Timeout).ShouldNotBeNull();
        forgotten.ShouldBe(5_010 - flooded.Count - (other.Count - 1));
    }

    [Fact]
    public void Pick_NoRoomAtAll_IsMadeWithoutAPin()
    {
        var table = new AffinityTable(_time, new PinRoom(() => false, _ => { }));

        table.Pick(Set(4), Timeout, Client(1)).ShouldNotBeNull().DialAbandoned();

        table.Count.ShouldBe(0);
    }

    [Fact]
    public void Pins_HoweverTheyEnd_GiveBackTheirRoom()
    {
        int taken = 0;
        var room = new PinRoom(() => ++taken > 0, count => taken -= count);
        var table = new AffinityTable(_time, room, capacity: 100);
        var set = Set(4);
        for (int client = 0; client < 150; client++) table.Pick(set, Timeout, Client(client));
        (taken, room.Count, table.Count).ShouldBe((100, 100, 100));
        for (int i = 0; i < 3; i++) table.Pick(set, Timeout, Client(149), [set.States[i]]);
        taken.ShouldBe(100);

        _time.Advance(Timeout);
        for (int client = 0; client < 30; client++) table.Pick(set, Timeout, Client(client));
        (taken, table.Count).ShouldBe((70, 70));

        table.Close();
        (taken, room.Count, room.EvictOldest()).ShouldBe((0, 0, false));
        // A connection that still has the old snapshot.
        table.Pick(set, Timeout, Client(1)).ShouldNotBeNull();
        (taken, table.Count).ShouldBe((0, 0));
    }

    [Fact]
    public void Pick_CrowdHasGone_ItsPinsAreClearedByNewOnes()
    {
        var set = Set(4);
        for (int client = 0; client < 1_000; client++) Connect(set, client);
        _time.Advance(Timeout);
        for (int client = 1_000; client < 1_500; client++) Connect(set, client);
        _table.Count.ShouldBe(500);
    }

    [Fact]
    public void Pick_Pinned_AllocatesNothing()
    {
        var set = Set(10);
        var client = Client(1);
        for (int i = 0; i < 1_000; i++) _table.Pick(set, Timeout, client)!.DialAbandoned();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1_000; i++) _table.Pick(set, Timeout, client)!.DialAbandoned();
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
    }

    [Fact]
    public void Pick_ManyAtOnceOfOneClient_LandOnOneEndpointAndCountRight()
    {
        var set = Set(8);
        for (int client = 0; client < 200; client++)
        {
            var address = Client(client);
            var picked = new EndpointState[4];
            Parallel.For(0, picked.Length, i => picked[i] = _table.Pick(set, Timeout, address)!);
            picked.Distinct().Count().ShouldBe(1);
            foreach (var state in picked) state.DialAbandoned();
        }

        set.States.ToArray().ShouldAllBe(state => state.ActiveConnections == 0);
    }

    /// <summary>Any run of connections, waits and leavings, against the rule in its plainest form.</summary>
    [Fact]
    public void Pick_AnyHistory_IsThePinOfTheRuleAndThePeekBeforeIt()
    {
        var step = Gen.Choose(0, 2).SelectMany(kind => Gen.Choose(0, 5).Select(value => (Kind: kind, Value: value)));
        PropertyCheck.ForAll(Gen.ListOf(step), steps =>
        {
            var time = new FakeTimeProvider();
            var table = new AffinityTable(time);
            var all = Sets.Equal(6);
            var gone = new HashSet<int>();
            var set = Sets.Of(SchedulerKind.RoundRobin, all, time: time);
            var model = new Dictionary<int, (EndpointState Endpoint, long At)>();
            foreach (var (kind, value) in steps)
            {
                if (kind == 1) time.Advance(Timeout * value / 4);
                if (kind == 2)
                {
                    if (!gone.Remove(value) && gone.Count < 5) gone.Add(value);
                    set = Sets.Next(
                        Sets.Port(SchedulerKind.RoundRobin, all.Where((_, number) => !gone.Contains(number))), set, new SchedulerCursor(0), time);
                }

                if (kind != 0) continue;
                long now = time.GetTimestamp();
                bool pinned = model.TryGetValue(value, out var pin) && now - pin.At < Timeout.Ticks && set.Roster.Find(pin.Endpoint.Address) is not null;
                var peeked = table.Peek(set, Timeout, Client(value));

                var picked = table.Pick(set, Timeout, Client(value)).ShouldNotBeNull();

                picked.ShouldBeSameAs(peeked);
                if (pinned) picked.Address.ShouldBe(pin.Endpoint.Address);
                model[value] = (picked, now);
                picked.DialAbandoned();
            }
        });
    }

    private static IPAddress Client(int number) => new([10, 9, (byte)(number >> 8), (byte)number]);

    private EndpointSet Set(int count) => Sets.Of(SchedulerKind.RoundRobin, count, time: _time);

    private EndpointSet Without(EndpointSet before, EndpointState gone)
    {
        var left = before.States.ToArray().Where(state => state != gone).Select(state => new Endpoint(state.Address.Address, state.Address.Port));
        return Sets.Next(Sets.Port(SchedulerKind.RoundRobin, left), before, new SchedulerCursor(0), _time);
    }

    private EndpointState Connect(EndpointSet set, int client) => Connect(set, Client(client));

    private EndpointState Connect(EndpointSet set, IPAddress client)
    {
        var state = _table.Pick(set, Timeout, client).ShouldNotBeNull();
        state.DialSucceeded(0);
        state.Closed(0, 0);
        return state;
    }
}
