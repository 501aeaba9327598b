using UserProxy.Udp;

namespace UserProxy.Tests.Udp;

/// <summary>Our own ports: as few as the busiest endpoint has sessions, and an answer that comes late finds nobody else.</summary>
public sealed class UpstreamPortsTests
{
    private const long Second = TimeSpan.TicksPerSecond, Rest = Second, Idle = 60 * Second;

    private static readonly DatagramAddress One = UdpService.Address(1), Other = UdpService.Address(2);

    private readonly UpstreamPorts _ports;
    private int _limit = int.MaxValue, _opened, _closed;

    public UpstreamPortsTests() => _ports = new UpstreamPorts(Open, () => _closed++, Rest);

    [Fact]
    public void TryTake_OneEndpoint_NeedsAPortForEachSession()
    {
        for (int i = 0; i < 10; i++) Take(One, now: 0).Port.ShouldBe(i);
        (_ports.Count, _opened).ShouldBe((10, 10));
    }

    [Fact]
    public void TryTake_ManyEndpoints_ShareThePorts()
    {
        for (int endpoint = 0; endpoint < 50; endpoint++)
        {
            for (int i = 0; i < 3; i++) Take(UdpService.Address(endpoint), now: 0).Port.ShouldBe(i);
        }

        _ports.Count.ShouldBe(3);
    }

    [Fact]
    public void Find_PortAndEndpointTogether_TellTheSession()
    {
        var (first, second, third) = (Take(One, 0), Take(One, 0), Take(Other, 0));
        _ports.Find(0, One).ShouldBeSameAs(first.Session);
        _ports.Find(1, One).ShouldBeSameAs(second.Session);
        _ports.Find(0, Other).ShouldBeSameAs(third.Session);
        foreach (int port in new[] { -1, 1, 3, 4, 100, int.MaxValue, int.MinValue }) _ports.Find(port, Other).ShouldBeNull();
        _ports.Find(0, UdpService.Address(3)).ShouldBeNull();
        _ports.Find(0, One with { Port = 1 }).ShouldBeNull();

        Return(first, 0);
        _ports.Find(0, One).ShouldBeNull();
    }

    [Fact]
    public void TryTake_PortGivenBack_RestsForASecondAfterItsLastDatagram()
    {
        var taken = Take(One, now: 0);
        // It ended at 10 s; its last datagram was at 9.5 s.
        Return(taken, activeAt: 19 * Second / 2);

        Take(One, now: (21 * Second / 2) - 1).Port.ShouldBe(1);
        Take(One, now: 21 * Second / 2).Port.ShouldBe(0);
        Take(One, now: 21 * Second / 2).Port.ShouldBe(2);
    }

    [Fact]
    public void TryTake_RestingTowardsOneEndpoint_IsFreeForAnother()
    {
        Return(Take(One, now: 0), activeAt: 0);
        Take(Other, now: 1).Port.ShouldBe(0);
        _ports.Count.ShouldBe(1);
    }

    [Fact]
    public void TryTake_SeveralHaveRested_TakesTheLowest()
    {
        var taken = Enumerable.Range(0, 6).Select(_ => Take(One, now: 0)).ToList();
        foreach (int port in new[] { 4, 1, 3 }) Return(taken[port], activeAt: 0);

        Enumerable.Range(0, 4).Select(_ => Take(One, now: 2 * Second).Port).ShouldBe([1, 3, 4, 6]);
    }

    [Fact]
    public void TryTake_NoMoreCanBeOpened_UsesTheOneThatHasRestedLongest()
    {
        _limit = 3;
        var taken = Enumerable.Range(0, 3).Select(_ => Take(One, now: 0)).ToList();
        Return(taken[2], activeAt: 10);
        Return(taken[0], activeAt: 20);

        Take(One, now: 30).Port.ShouldBe(2);
        Take(One, now: 30).Port.ShouldBe(0);
        _ports.TryTake(One, new UdpSession(), now: 30, out _, out _).ShouldBeFalse();
        _ports.Count.ShouldBe(3);
        _limit = 4;
        Take(One, now: 30).Port.ShouldBe(3);
    }

    [Fact]
    public void TryTake_NoneCanBeOpened_RefusesAndTakesNothing()
    {
        _limit = 0;
        _ports.TryTake(One, new UdpSession(), now: 0, out _, out _).ShouldBeFalse();
        _limit = 1;
        Take(One, now: 0).Port.ShouldBe(0);
    }

    [Fact]
    public void Sweep_LastPortIdleForAMinute_ClosesAllUnusedAtTheEnd()
    {
        var taken = Enumerable.Range(0, 10).Select(_ => Take(One, now: 0)).ToList();
        foreach (int port in new[] { 9, 8, 7, 5, 6, 2 }) Return(taken[port], activeAt: 0);

        _ports.Sweep(now: Second, Idle);
        _ports.Sweep(now: Second + Idle - 1, Idle);
        _closed.ShouldBe(0);
        _ports.Sweep(now: Second + Idle, Idle);

        (_ports.Count, _closed).ShouldBe((5, 5));
        _ports.Find(4, One).ShouldBeSameAs(taken[4].Session);
        // 2 is free, and lower than one that would have to be opened again.
        Take(One, now: 100 * Second).Port.ShouldBe(2);
        Take(One, now: 100 * Second).Port.ShouldBe(5);
        (_ports.Count, _opened).ShouldBe((6, 11));
    }

    [Fact]
    public void Sweep_AllUnused_ClosesAll()
    {
        foreach (var taken in Enumerable.Range(0, 4).Select(_ => Take(One, now: 0)).ToList()) Return(taken, activeAt: 0);
        _ports.Sweep(now: 0, Idle);
        _ports.Sweep(now: Idle, Idle);
        (_ports.Count, _closed).ShouldBe((0, 4));
        _ports.Sweep(now: 2 * Idle, Idle);
        _closed.ShouldBe(4);
        Take(One, now: 2 * Idle).Port.ShouldBe(0);
    }

    [Fact]
    public void Sweep_LastPortInUse_ClosesNothing()
    {
        var taken = Enumerable.Range(0, 3).Select(_ => Take(One, now: 0)).ToList();
        Return(taken[0], activeAt: 0);
        Return(taken[1], activeAt: 0);
        for (int i = 0; i < 5; i++) _ports.Sweep(i * Idle, Idle);
        _ports.Count.ShouldBe(3);
    }

    /// <summary>A DNS Service with few queries: no sweep ever meets its port in use, and it is not idle.</summary>
    [Fact]
    public void Sweep_LastPortUsedBetweenSweeps_HasNotBeenIdle()
    {
        for (int second = 0; second < 200; second++)
        {
            Return(Take(One, now: second * Second), activeAt: second * Second);
            _ports.Sweep((second * Second) + (Second / 2), Idle);
        }

        _closed.ShouldBe(0);
    }

    [Fact]
    public void Sweep_ClosedPortsRest_NewOnesOfTheSameNumberAreUsable()
    {
        _limit = 2;
        foreach (var taken in Enumerable.Range(0, 2).Select(_ => Take(One, now: 0)).ToList()) Return(taken, activeAt: 0);
        Take(Other, now: 0);
        _ports.Sweep(now: Rest, Idle);
        _ports.Sweep(now: Rest + Idle, Idle);
        _ports.Count.ShouldBe(1);

        Take(One, now: Rest + Idle).Port.ShouldBe(0);
        Take(One, now: Rest + Idle).Port.ShouldBe(1);
        _ports.TryTake(One, new UdpSession(), Rest + Idle, out _, out _).ShouldBeFalse();
    }

    /// <summary>A peer that is forgotten remembers no rest: it must have been had by all.</summary>
    [Fact]
    public void Sweep_BetweenEndAndRest_DoesNotCutTheRestShort()
    {
        var taken = Take(One, now: 0);
        Return(taken, activeAt: Second);
        _ports.Sweep(now: (2 * Second) - 1, Idle);
        Take(One, now: (2 * Second) - 1).Port.ShouldBe(1);
    }

    /// <summary>As many random steps as there are: no two sessions share a place, and no place is used again before it has rested while others can be had.</summary>
    [Fact]
    public void TryTake_AnyHistory_NeverGivesAPlaceTwiceOrTooSoon()
    {
        var random = new Random(3);
        var held = new List<(UpstreamPeer Peer, int Port, UdpSession Session)>();
        var restsUntil = new Dictionary<(DatagramAddress, int), long>();
        long now = 0;
        for (int step = 0; step < 20_000; step++)
        {
            now += random.Next(0, (int)Second / 50);
            if (random.Next(2) == 0)
            {
                var taken = Take(UdpService.Address(random.Next(3)), now);
                held.ShouldNotContain(other => other.Port == taken.Port && other.Peer.Address == taken.Peer.Address);
                restsUntil.GetValueOrDefault((taken.Peer.Address, taken.Port)).ShouldBeLessThanOrEqualTo(now);
                held.Add(taken);
            }
            else if (held.Count > 0)
            {
                int index = random.Next(held.Count);
                var (peer, port, _) = held[index];
                held[index] = held[^1];
                held.RemoveAt(held.Count - 1);
                _ports.Return(peer, port, now);
                restsUntil[(peer.Address, port)] = now + Rest;
            }

            if (step % 10 == 0) _ports.Sweep(now, Idle);
        }

        foreach (var (peer, port, session) in held) _ports.Find(port, peer.Address).ShouldBeSameAs(session);
    }

    private bool Open()
    {
        if (_ports.Count >= _limit) return false;
        _opened++;
        return true;
    }

    private (UpstreamPeer Peer, int Port, UdpSession Session) Take(DatagramAddress endpoint, long now)
    {
        var session = new UdpSession();
        _ports.TryTake(endpoint, session, now, out var peer, out int port).ShouldBeTrue();
        peer.Address.ShouldBe(endpoint);
        port.ShouldBeInRange(0, _ports.Count - 1);
        _ports.Find(port, endpoint).ShouldBeSameAs(session);
        return (peer, port, session);
    }

    private void Return((UpstreamPeer Peer, int Port, UdpSession Session) taken, long activeAt) => _ports.Return(taken.Peer, taken.Port, activeAt);
}
