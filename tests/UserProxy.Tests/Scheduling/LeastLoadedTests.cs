using FsCheck.Fluent;
using UserProxy.Model;
using UserProxy.Scheduling;

namespace UserProxy.Tests.Scheduling;

/// <summary>The load-aware kinds against a slow statement of what each promises, over random loads and weights.</summary>
public class LeastLoadedTests
{
    private static readonly FsCheck.Gen<Case> Cases =
        from count in Gen.Choose(1, 12)
        from loads in Gen.Choose(0, 6).ArrayOf(count)
        from weights in Gen.Choose(1, 5).ArrayOf(count)
        from tried in Gen.Elements(false, true, false).ArrayOf(count)
        from start in Gen.Choose(0, int.MaxValue)
        select new Case(loads, weights, tried, (ulong)start);

    [Fact]
    public void Pick_LeastConnection_NeverABusierOne() =>
        AssertLeast(SchedulerKind.LeastConnection, (active, _) => active);

    [Fact]
    public void Pick_WeightedLeastConnection_NeverABusierOneForItsWeight() =>
        AssertLeast(SchedulerKind.WeightedLeastConnection, (active, weight) => (decimal)active / weight);

    [Fact]
    public void Pick_ShortestExpectedDelay_NeverALongerDelay() =>
        AssertLeast(SchedulerKind.ShortestExpectedDelay, (active, weight) => (decimal)(active + 1) / weight);

    [Fact]
    public void Pick_NeverQueue_AnIdleOneElseTheShortestDelay() =>
        AssertLeast(SchedulerKind.NeverQueue, (active, weight) => active == 0 ? -1 : (decimal)(active + 1) / weight);

    [Fact]
    public void Pick_PowerOfTwoChoices_NeverTheBusiestUnlessAlone() =>
        PropertyCheck.ForAll(Cases, c =>
        {
            var (set, tried) = Build(SchedulerKind.PowerOfTwoChoices, c);
            var open = set.States.ToArray().Except(tried).ToArray();
            var busiest = open.MaxBy(state => state.ActiveConnections);
            bool unique = open.Count(state => state.ActiveConnections == busiest!.ActiveConnections) == 1;
            if (unique && open.Length > 1) set.Pick(default, tried).ShouldNotBeSameAs(busiest);
        });

    [Theory]
    [InlineData(SchedulerKind.WeightedLeastConnection)]
    [InlineData(SchedulerKind.ShortestExpectedDelay)]
    [InlineData(SchedulerKind.NeverQueue)]
    public void Pick_GreatestLoadsAndWeights_ComparesWithoutOverflow(SchedulerKind kind)
    {
        int[] weights = [65_535, 65_534];
        var set = Sets.Of(kind, Sets.Weighted(weights));
        // 65,535 x 20 against 65,534 x 20 + 20: the second is the busier one for its weight, by the last bit.
        set.Load(0, 65_535 * 20);
        set.Load(1, (65_534 * 20) + 1);
        set.Pick(default).ShouldBeSameAs(set.States[0]);
    }

    [Fact]
    public void Pick_ManyAtOnceOnIdleSet_NoHerd()
    {
        var set = Sets.Of(SchedulerKind.LeastConnection, 100, start: 5_000);
        // 50 connections that all see the same, idle set: each peeks at a turn of its own.
        var scheduler = SchedulerFactory.Create(SchedulerKind.LeastConnection, new(Sets.Equal(100)));
        var chosen = Enumerable.Range(0, 50).Select(turn => Choose(scheduler, set, (ulong)turn)).ToArray();
        chosen.Distinct().Count().ShouldBe(50);
    }

    private static int Choose(Scheduler scheduler, EndpointSet set, ulong turn) =>
        scheduler.Choose(new Candidates(set.States, [], now: 0, includeEjected: false), default, turn);

    private static void AssertLeast(SchedulerKind kind, Func<int, int, decimal> load) =>
        PropertyCheck.ForAll(Cases, c =>
        {
            var (set, tried) = Build(kind, c);
            var weights = c.Weights;
            var open = Enumerable.Range(0, weights.Length).Where(i => !c.Tried[i]).ToArray();
            int index = set.Pick(default, tried) is { } state ? set.States.IndexOf(state) : -1;
            if (open.Length == 0) index.ShouldBe(-1);
            else load(c.Loads[index], weights[index]).ShouldBe(open.Min(i => load(c.Loads[i], weights[i])));
        });

    private static (EndpointSet Set, EndpointState[] Tried) Build(SchedulerKind kind, Case c)
    {
        var set = Sets.Of(kind, Sets.Weighted(c.Weights), c.Start);
        for (int i = 0; i < c.Loads.Length; i++) set.Load(i, c.Loads[i]);
        return (set, [.. set.States.ToArray().Where((_, i) => c.Tried[i])]);
    }

    private sealed record Case(int[] Loads, int[] Weights, bool[] Tried, ulong Start);
}
