using UserProxy.Udp;

namespace UserProxy.Tests.Udp;

public sealed class UpstreamPeerTests
{
    /// <summary>More than are used.</summary>
    private const int Open = 10_000;

    private readonly UpstreamPeer _peer = new(UdpService.Address(1));

    [Fact]
    public void TakeRested_NothingOpen_IsNone() => _peer.TakeRested(open: 0, restedBefore: 0).ShouldBe(-1);

    [Fact]
    public void TakeOldest_NothingRests_IsNone()
    {
        Enter(3);
        _peer.TakeOldest(open: 3).ShouldBe(-1);
    }

    [Fact]
    public void TakeOldest_TheOldestIsClosed_TakesTheNextThatIsOpen()
    {
        Enter(4);
        foreach (int port in new[] { 3, 2, 1 }) _peer.Leave(port, activeAt: 10 - port);
        _peer.TakeOldest(open: 2).ShouldBe(1);
        _peer.TakeOldest(open: 2).ShouldBe(-1);
        _peer.TakeOldest(open: 4).ShouldBe(3);
    }

    [Fact]
    public void IsForgettable_NoSessionsAndAllHaveRested()
    {
        _peer.IsForgettable(restedBefore: 0).ShouldBeTrue();
        Enter(2);
        _peer.Leave(0, activeAt: 5);
        _peer.IsForgettable(restedBefore: 100).ShouldBeFalse();
        _peer.Leave(1, activeAt: 3);

        _peer.IsForgettable(restedBefore: 4).ShouldBeFalse();
        _peer.IsForgettable(restedBefore: 5).ShouldBeTrue();
        _peer.Count.ShouldBe(0);
    }

    [Fact]
    public void ChooseVictim_NoSessions_IsNone() => _peer.ChooseVictim(Open, waitingSince: 0).ShouldBeNull();

    [Theory]
    [InlineData(0, 1, 2, 3)]
    [InlineData(3, 2, 1, 0)]
    [InlineData(2, 0, 3, 1)]
    public void ChooseVictim_OfEachClass_TheOneThatIsWorthLeast(params int[] order)
    {
        UdpSession[] worth =
        [
            Session(SessionClass.Unanswered, activeAt: 10),
            Session(SessionClass.Answered, activeAt: 9),
            Session(SessionClass.Unanswered, activeAt: 11),
            Session(SessionClass.Established, activeAt: 1),
        ];
        foreach (int index in order) Enter(worth[index]);

        for (int i = 0; i < 4; i++)
        {
            var victim = _peer.ChooseVictim(Open, waitingSince: 10).ShouldNotBeNull();
            victim.ShouldBeSameAs(worth[i]);
            _peer.Leave(PortOf(victim), activeAt: 0);
        }
    }

    [Fact]
    public void ChooseVictim_SameClass_TheOneThatIsQuietForLongest()
    {
        UdpSession[] sessions = [.. Enumerable.Range(0, 10).Select(number => Session(SessionClass.Answered, activeAt: (number + 3) % 10))];
        foreach (var session in sessions) Enter(session);
        _peer.ChooseVictim(Open, waitingSince: 0).ShouldBeSameAs(sessions[7]);
    }

    /// <summary>With many it looks at a few at a time, and going round at all of them.</summary>
    [Fact]
    public void ChooseVictim_ManySessions_EachIsLookedAtInTime()
    {
        var least = Session(SessionClass.Unanswered, activeAt: 0);
        for (int i = 0; i < 1_000; i++) Enter(i == 700 ? least : Session(i % 2 == 0 ? SessionClass.Established : SessionClass.Answered, activeAt: i));
        Enumerable.Range(0, 63).Any(_ => ReferenceEquals(_peer.ChooseVictim(Open, waitingSince: 0), least)).ShouldBeTrue();
    }

    /// <summary>After a crowd of which most ports have been closed, there are fewer to look at than were ever used.</summary>
    [Fact]
    public void ChooseVictim_MostPortsHaveBeenClosed_FindsOneOfTheOthers()
    {
        Enter(1_000);
        for (int port = 4; port < 1_000; port++) _peer.Leave(port, activeAt: 0);
        for (int i = 0; i < 100; i++) _peer.ChooseVictim(open: 4, waitingSince: 0).ShouldNotBeNull();
    }

    private static UdpSession Session(SessionClass @class, long activeAt) => new() { Class = @class, ActiveAt = activeAt };

    private void Enter(int count)
    {
        for (int i = 0; i < count; i++) Enter(Session(SessionClass.Unanswered, activeAt: 0));
    }

    private void Enter(UdpSession session)
    {
        int port = _peer.TakeRested(open: int.MaxValue, restedBefore: long.MinValue);
        port.ShouldBeGreaterThanOrEqualTo(0);
        _peer.Enter(port, session);
    }

    private int PortOf(UdpSession session) => Enumerable.Range(0, 1_000).First(port => ReferenceEquals(_peer.Find(port), session));
}
