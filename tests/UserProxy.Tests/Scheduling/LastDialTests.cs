using UserProxy.Model;
using UserProxy.Policy;
using UserProxy.Scheduling;

namespace UserProxy.Tests.Scheduling;

/// <summary>What is noted of an endpoint where a dial ends anyway.</summary>
public class LastDialTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void NotDialled_IsUnknown()
    {
        var set = Sets.Of(SchedulerKind.RoundRobin, 2, time: _time);

        set.States[0].LastDial.ShouldBe(LastDial.None);
        set.FailingFor(set.States[0]).ShouldBeNull();
    }

    [Fact]
    public void Failures_CountFromTheFirst_AndTheLastErrorIsKept()
    {
        var set = Sets.Of(SchedulerKind.RoundRobin, 2, time: _time);
        set.States[0].Note(LastDial.Refused, _time.GetTimestamp());
        _time.Advance(TimeSpan.FromSeconds(7));
        set.States[0].Note(LastDial.TimedOut, _time.GetTimestamp());
        _time.Advance(TimeSpan.FromSeconds(3));

        set.States[0].LastDial.ShouldBe(LastDial.TimedOut);
        set.FailingFor(set.States[0]).ShouldBe(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public void Answer_EndsTheFailure_AndTheNextOneBeginsAnew()
    {
        var set = Sets.Of(SchedulerKind.RoundRobin, 2, time: _time);
        set.States[0].Note(LastDial.Refused, _time.GetTimestamp());
        set.States[0].Picked();
        set.States[0].DialSucceeded(0);
        set.States[0].LastDial.ShouldBe(LastDial.Answered);
        set.FailingFor(set.States[0]).ShouldBeNull();

        _time.Advance(TimeSpan.FromSeconds(60));
        set.States[0].Note(LastDial.Unreachable, _time.GetTimestamp());
        _time.Advance(TimeSpan.FromSeconds(1));
        set.FailingFor(set.States[0]).ShouldBe(TimeSpan.FromSeconds(1));
    }

    /// <summary>How old the state is, whichever it is; of another process's dials only the state is known.</summary>
    [Fact]
    public void EachEnd_HasItsTime()
    {
        var set = Sets.Of(SchedulerKind.RoundRobin, 2, time: _time);
        var state = set.States[0];
        set.LastDialAgo(state).ShouldBeNull();

        state.Picked();
        state.DialSucceeded(_time.GetTimestamp());
        _time.Advance(TimeSpan.FromSeconds(7));
        set.LastDialAgo(state).ShouldBe(TimeSpan.FromSeconds(7));

        state.Note(LastDial.Refused, _time.GetTimestamp());
        _time.Advance(TimeSpan.FromSeconds(2));
        set.LastDialAgo(state).ShouldBe(TimeSpan.FromSeconds(2));
        set.FailingFor(state).ShouldBe(TimeSpan.FromSeconds(2));

        state.Answered(_time.GetTimestamp());
        _time.Advance(TimeSpan.FromSeconds(1));
        set.LastDialAgo(state).ShouldBe(TimeSpan.FromSeconds(1));

        set.States[1].Restore(state.Copy(_time, withFigures: false), _time);
        set.States[1].LastDial.ShouldBe(LastDial.Answered);
        set.LastDialAgo(set.States[1]).ShouldBeNull();
    }

    public static TheoryData<ConnectOutcome> Failures => new(
        Enum.GetValues<ConnectOutcome>().Except([ConnectOutcome.Connected, ConnectOutcome.ClientLeft]));

    [Theory]
    [MemberData(nameof(Failures))]
    public void EveryFailure_IsAFailureOfTheEndpointsLastDial(ConnectOutcome failure) =>
        (failure.ToLastDial() > LastDial.Answered).ShouldBeTrue();

    /// <summary>Dials under clients' addresses and those of this node are noted apart: what fails goes on failing, whoever dials in between.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void AnswerUnderTheOtherKindOfAddress_DoesNotEndTheFailure(bool isKept)
    {
        var set = Sets.Of(SchedulerKind.RoundRobin, 1, time: _time);
        var state = set.States[0];
        state.Note(LastDial.TimedOut, _time.GetTimestamp(), isKept);

        state.Answered(_time.GetTimestamp(), !isKept);
        (state.IsFailing, state.LastDial, state.FailsClients).ShouldBe((true, LastDial.TimedOut, isKept));

        state.Answered(_time.GetTimestamp(), isKept);
        (state.IsFailing, state.LastDial, state.FailsClients).ShouldBe((false, LastDial.Answered, false));
    }

    [Fact]
    public void ClientsAddressesAreNoLongerKept_TheirFailureIsForgotten()
    {
        var state = Sets.Of(SchedulerKind.RoundRobin, 1, time: _time).States[0];
        state.Note(LastDial.Refused, _time.GetTimestamp(), isKept: true);
        state.Answered(_time.GetTimestamp());

        state.ForgetClients();

        (state.IsFailing, state.LastDial).ShouldBe((false, LastDial.Answered));
    }

    /// <summary>A UDP session begins: nobody has answered.</summary>
    [Fact]
    public void Opened_IsNoAnswer()
    {
        var set = Sets.Of(SchedulerKind.RoundRobin, 1, time: _time);
        set.States[0].Opened();

        set.States[0].LastDial.ShouldBe(LastDial.None);
    }

    [Fact]
    public void Swap_TakesItOver()
    {
        var before = Sets.Of(SchedulerKind.RoundRobin, 2, time: _time);
        before.States[1].Note(LastDial.Refused, _time.GetTimestamp());

        var after = Sets.Next(Sets.Port(SchedulerKind.RoundRobin, Sets.Equal(3)), before, new SchedulerCursor(0), _time);

        after.States[1].LastDial.ShouldBe(LastDial.Refused);
        after.States[2].LastDial.ShouldBe(LastDial.None);
    }
}
