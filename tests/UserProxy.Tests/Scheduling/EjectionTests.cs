using UserProxy.Model;
using UserProxy.Scheduling;

namespace UserProxy.Tests.Scheduling;

public class EjectionTests
{
    private const int Rounds = 300;

    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void DialFailed_TwoInARow_StaysIn()
    {
        var set = Set(3);
        set.FailDial(0);
        set.FailDial(0);
        set.IsEjected(set.States[0]).ShouldBeFalse();
    }

    [Fact]
    public void DialFailed_ThreeInARow_AsideForFiveSeconds()
    {
        var set = Set(3);
        set.Eject(0);
        AsideFor(set, 0).ShouldBe(TimeSpan.FromSeconds(5));
        _time.Advance(TimeSpan.FromSeconds(4.999));
        set.IsEjected(set.States[0]).ShouldBeTrue();
        _time.Advance(TimeSpan.FromSeconds(0.001));
        set.IsEjected(set.States[0]).ShouldBeFalse();
    }

    [Fact]
    public void DialFailed_AgainForOneClient_CountsInTheRowOnce()
    {
        var set = Set(3);
        set.FailDial(0);
        for (int i = 0; i < 5; i++)
        {
            set.States[0].Picked();
            set.DialFailed(set.States[0], again: true);
        }

        set.FailDial(0);
        set.IsEjected(set.States[0]).ShouldBeFalse();
        (set.States[0].FailedConnects, set.States[0].ActiveConnections).ShouldBe((7, 0));
    }

    [Fact]
    public void DialFailed_SuccessBetween_CountsFromTheBeginning()
    {
        var set = Set(3);
        set.FailDial(0);
        set.FailDial(0);
        set.States[0].DialSucceeded(0);
        set.FailDial(0);
        set.FailDial(0);
        set.IsEjected(set.States[0]).ShouldBeFalse();
    }

    [Fact]
    public void DialFailed_AfterEachReturn_AsideTwiceAsLongUpToThirtySeconds()
    {
        var set = Set(3);
        set.Eject(0);
        var aside = new List<double>();
        for (int i = 0; i < 6; i++)
        {
            aside.Add(AsideFor(set, 0).TotalSeconds);
            _time.Advance(AsideFor(set, 0));
            set.FailDial(0);
        }

        aside.ShouldBe([5, 10, 20, 30, 30, 30]);
    }

    [Fact]
    public void DialSucceeded_WhileAside_ReturnsAtOnceAndForgetsTheDoubling()
    {
        var set = Set(3);
        set.Eject(0);
        _time.Advance(TimeSpan.FromSeconds(5));
        set.FailDial(0);
        AsideFor(set, 0).ShouldBe(TimeSpan.FromSeconds(10));

        set.States[0].DialSucceeded(0);
        set.IsEjected(set.States[0]).ShouldBeFalse();
        set.Eject(0);
        AsideFor(set, 0).ShouldBe(TimeSpan.FromSeconds(5));
    }

    [Fact]
    public void DialFailed_WhileAside_DoesNotLengthenIt()
    {
        var set = Set(3);
        set.Eject(0);
        _time.Advance(TimeSpan.FromSeconds(1));
        for (int i = 0; i < 10; i++) set.FailDial(0);
        AsideFor(set, 0).ShouldBe(TimeSpan.FromSeconds(4));
    }

    [Fact]
    public void DialFailed_LastOneLeft_StaysIn()
    {
        var set = Set(3);
        set.Eject(0);
        set.Eject(1);
        for (int i = 0; i < 10; i++) set.FailDial(2);
        set.IsEjected(set.States[2]).ShouldBeFalse();
        set.Pick(default).ShouldBeSameAs(set.States[2]);
    }

    [Fact]
    public void DialFailed_OnlyEndpoint_StaysIn()
    {
        var set = Set(1);
        for (int i = 0; i < 10; i++) set.FailDial(0);
        set.IsEjected(set.States[0]).ShouldBeFalse();
    }

    [Fact]
    public void Pick_TheOnlyOneLeftIsTried_OneThatIsAsideIsBetterThanNone()
    {
        var set = Set(2);
        set.Eject(0);
        set.Pick(default, [set.States[1]]).ShouldBeSameAs(set.States[0]);
    }

    [Fact]
    public void DialFailed_ManyAtOnce_CountAsOneEjection()
    {
        var set = SetWithLastTwoLeft();
        for (int round = 0; round < Rounds; round++)
        {
            FailAtOnce(set, set.States.Length - 1, set.States.Length - 1);
            set.States[^1].Ejections.ShouldBe(1);
            AsideFor(set, set.States.Length - 1).ShouldBe(TimeSpan.FromSeconds(5));
            set.States[^1].DialSucceeded(0);
        }

        set.States[^1].FailedConnects.ShouldBe(Rounds * 4);
        set.States[^1].ActiveConnections.ShouldBe(0);
    }

    [Fact]
    public void DialFailed_LastTwoAtOnce_OneStaysIn()
    {
        var set = SetWithLastTwoLeft();
        for (int round = 0; round < Rounds; round++)
        {
            FailAtOnce(set, set.States.Length - 2, set.States.Length - 1);
            (set.IsEjected(set.States[^2]) ^ set.IsEjected(set.States[^1])).ShouldBeTrue();
            set.States[^2].DialSucceeded(0);
            set.States[^1].DialSucceeded(0);
        }
    }

    [Fact]
    public void Swap_EndpointAside_StaysAside()
    {
        var port = Sets.Port(SchedulerKind.RoundRobin, Sets.Equal(3));
        var before = Sets.Next(port, null, new SchedulerCursor(0), _time);
        before.Eject(1);
        var after = Sets.Next(port, before, new SchedulerCursor(0), _time);
        after.IsEjected(after.States[1]).ShouldBeTrue();
    }

    private EndpointSet Set(int count) => Sets.Of(SchedulerKind.RoundRobin, count, time: _time);

    private TimeSpan AsideFor(EndpointSet set, int index) =>
        _time.GetElapsedTime(_time.GetTimestamp(), set.States[index].EjectedUntil);

    /// <summary>
    /// All but the last two are aside: to find that one other is left takes a walk over all of them, long enough for a second decision to
    /// begin meanwhile, if it could.
    /// </summary>
    private EndpointSet SetWithLastTwoLeft()
    {
        var set = Set(5_000);
        for (int i = 0; i < set.States.Length - 2; i++) set.Eject(i);
        return set;
    }

    /// <summary>The third failure of each comes from a thread of its own, all at the same moment.</summary>
    private static void FailAtOnce(EndpointSet set, params int[] indexes)
    {
        foreach (int index in indexes.Distinct())
        {
            for (int i = 1; i < Ejection.FailuresInARow; i++) set.FailDial(index);
        }

        int arrived = 0;
        var threads = indexes.Select(index => new Thread(() =>
        {
            // Spinning, as threads that a barrier wakes are further apart than what they race for takes.
            Interlocked.Increment(ref arrived);
            while (Volatile.Read(ref arrived) < indexes.Length) Thread.SpinWait(1);
            set.FailDial(index);
        })).ToArray();
        foreach (var thread in threads) thread.Start();
        foreach (var thread in threads) thread.Join();
    }
}
