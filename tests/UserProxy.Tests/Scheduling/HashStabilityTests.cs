using UserProxy.Model;
using UserProxy.Scheduling;

namespace UserProxy.Tests.Scheduling;

/// <summary>How many of 100,000 random clients sh and mh send elsewhere when the set changes.</summary>
public class HashStabilityTests
{
    private static readonly ClientKey[] Clients = Sets.RandomClients(100_000);

    [Theory]
    [InlineData(SchedulerKind.SourceHash, 3)]
    [InlineData(SchedulerKind.SourceHash, 10)]
    [InlineData(SchedulerKind.SourceHash, 100)]
    [InlineData(SchedulerKind.Maglev, 2)]
    [InlineData(SchedulerKind.Maglev, 3)]
    [InlineData(SchedulerKind.Maglev, 10)]
    [InlineData(SchedulerKind.Maglev, 16)]
    [InlineData(SchedulerKind.Maglev, 100)]
    [InlineData(SchedulerKind.Maglev, 1_000)]
    public void Pick_OneLeaves_FewClientsMove(SchedulerKind kind, int count)
    {
        var all = Sets.Equal(count);
        foreach (int leaving in new[] { 0, count / 2, count - 1 })
        {
            var rest = all.Where((_, i) => i != leaving);
            Moved(Sets.Of(kind, all), Sets.Of(kind, rest)).ShouldBeLessThanOrEqualTo((1.0 / count) + 0.02);
        }
    }

    [Theory]
    [InlineData(3)]
    [InlineData(10)]
    [InlineData(100)]
    public void Pick_SourceHashOneJoins_FewClientsMoveAndAllToTheNewOne(int count)
    {
        var before = Sets.Of(SchedulerKind.SourceHash, count);
        var after = Sets.Of(SchedulerKind.SourceHash, count + 1);
        Moved(before, after).ShouldBeInRange(0.5 / (count + 1), (1.0 / (count + 1)) + 0.02);
        foreach (var client in Clients.Take(10_000))
        {
            var now = after.Peek(client)!.Address;
            if (!now.Equals(before.Peek(client)!.Address)) now.ShouldBe(after.States[count].Address);
        }
    }

    [Fact]
    public void Pick_SourceHashOneLeaves_OnlyItsOwnClientsMove()
    {
        var before = Sets.Of(SchedulerKind.SourceHash, 10);
        var after = Sets.Of(SchedulerKind.SourceHash, Sets.Equal(10).Where((_, i) => i != 4));
        foreach (var client in Clients)
        {
            var was = before.Peek(client)!.Address;
            if (!was.Equals(before.States[4].Address)) after.Peek(client)!.Address.ShouldBe(was);
        }
    }

    [Theory]
    [InlineData(SchedulerKind.SourceHash)]
    [InlineData(SchedulerKind.Maglev)]
    public void Pick_OneAside_OnlyItsClientsMoveAndSpreadOverAllOthers(SchedulerKind kind)
    {
        var time = new FakeTimeProvider();
        var set = Sets.Of(kind, 5, time: time);
        var homes = Clients.Select(client => set.Peek(client)!).ToArray();
        set.Eject(2);
        var substitutes = new Dictionary<EndpointState, int>();
        for (int i = 0; i < Clients.Length; i++)
        {
            var now = set.Peek(Clients[i])!;
            if (homes[i] != set.States[2]) now.ShouldBeSameAs(homes[i]);
            else substitutes[now] = substitutes.GetValueOrDefault(now) + 1;
        }

        substitutes.Count.ShouldBe(4);
        substitutes.Values.Min().ShouldBeGreaterThan(4_500);
        time.Advance(TimeSpan.FromSeconds(5));
        set.Peek(Clients[0]).ShouldBeSameAs(homes[0]);
    }

    [Fact]
    public void Pick_MaglevOneAside_ItsClientsGoToTheOthersByWeight()
    {
        var set = Sets.Of(SchedulerKind.Maglev, Sets.Weighted(50, 40, 10));
        var displaced = Clients.Where(client => set.Peek(client) == set.States[0]).ToArray();
        set.Eject(0);
        double light = displaced.Count(client => set.Peek(client) == set.States[2]);
        (light / displaced.Length).ShouldBeInRange(0.18, 0.22);
    }

    [Theory]
    [InlineData(SchedulerKind.SourceHash)]
    [InlineData(SchedulerKind.Maglev)]
    public void Pick_AnyTurn_SameClientSameEndpoint(SchedulerKind kind)
    {
        var set = Sets.Of(kind, 20);
        foreach (var client in Clients.Take(100))
        {
            var home = set.Connect(client);
            for (int i = 0; i < 10; i++) set.Connect(client).ShouldBeSameAs(home);
        }
    }

    private static double Moved(EndpointSet before, EndpointSet after)
    {
        int moved = Clients.Count(client => !before.Peek(client)!.Address.Equals(after.Peek(client)!.Address));
        return (double)moved / Clients.Length;
    }
}
