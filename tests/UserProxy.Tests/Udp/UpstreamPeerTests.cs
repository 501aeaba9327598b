using UserProxy.Model;
using UserProxy.Policy;
using UserProxy.Scheduling;
using UserProxy.Udp;

namespace UserProxy.Tests.Udp;

public sealed class UpstreamPeerTests
{
    /// <summary>More than are used.</summary>
    private const int Open = 10_000;

    private static readonly ServiceSnapshot OneAnswerEach = new(
        UdpService.Port(1, new ServiceSettings { UdpResponses = 1 }), null, new OwnAddresses(), new SchedulerCursor(0), TimeProvider.System);

    private readonly UpstreamPeer _peer = new();

    [Fact]
    public void TakeOpen_NothingOpen_IsNone() => _peer.TakeOpen(count: 0, restedBefore: 0, _ => true).ShouldBe(-1);

    [Fact]
    public void TakeOpen_NothingIsFree_IsNone()
    {
        Enter(3);
        _peer.TakeOpen(count: 3, restedBefore: 0, _ => true).ShouldBe(-1);
    }

    [Fact]
    public void TakeOpen_RestedAndResting_TakesTheRestedThenTheNewAndNoneThatRests()
    {
        Enter(4);
        foreach (int port in new[] { 3, 1, 2 }) _peer.Leave(port, port == 3 ? AnswerDebt.Settled : AnswerDebt.Owing, at: port == 2 ? 5 : 1);
        _peer.LowestRested(restedBefore: 1).ShouldBe(1);
        Enumerable.Range(0, 3).Select(_ => _peer.TakeOpen(count: 6, restedBefore: 1, port => port is not (1 or 4))).ShouldBe([3, 5, -1]);
    }

    /// <summary>Rested, and found closed before: strays tell that it is open and that the endpoint has not done with it.</summary>
    [Fact]
    public void TakeOpen_StraysCameSince_IsNotTaken()
    {
        Enter(3);
        foreach (int port in new[] { 0, 1, 2 }) _peer.Leave(port, AnswerDebt.Settled, at: 0);
        _peer.LowestRested(restedBefore: 0).ShouldBe(0);
        _peer.MetStray(1, now: 5);
        _peer.TakeOpen(count: 3, restedBefore: 1, port => port != 0).ShouldBe(2);
        _peer.MetStray(0, now: 5);
        _peer.TakeOpen(count: 3, restedBefore: 1, _ => true).ShouldBe(-1);
        _peer.LowestRested(restedBefore: 1).ShouldBe(3);
        _peer.LowestRested(restedBefore: 5).ShouldBe(0);
    }

    [Fact]
    public void TakeSettled_NothingWasLeft_IsNone()
    {
        Enter(2);
        _peer.TakeSettled(quietSince: 100).ShouldBe(-1);
    }

    /// <summary>Sessions that end when they have been quiet for long had their last datagrams in another order.</summary>
    [Fact]
    public void TakeSettled_LeftInAnyOrder_GoesByTheLastDatagram()
    {
        Enter(4);
        foreach (int port in new[] { 2, 0, 3, 1 }) _peer.Leave(port, AnswerDebt.Settled, at: port);
        _peer.MetStray(0, now: 1);
        Enumerable.Range(0, 3).Select(_ => _peer.TakeSettled(quietSince: 2)).ShouldBe([1, 2, -1]);
    }

    /// <summary>What was looked at in vain is the next to be taken when it can be had, in order.</summary>
    [Fact]
    public void TakeOpen_ClosedOnesBefore_AreStillTheLowest()
    {
        Enter(100);
        for (int port = 99; port >= 10; port--) _peer.Leave(port, AnswerDebt.Settled, at: 0);
        _peer.LowestRested(restedBefore: 0).ShouldBe(10);
        _peer.TakeOpen(count: 100, restedBefore: 1, port => port == 90).ShouldBe(90);
        _peer.TakeOpen(count: 100, restedBefore: 1, port => port == 90).ShouldBe(-1);
        _peer.Enter(90, Session(SessionClass.Unanswered, activeAt: 1));
        _peer.Leave(90, AnswerDebt.Owing, at: 1);
        _peer.LowestRested(restedBefore: 1).ShouldBe(10);
        // Opened by another endpoint's sessions meanwhile.
        _peer.TakeOpen(count: 100, restedBefore: 1, port => port == 15).ShouldBe(15);

        TakeLowest(89).ShouldBe([.. Enumerable.Range(10, 90).Except([15])]);
        TakeLowest(2).ShouldBe([100, 101]);
    }

    [Fact]
    public void IsForgettable_NoSessionsAndAllHaveRested()
    {
        _peer.IsForgettable(restedBefore: 0).ShouldBeTrue();
        Enter(2);
        _peer.Leave(0, AnswerDebt.Settled, at: 5);
        _peer.IsForgettable(restedBefore: 100).ShouldBeFalse();
        _peer.Leave(1, AnswerDebt.Owing, at: 3);

        _peer.IsForgettable(restedBefore: 4).ShouldBeFalse();
        _peer.IsForgettable(restedBefore: 5).ShouldBeTrue();
        _peer.Count.ShouldBe(0);
    }

    [Fact]
    public void ChooseVictim_NoSessions_IsNone() => _peer.ChooseVictim(Open, quietSince: 0).ShouldBeNull();

    /// <summary>Of those that owe nobody an answer or have waited for long enough, none that others are worth more than.</summary>
    [Theory]
    [InlineData(0, 1, 2, 3, 4)]
    [InlineData(4, 3, 2, 1, 0)]
    [InlineData(2, 0, 3, 1, 4)]
    public void ChooseVictim_OfEachKind_TheOneThatIsWorthLeast(params int[] order)
    {
        UdpSession[] worth =
        [
            Session(SessionClass.Answered, activeAt: 10),
            Session(SessionClass.Unanswered, activeAt: 8),
            Session(SessionClass.Unanswered, activeAt: 9),
            Session(SessionClass.Answered, activeAt: 11),
            Session(SessionClass.Established, activeAt: 1),
        ];
        foreach (int index in order) Enter(worth[index]);

        for (int i = 0; i < 3; i++)
        {
            var victim = _peer.ChooseVictim(Open, quietSince: 10).ShouldNotBeNull();
            victim.ShouldBeSameAs(worth[i]);
            _peer.Leave(PortOf(victim), victim.Debt, at: 0);
        }

        _peer.ChooseVictim(Open, quietSince: 10).ShouldBeNull();
    }

    /// <summary>The port of one that is owed an answer rests: when more rest than serve, those who come have to wait, and nobody goes for them.</summary>
    [Fact]
    public void ChooseVictim_MoreRestThanServe_NoneThatIsOwedAnAnswer()
    {
        for (int i = 0; i < 4; i++) Enter(Session(SessionClass.Unanswered, activeAt: 0));
        for (int port = 0; port < 2; port++)
        {
            _peer.ChooseVictim(Open, quietSince: 10).ShouldNotBeNull();
            _peer.Leave(port, AnswerDebt.Owing, at: 5);
        }

        _peer.ChooseVictim(Open, quietSince: 10).ShouldBeNull();
        Enter(Session(SessionClass.Answered, activeAt: 10));
        _peer.ChooseVictim(Open, quietSince: 10).ShouldNotBeNull().OwesNothing.ShouldBeTrue();
    }

    [Fact]
    public void ChooseVictim_SameClass_TheOneThatIsQuietForLongest()
    {
        UdpSession[] sessions = [.. Enumerable.Range(0, 10).Select(number => Session(SessionClass.Answered, activeAt: (number + 3) % 10))];
        foreach (var session in sessions) Enter(session);
        _peer.ChooseVictim(Open, quietSince: 0).ShouldBeSameAs(sessions[7]);
    }

    /// <summary>With many it looks at a few at a time, and going round at all of them.</summary>
    [Fact]
    public void ChooseVictim_ManySessions_EachIsLookedAtInTime()
    {
        var least = Session(SessionClass.Answered, activeAt: -1);
        for (int i = 0; i < 1_000; i++) Enter(i == 700 ? least : Session(i % 2 == 0 ? SessionClass.Established : SessionClass.Answered, activeAt: i));
        Enumerable.Range(0, 63).Any(_ => ReferenceEquals(_peer.ChooseVictim(Open, quietSince: 0), least)).ShouldBeTrue();
    }

    /// <summary>After a crowd of which most ports have been closed, there are fewer to look at than were ever used.</summary>
    [Fact]
    public void ChooseVictim_MostPortsHaveBeenClosed_FindsOneOfTheOthers()
    {
        Enter(1_000);
        for (int port = 4; port < 1_000; port++) _peer.Leave(port, AnswerDebt.Settled, at: 0);
        for (int i = 0; i < 100; i++) _peer.ChooseVictim(count: 4, quietSince: 0).ShouldNotBeNull();
    }

    /// <summary>It goes by sessions, not by places: the few of a crowd that are left are compared with each other.</summary>
    [Fact]
    public void ChooseVictim_FewAreLeftFarApart_FindsTheOneThatIsWorthLeast()
    {
        var least = Session(SessionClass.Unanswered, activeAt: 0);
        for (int i = 0; i < 1_000; i++) Enter(i == 850 ? least : Session(SessionClass.Established, activeAt: i));
        for (int port = 0; port < 1_000; port++)
        {
            if (port is not (3 or 400 or 850 or 999)) _peer.Leave(port, AnswerDebt.Settled, at: 0);
        }

        for (int i = 0; i < 10; i++) _peer.ChooseVictim(Open, quietSince: 0).ShouldBeSameAs(least);
    }

    /// <summary>A call passes over a thousand empty places; the next goes on from there.</summary>
    [Fact]
    public void ChooseVictim_TheLastOfACrowd_IsFoundInAFewCalls()
    {
        Enter(3_000);
        for (int port = 0; port < 2_999; port++) _peer.Leave(port, AnswerDebt.Settled, at: 0);
        Enumerable.Range(0, 3).Count(_ => _peer.ChooseVictim(Open, quietSince: 0) is not null).ShouldBe(1);
    }

    private static UdpSession Session(SessionClass @class, long activeAt) =>
        new() { Snapshot = OneAnswerEach, Class = @class, ActiveAt = activeAt, DatagramsIn = 1, DatagramsOut = @class == SessionClass.Unanswered ? 0 : 1 };

    private void Enter(int count)
    {
        for (int i = 0; i < count; i++) Enter(Session(SessionClass.Unanswered, activeAt: 0));
    }

    private void Enter(UdpSession session) => _peer.Enter(TakeLowest(1)[0], session);

    private int[] TakeLowest(int count)
    {
        int[] taken = new int[count];
        for (int i = 0; i < count; i++)
        {
            taken[i] = _peer.LowestRested(restedBefore: long.MinValue);
            _peer.TakeLowest();
        }

        return taken;
    }

    private int PortOf(UdpSession session) => Enumerable.Range(0, 1_000).First(port => ReferenceEquals(_peer.Find(port), session));
}
