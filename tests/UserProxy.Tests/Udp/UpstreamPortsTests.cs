using UserProxy.Udp;

namespace UserProxy.Tests.Udp;

/// <summary>Our own ports: as few as the busiest endpoint has sessions, and an answer that comes late finds nobody else.</summary>
public sealed class UpstreamPortsTests
{
    private const long Second = TimeSpan.TicksPerSecond, Rest = Second, ShortRest = Second / 5, LeastRest = Second / 20, Idle = 60 * Second;

    private const int Ample = 4_000;

    private static readonly DatagramAddress One = UdpService.Address(1), Other = UdpService.Address(2);

    private readonly UpstreamPorts _ports;
    private readonly SortedSet<int> _open = [];
    private int _limit = int.MaxValue, _opened, _closed;

    public UpstreamPortsTests() => _ports = new UpstreamPorts(ofPods: true, Open, Close, Rest, ShortRest, LeastRest, Ample);

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

    /// <summary>An answer may come any time, however long the session was quiet before its end.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void TryTake_PortWasLeft_RestsFromThen(bool isSettled)
    {
        Return(Take(One, now: 0), now: 10 * Second, isSettled);

        Take(One, now: (11 * Second) - 1).Port.ShouldBe(1);
        Take(One, now: 11 * Second).Port.ShouldBe(0);
        Take(One, now: 11 * Second).Port.ShouldBe(2);
    }

    /// <summary>An endpoint that goes on sending to a session that has ended must not be heard by the next.</summary>
    [Fact]
    public void TryTake_StraysStillCome_RestsFromTheLast()
    {
        Return(Take(One, now: 0), now: 0);
        _ports.MetStray(0, One, now: 5 * Second);
        _ports.MetStray(0, Other, now: 100 * Second);
        _ports.MetStray(7, One, now: 100 * Second);

        Take(One, now: (6 * Second) - 1).Port.ShouldBe(1);
        Take(One, now: 6 * Second).Port.ShouldBe(0);
    }

    [Fact]
    public void TryTake_RestingTowardsOneEndpoint_IsFreeForAnother()
    {
        Return(Take(One, now: 0), now: 0);
        Take(Other, now: 1).Port.ShouldBe(0);
        _ports.Count.ShouldBe(1);
    }

    [Fact]
    public void TryTake_SeveralHaveRested_TakesTheLowest()
    {
        var taken = Enumerable.Range(0, 6).Select(_ => Take(One, now: 0)).ToList();
        foreach (int port in new[] { 4, 1, 3 }) Return(taken[port], now: 0);

        Enumerable.Range(0, 4).Select(_ => Take(One, now: 2 * Second).Port).ShouldBe([1, 3, 4, 6]);
    }

    /// <summary>However short of ports: those that no answer is owed to, in their order and not just now; any other rests as ever.</summary>
    [Fact]
    public void TryTake_NoMoreCanBeOpened_SettledOnesAfterALeastRestAndOthersAfterTheWhole()
    {
        _limit = 5;
        var taken = Enumerable.Range(0, 5).Select(_ => Take(One, now: 0)).ToList();
        Return(taken[4], now: 10);
        Return(taken[2], now: 20, isSettled: true);
        Return(taken[0], now: 30);
        Return(taken[3], now: 40, isSettled: true);

        ShouldFindNone(One, now: 20 + LeastRest - 1);
        Take(One, now: 20 + LeastRest).Port.ShouldBe(2);
        ShouldFindNone(One, now: 40 + LeastRest - 1);
        Take(One, now: 40 + LeastRest).Port.ShouldBe(3);
        ShouldFindNone(One, now: 10 + Rest - 1);
        Take(One, now: 10 + Rest).Port.ShouldBe(4);
        _ports.MetStray(0, One, now: 50);
        ShouldFindNone(One, now: 50 + Rest - 1);
        Take(One, now: 50 + Rest).Port.ShouldBe(0);
        _ports.Count.ShouldBe(5);
        _limit = 6;
        Take(One, now: 50 + Rest).Port.ShouldBe(5);
    }

    /// <summary>It had more to say than was asked: its next datagram may be on its way.</summary>
    [Theory]
    [InlineData(10)]
    [InlineData(12)]
    public void TryTake_StrayAfterASettledOneWasLeft_OwesAsOthersDo(long strayAt)
    {
        _limit = 1;
        var taken = Take(One, now: 0);
        Return(taken, now: 10, isSettled: true);
        _ports.MetStray(0, One, strayAt);

        ShouldFindNone(One, now: strayAt + Rest - 1);
        Take(One, now: strayAt + Rest).Port.ShouldBe(0);
    }

    [Fact]
    public void TryTake_ManyAreOpen_SettledOnesRestShortlyRatherThanMoreAreOpened()
    {
        var ports = new UpstreamPorts(ofPods: true, port => ++_opened > 0, Close, Rest, ShortRest, LeastRest, ample: 3);
        int TakeOf(long now)
        {
            ports.TryTake(One, PodOf(One), new UdpSession(), now, out _, out int port).ShouldBeTrue();
            return port;
        }

        ports.TryTake(One, PodOf(One), new UdpSession(), now: 0, out var peer, out _).ShouldBeTrue();
        Enumerable.Range(0, 3).Select(_ => TakeOf(0)).ShouldBe([1, 2, 3]);
        int[] order = [3, 2, 0, 1];
        for (int i = 0; i < 4; i++) ports.Return(peer, order[i], order[i] == 2 ? AnswerDebt.Owing : AnswerDebt.Settled, at: i);
        TakeOf(ShortRest).ShouldBe(3);
        TakeOf(ShortRest + 1).ShouldBe(4);
        TakeOf(ShortRest + 2).ShouldBe(0);
        TakeOf(ShortRest + 3).ShouldBe(1);
        TakeOf(Rest).ShouldBe(5);
        TakeOf(Rest + 1).ShouldBe(2);
        _opened.ShouldBe(6);
    }

    [Fact]
    public void TryTake_NoneCanBeOpened_RefusesAndTakesNothing()
    {
        _limit = 0;
        _ports.TryTake(One, PodOf(One), new UdpSession(), now: 0, out _, out _).ShouldBeFalse();
        _limit = 1;
        Take(One, now: 0).Port.ShouldBe(0);
    }

    [Fact]
    public void Sweep_IdleForAMinute_ClosesWhereverItStands()
    {
        var taken = Enumerable.Range(0, 10).Select(_ => Take(One, now: 0)).ToList();
        foreach (int port in new[] { 9, 8, 7, 5, 6, 2 }) Return(taken[port], now: Second);

        _ports.Sweep(now: Second + Idle - 1, Idle);
        _closed.ShouldBe(0);
        _ports.Sweep(now: Second + Idle, Idle);

        _open.ShouldBe([0, 1, 3, 4]);
        (_ports.Count, _closed).ShouldBe((5, 6));
        _ports.Find(4, One).ShouldBeSameAs(taken[4].Session);
        Take(One, now: 100 * Second).Port.ShouldBe(2);
        Take(One, now: 100 * Second).Port.ShouldBe(5);
        (_ports.Count, _opened).ShouldBe((6, 12));
    }

    [Fact]
    public void Sweep_AllUnused_ClosesAll()
    {
        foreach (var taken in Enumerable.Range(0, 4).Select(_ => Take(One, now: 0)).ToList()) Return(taken, now: 0);
        _ports.Sweep(now: Idle, Idle);
        (_ports.Count, _closed).ShouldBe((0, 4));
        _ports.Sweep(now: 2 * Idle, Idle);
        _closed.ShouldBe(4);
        Take(One, now: 2 * Idle).Port.ShouldBe(0);
    }

    [Fact]
    public void Sweep_PortServesAnotherEndpointStill_StaysOpen()
    {
        var (one, other) = (Take(One, now: 0), Take(Other, now: 0));
        Return(one, now: 0);
        _ports.Sweep(now: 10 * Idle, Idle);
        _ports.Find(0, Other).ShouldBeSameAs(other.Session);

        Return(other, now: 10 * Idle);
        _ports.Sweep(now: (11 * Idle) - 1, Idle);
        _closed.ShouldBe(0);
        _ports.Sweep(now: 11 * Idle, Idle);
        _closed.ShouldBe(1);
    }

    /// <summary>What comes late finds the socket open, even of a session that ended a minute after its last datagram.</summary>
    [Fact]
    public void Sweep_PortRests_IsNotClosed()
    {
        Return(Take(One, now: 0), now: Idle);
        for (long now = Idle; now < 2 * Idle; now += Rest / 4) _ports.Sweep(now, Idle);
        _closed.ShouldBe(0);

        Return(Take(Other, now: 2 * Idle), now: 2 * Idle);
        _ports.Sweep((2 * Idle) + Rest, Idle);
        _closed.ShouldBe(0);
    }

    [Fact]
    public void Sweep_LastFourOfACrowdStay_TheyAloneAreOpenAndWork()
    {
        var left = LeaveLast(3_000, last: 4);
        (_ports.Count, _closed).ShouldBe((3_000, 2_996));
        foreach (var (_, port, session) in left) _ports.Find(port, One).ShouldBeSameAs(session);

        // Others go on with the lowest, and those that then stay at the end are given up in their turn.
        Enumerable.Range(0, 3).Select(_ => Take(One, now: Idle).Port).ShouldBe([0, 1, 2]);
        Take(Other, now: Idle).Port.ShouldBe(0);
        (_open.Count, _opened).ShouldBe((7, 3_003));
        foreach (var one in left) Return(one, now: Idle);
        _ports.Sweep(now: 2 * Idle, Idle);
        _open.ShouldBe([0, 1, 2]);
        _ports.Count.ShouldBe(3);
        Enumerable.Range(0, 2_998).Select(_ => Take(One, now: 2 * Idle).Port).ShouldBe(Enumerable.Range(3, 2_998));
    }

    [Fact]
    public void TryTake_LowerOnesAreClosedForGood_FindsTheOpenOnesAbove()
    {
        var left = LeaveLast(3_000, last: 4);
        _limit = 0;
        // Known to the endpoint or not; rested, new, and resting.
        _ports.TryTake(One, PodOf(One), new UdpSession(), now: Idle, out _, out _).ShouldBeFalse();
        Return(left[2], now: Idle - LeastRest, isSettled: true);
        Take(One, now: Idle).Port.ShouldBe(2_998);
        Return(left[3], now: Idle);
        Take(One, now: 2 * Idle).Port.ShouldBe(2_999);
        for (long round = 0; round < 5; round++)
        {
            var others = Enumerable.Range(0, 4).Select(_ => Take(Other, now: Idle + (2 * round * Rest))).ToList();
            others.Select(other => other.Port).ShouldBe([2_996, 2_997, 2_998, 2_999]);
            _ports.TryTake(Other, PodOf(Other), new UdpSession(), Idle + (2 * round * Rest), out _, out _).ShouldBeFalse();
            foreach (var other in others.Skip(1)) Return(other, now: Idle + (2 * round * Rest));
            Return(others[0], now: Idle + (2 * round * Rest));
        }

        // What was passed over is the next again, in order; what one endpoint's sessions open is found by others.
        _limit = 6;
        Enumerable.Range(0, 2).Select(_ => Take(One, now: 3 * Idle).Port).ShouldBe([0, 1]);
        Enumerable.Range(0, 6).Select(_ => Take(Other, now: 3 * Idle).Port).ShouldBe([0, 1, 2_996, 2_997, 2_998, 2_999]);
        _ports.TryTake(Other, PodOf(Other), new UdpSession(), now: 3 * Idle, out _, out _).ShouldBeFalse();
    }

    /// <summary>A DNS Service with few queries: no sweep ever meets its port in use, and it is not idle.</summary>
    [Fact]
    public void Sweep_PortUsedBetweenSweeps_HasNotBeenIdle()
    {
        for (int second = 0; second < 200; second++)
        {
            Return(Take(One, now: second * Second), now: second * Second);
            _ports.Sweep((second * Second) + (Second / 2), Idle);
        }

        _closed.ShouldBe(0);
    }

    [Fact]
    public void Sweep_ClosedPortsRest_NewOnesOfTheSameNumberAreUsable()
    {
        _limit = 2;
        foreach (var taken in Enumerable.Range(0, 2).Select(_ => Take(One, now: 0)).ToList()) Return(taken, now: 0);
        Take(Other, now: 0);
        _ports.Sweep(now: Rest, Idle);
        _ports.Sweep(now: Rest + Idle, Idle);
        _ports.Count.ShouldBe(1);

        Take(One, now: Rest + Idle).Port.ShouldBe(0);
        Take(One, now: Rest + Idle).Port.ShouldBe(1);
        _ports.TryTake(One, PodOf(One), new UdpSession(), Rest + Idle, out _, out _).ShouldBeFalse();
    }

    /// <summary>A peer that is forgotten remembers no rest: it must have been had by all.</summary>
    [Fact]
    public void Sweep_BetweenEndAndRest_DoesNotCutTheRestShort()
    {
        var taken = Take(One, now: 0);
        Return(taken, now: Second);
        _ports.Sweep(now: (2 * Second) - 1, Idle);
        Take(One, now: (2 * Second) - 1).Port.ShouldBe(1);
    }

    /// <summary>
    /// As many random steps as there are: no two sessions share a place, and no place is used again before it has rested while others can be had.
    /// </summary>
    [Fact]
    public void TryTake_AnyHistory_NeverGivesAPlaceTwiceOrTooSoon()
    {
        var random = new Random(3);
        var held = new List<(UpstreamPeer Peer, int Port, UdpSession Session)>();
        var restsUntil = new Dictionary<(DatagramAddress, int), long>();
        long now = 0;
        for (int step = 0; step < 20_000; step++)
        {
            // Now and then nearly all leave, and ports are closed before others come.
            int of = step / 2_000 % 2 == 0 ? 2 : 6;
            now += random.Next(0, (int)Second / (of == 2 ? 50 : 5));
            if (random.Next(of) == 0)
            {
                var taken = Take(UdpService.Address(random.Next(3)), now);
                held.ShouldNotContain(other => other.Port == taken.Port && other.Session.Target == taken.Session.Target);
                restsUntil.GetValueOrDefault((taken.Session.Target, taken.Port)).ShouldBeLessThanOrEqualTo(now);
                held.Add(taken);
            }
            else if (held.Count > 0)
            {
                int index = random.Next(held.Count);
                var (peer, port, session) = held[index];
                held[index] = held[^1];
                held.RemoveAt(held.Count - 1);
                _ports.Return(peer, port, random.Next(2) == 0 ? AnswerDebt.Settled : AnswerDebt.Owing, now);
                restsUntil[(session.Target, port)] = now + Rest;
            }

            if (step % 10 == 0) _ports.Sweep(now, Idle);
        }

        _closed.ShouldBeGreaterThan(10);
        foreach (var (_, port, session) in held) _ports.Find(port, session.Target).ShouldBeSameAs(session);
    }

    /// <summary>However many can be opened from one moment to the next: it is refused only when every open port serves the endpoint, or rests.</summary>
    [Fact]
    public void TryTake_AnyHistoryOfExhaustion_FindsAPortThatIsOpenAndFree()
    {
        var random = new Random(4);
        var held = new List<(UpstreamPeer Peer, int Port, UdpSession Session)>();
        var owedUntil = new Dictionary<(DatagramAddress, int), long>();
        int refused = 0, owed = 0;
        long now = 0;
        for (int step = 0; step < 20_000; step++)
        {
            now += random.Next(0, (int)(step / 1_000 % 2 == 0 ? Second : ShortRest / 4));
            if (step % 50 == 0) _limit = random.Next(16);
            var endpoint = UdpService.Address(random.Next(3));
            var taken = held.Where(one => one.Session.Target == endpoint).Select(one => one.Port).ToHashSet();
            if (random.Next(step / 500 % 2 == 0 ? 2 : 6) == 0)
            {
                var free = _open.Where(port => !taken.Contains(port)).ToList();
                if (_open.Count < _limit || free.Any(port => owedUntil.GetValueOrDefault((endpoint, port)) <= now))
                {
                    held.Add(Take(endpoint, now));
                    taken.ShouldNotContain(held[^1].Port);
                    owedUntil.GetValueOrDefault((endpoint, held[^1].Port)).ShouldBeLessThanOrEqualTo(now);
                }
                else
                {
                    refused++;
                    if (free.Count > 0) owed++;
                    _ports.TryTake(endpoint, PodOf(endpoint), new UdpSession(), now, out _, out _).ShouldBeFalse();
                }
            }
            else if (held.Count > 0)
            {
                int index = random.Next(held.Count);
                bool isSettled = random.Next(2) == 0;
                Return(held[index], now, isSettled);
                owedUntil[(held[index].Session.Target, held[index].Port)] = now + (isSettled ? LeastRest : Rest);
                held.RemoveAt(index);
            }

            _ports.Sweep(now, Idle);
        }

        new[] { refused, owed, _closed }.ShouldAllBe(count => count > 50, $"{refused} refused, {owed} of them owed, {_closed} closed");
    }

    private bool Open(int port)
    {
        if (_open.Count >= _limit) return false;
        port.ShouldBeInRange(0, _ports.Count);
        _open.Add(port).ShouldBeTrue("it is open");
        _opened++;
        return true;
    }

    private void Close(int port)
    {
        _open.Remove(port).ShouldBeTrue("it is closed");
        _closed++;
    }

    /// <summary>Sessions with one endpoint, of which all but the last few have ended and their ports have been closed.</summary>
    private List<(UpstreamPeer Peer, int Port, UdpSession Session)> LeaveLast(int count, int last)
    {
        var taken = Enumerable.Range(0, count).Select(_ => Take(One, now: 0)).ToList();
        foreach (var one in taken.SkipLast(last)) Return(one, now: 0);
        _ports.Sweep(now: Idle, Idle);
        _open.ShouldBe(Enumerable.Range(count - last, last));
        return taken[^last..];
    }

    private (UpstreamPeer Peer, int Port, UdpSession Session) Take(DatagramAddress endpoint, long now)
    {
        var session = new UdpSession();
        _ports.TryTake(endpoint, PodOf(endpoint), session, now, out var peer, out int port).ShouldBeTrue();
        session.Place(null!, endpoint, new PoolKey(endpoint.Family, OfPods: true), peer, port);
        port.ShouldBeInRange(0, _ports.Count - 1);
        _open.ShouldContain(port);
        _ports.Count.ShouldBe(_open.Max + 1);
        _ports.Find(port, endpoint).ShouldBeSameAs(session);
        return (peer, port, session);
    }

    private void Return((UpstreamPeer Peer, int Port, UdpSession Session) taken, long now, bool isSettled = false) =>
        _ports.Return(taken.Peer, taken.Port, isSettled ? AnswerDebt.Settled : AnswerDebt.Owing, now);

    /// <summary>Each address is a Pod.</summary>
    private static ulong PodOf(in DatagramAddress endpoint) => (ulong)endpoint.Address.Value;

    private void ShouldFindNone(DatagramAddress endpoint, long now) =>
        _ports.TryTake(endpoint, PodOf(endpoint), new UdpSession(), now, out _, out _).ShouldBeFalse();
}
