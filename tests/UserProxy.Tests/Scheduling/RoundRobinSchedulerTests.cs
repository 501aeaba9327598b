using UserProxy.Model;
using UserProxy.Scheduling;

namespace UserProxy.Tests.Scheduling;

public class RoundRobinSchedulerTests
{
    [Fact]
    public void Pick_CursorStartsAtSeven_BeginsThereAndGoesRound()
    {
        var set = Sets.Of(SchedulerKind.RoundRobin, 5, start: 7);
        Order(set, 6).ShouldBe([2, 3, 4, 0, 1, 2]);
    }

    [Fact]
    public void Pick_AfterSwap_GoesOnWhereItWas()
    {
        var cursor = new SchedulerCursor(0);
        var time = new FakeTimeProvider();
        var port = Sets.Port(SchedulerKind.RoundRobin, Sets.Equal(5));
        var before = Sets.Next(port, null, cursor, time);
        Order(before, 3).ShouldBe([0, 1, 2]);
        var after = Sets.Next(port, before, cursor, time);
        Order(after, 3).ShouldBe([3, 4, 0]);
    }

    [Theory]
    [InlineData(new[] { 0 })]
    [InlineData(new[] { 3, 4 })]
    [InlineData(new[] { 0, 2, 4 })]
    [InlineData(new[] { 1, 2, 3, 4 })]
    public void Pick_SomeAside_TheirTurnsAreSpreadOverAllOthers(int[] aside)
    {
        var set = Sets.Of(SchedulerKind.RoundRobin, 6, start: 999);
        foreach (int index in aside) set.Eject(index);
        for (int i = 0; i < 6_000; i++) set.Connect();
        for (int i = 0; i < 6; i++)
        {
            int expected = aside.Contains(i) ? 0 : 6_000 / (6 - aside.Length);
            set.States[i].TotalConnections.ShouldBeInRange(Math.Max(expected - 2, 0), expected == 0 ? 0 : expected + 2);
        }
    }

    private static int[] Order(EndpointSet set, int picks) =>
        [.. Enumerable.Range(0, picks).Select(_ => set.States.IndexOf(set.Connect()))];
}
