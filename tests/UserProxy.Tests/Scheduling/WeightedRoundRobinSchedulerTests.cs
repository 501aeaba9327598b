using FsCheck.Fluent;
using UserProxy.Model;

namespace UserProxy.Tests.Scheduling;

public class WeightedRoundRobinSchedulerTests
{
    private static readonly FsCheck.Gen<(int[] Weights, int Start)> Cases =
        from weights in Gen.Choose(1, 40).NonEmptyListOf()
        from start in Gen.Choose(0, int.MaxValue)
        select (weights.ToArray(), start);

    [Fact]
    public void Pick_AnyCycle_EveryEndpointExactlyAsItsWeight()
    {
        PropertyCheck.ForAll(Cases, c =>
        {
            int[] picked = PickedInCycle(c.Weights, (ulong)c.Start, c.Weights.Sum());
            picked.ShouldBe(c.Weights);
        });
    }

    [Fact]
    public void Pick_AnyRunOfTurns_NobodyIsFarFromItsShare()
    {
        PropertyCheck.ForAll(Cases, c =>
        {
            var set = Sets.Of(SchedulerKind.WeightedRoundRobin, Sets.Weighted(c.Weights), (ulong)c.Start);
            double sum = c.Weights.Sum(), furthest = 0;
            for (int turns = 1; turns <= sum; turns++)
            {
                int index = set.States.IndexOf(set.Connect());
                furthest = Math.Max(furthest, Math.Abs(set.States[index].TotalConnections - (turns * c.Weights[index] / sum)));
            }

            // The classic wrr, which serves one weight to the end before the next, is off by up to 40 here.
            furthest.ShouldBeLessThan(3.0);
        });
    }

    [Fact]
    public void Pick_WeightsFiveOneOne_LightOnesInterruptTheHeavyOne()
    {
        var set = Sets.Of(SchedulerKind.WeightedRoundRobin, Sets.Weighted(5, 1, 1));
        var order = Enumerable.Range(0, 7).Select(_ => set.States.IndexOf(set.Connect()));
        order.ShouldBe([0, 1, 0, 0, 2, 0, 0]);
    }

    [Fact]
    public void Pick_GreatestWeights_StaysExact()
    {
        // 100 and 65,535 share no divisor with 65,534: the circle is as long as it can get.
        int[] weights = [65_535, 65_534, 100];
        PickedInCycle(weights, ulong.MaxValue / 2, weights.Sum()).ShouldBe(weights);
    }

    [Fact]
    public void Pick_OneAside_ItsShareGoesToTheOthersByWeight()
    {
        var set = Sets.Of(SchedulerKind.WeightedRoundRobin, Sets.Weighted(10, 50, 30, 10));
        set.Eject(1);
        for (int i = 0; i < 100_000; i++) set.Connect();
        set.States[0].TotalConnections.ShouldBeInRange(19_600, 20_400);
        set.States[1].TotalConnections.ShouldBe(0);
        set.States[2].TotalConnections.ShouldBeInRange(58_800, 61_200);
        set.States[3].TotalConnections.ShouldBeInRange(19_600, 20_400);
    }

    private static int[] PickedInCycle(int[] weights, ulong start, int turns)
    {
        var set = Sets.Of(SchedulerKind.WeightedRoundRobin, Sets.Weighted(weights), start);
        for (int i = 0; i < turns; i++) set.Connect();
        return [.. set.States.ToArray().Select(state => (int)state.TotalConnections)];
    }
}
