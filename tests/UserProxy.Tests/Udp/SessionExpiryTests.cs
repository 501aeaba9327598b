using FsCheck.Fluent;
using UserProxy.Model;
using UserProxy.Udp;

namespace UserProxy.Tests.Udp;

/// <summary>A session ends when it has been quiet for its timeout: never earlier, and at most one grain later.</summary>
public sealed class SessionExpiryTests
{
    private static readonly TimeSpan Unanswered = TimeSpan.FromSeconds(30), Idle = TimeSpan.FromSeconds(60), Grain = SessionRig.Grain, Tick = SessionRig.Tick;

    private readonly SessionRig _rig = new();

    [Fact]
    public void Sweep_Unanswered_EndsAfterThirtySeconds()
    {
        var service = _rig.Serve(1);
        service.Send(client: 1);

        _rig.SweepAfter(Unanswered + Grain - Tick);
        service.ShouldHaveEnded();
        _rig.SweepAfter(Tick);

        service.ShouldHaveEnded((SessionEnd.Unanswered, 1));
        (_rig.Table.Count, service.Endpoint(0).ActiveConnections).ShouldBe((0, 0));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Sweep_Answered_EndsAfterTheIdleTimeout(bool established)
    {
        var service = _rig.Serve(1);
        if (established) service.Establish(UdpService.Flow(1));
        else service.Exchange(UdpService.Flow(1));

        _rig.SweepAfter(Idle + Grain - Tick);
        service.ShouldHaveEnded();
        _rig.SweepAfter(Tick);

        service.ShouldHaveEnded((SessionEnd.Idle, 1));
        service.Endpoint(0).ActiveConnections.ShouldBe(0);
    }

    [Fact]
    public void Sweep_FirstAnswerComesLate_TheIdleTimeoutHoldsFromThenOn()
    {
        var service = _rig.Serve(1);
        var target = service.Send(client: 1);
        _rig.SweepAfter(TimeSpan.FromSeconds(29));
        _rig.Answer(target).ShouldNotBeNull();

        _rig.SweepAfter(Idle - Tick);
        service.ShouldHaveEnded();
        _rig.SweepAfter(Grain + Tick);

        service.ShouldHaveEnded((SessionEnd.Idle, 1));
    }

    [Fact]
    public void Sweep_UnansweredClientGoesOnAsking_StaysWithItsEndpoint()
    {
        var service = _rig.Serve(2);
        var target = service.Send(client: 1);
        for (int i = 0; i < 5; i++)
        {
            _rig.SweepAfter(TimeSpan.FromSeconds(29));
            service.Send(client: 1).ShouldBe(target);
        }

        service.ShouldHaveEnded();
    }

    [Fact]
    public void Sweep_IdleTimeoutBelowThirtySeconds_HoldsForTheUnansweredToo()
    {
        var service = _rig.Serve(1, new ServiceSettings { UdpIdleTimeout = TimeSpan.FromSeconds(2) });
        service.Send(client: 1);
        service.Exchange(UdpService.Flow(2));

        _rig.SweepAfter(TimeSpan.FromSeconds(2) + Grain - Tick);
        service.ShouldHaveEnded();
        _rig.SweepAfter(Tick);

        service.ShouldHaveEnded((SessionEnd.Unanswered, 1), (SessionEnd.Idle, 1));
    }

    [Fact]
    public void Sweep_TimeoutIsShortened_CountsForSessionsThatAreThere()
    {
        var service = _rig.Serve(1);
        service.Exchange(UdpService.Flow(1));
        _rig.SweepAfter(TimeSpan.FromSeconds(10));
        service.SwapSettings(new ServiceSettings { UdpIdleTimeout = TimeSpan.FromSeconds(11) });
        _rig.Table.Sweep(_rig.Now);
        service.ShouldHaveEnded();

        _rig.SweepAfter(TimeSpan.FromSeconds(1) + Grain);

        service.ShouldHaveEnded((SessionEnd.Idle, 1));
    }

    [Fact]
    public void Sweep_TimeoutIsLengthened_CountsForSessionsThatAreThere()
    {
        var service = _rig.Serve(1);
        service.Exchange(UdpService.Flow(1));
        _rig.SweepAfter(TimeSpan.FromSeconds(59));
        service.SwapSettings(new ServiceSettings { UdpIdleTimeout = TimeSpan.FromSeconds(90) });

        _rig.SweepAfter(TimeSpan.FromSeconds(31) + Grain - Tick);
        service.ShouldHaveEnded();
        _rig.SweepAfter(Tick);

        service.ShouldHaveEnded((SessionEnd.Idle, 1));
    }

    [Fact]
    public void Sweep_TwoServices_EachByItsOwnTimeout()
    {
        var (quick, slow) = (_rig.Serve(1, new ServiceSettings { UdpIdleTimeout = TimeSpan.FromSeconds(1) }), _rig.Serve(1));
        for (int client = 0; client < 5; client++)
        {
            quick.Exchange(UdpService.Flow(client));
            slow.Exchange(UdpService.Flow(client));
        }

        _rig.SweepAfter(TimeSpan.FromSeconds(2));

        (quick.Counters.Active, slow.Counters.Active, _rig.Table.Count).ShouldBe((0, 5, 5));
    }

    [Fact]
    public void TryForward_AfterExpiry_BeginsAnew()
    {
        var service = _rig.Serve(2);
        var first = service.Send(client: 1);
        _rig.SweepAfter(Unanswered + Grain);

        service.Send(client: 1).Endpoint.ShouldNotBe(first.Endpoint, "round robin goes on");
        service.Started.ShouldBe(2);
    }

    /// <summary>
    /// Busy sessions are moved in their lists once a grain only, and from list to list at any time: no order of events makes one end early, or late.
    /// </summary>
    /// <summary>Of a crowd the last few go on: the sockets of the others are closed all the same, and opened again for the next crowd.</summary>
    [Fact]
    public void Sweep_CrowdLeavesButItsLastFour_TheirPortsAloneStayOpen()
    {
        const int Crowd = 3_000;
        var rig = new SessionRig();
        var service = rig.Serve(1);
        var crowd = Enumerable.Range(0, Crowd).Select(client => (Client: client, Target: service.Send(client))).ToList();
        var left = crowd[^4..];
        for (int step = 0; step < 110; step++)
        {
            foreach (var (client, _) in left) service.Exchange(UdpService.Flow(client));
            rig.SweepAfter(TimeSpan.FromSeconds(1));
            // The others have no answer: they end after 30 s.
            if (step == 100) rig.Sockets.Open().ShouldBe(Crowd);
        }

        (rig.Table.Count, rig.Sockets.Open(), rig.Sockets.Closed).ShouldBe((4, 4, Crowd - 4));
        foreach (var (client, target) in left)
        {
            service.Send(client).ShouldBe(target);
            rig.Answer(target)!.Value.Client.ShouldBe(UdpService.Flow(client).Client);
        }

        for (int client = 0; client < Crowd - 4; client++) service.Send(client).Port.ShouldBe(client);
        (rig.Sockets.Open(), service.DroppedInAll).ShouldBe((Crowd, 0));
    }

    [Fact]
    public void Sweep_AnyTraffic_EndsEachBetweenItsTimeoutAndOneGrainMore()
    {
        // Who, what (0 asks, 1 is answered), and how many milliseconds later.
        var happening = from client in Gen.Choose(0, 4) from what in Gen.Choose(0, 1) from later in Gen.Choose(0, 250) select (client, what, later);
        PropertyCheck.ForAll(Gen.ListOf(happening), events =>
        {
            var rig = new SessionRig();
            var service = rig.Serve(2, new ServiceSettings { UdpIdleTimeout = TimeSpan.FromMilliseconds(700) });
            var timeout = TimeSpan.FromMilliseconds(700);
            var active = new Dictionary<int, (long At, UpstreamTarget Target)>();
            foreach (var (client, what, later) in events)
            {
                Step(rig, service, timeout, active, later);
                if (what == 0) active[client] = (rig.Now, service.Send(client));
                else if (active.TryGetValue(client, out var flow) && rig.Answer(flow.Target) is not null) active[client] = (rig.Now, flow.Target);
            }

            Step(rig, service, timeout, active, 1_000);
            rig.Table.Count.ShouldBe(0);
        });
    }

    /// <summary>Lets time pass by single milliseconds, with a sweep after each.</summary>
    private static void Step(SessionRig rig, UdpService service, TimeSpan timeout, Dictionary<int, (long At, UpstreamTarget Target)> active, int milliseconds)
    {
        for (int i = 0; i < milliseconds; i++)
        {
            rig.SweepAfter(TimeSpan.FromMilliseconds(1));
            foreach (var (client, (at, _)) in active)
            {
                var quiet = rig.Time.GetElapsedTime(at);
                if (service.Has(UdpService.Flow(client))) quiet.ShouldBeLessThan(timeout + Grain);
                else quiet.ShouldBeGreaterThanOrEqualTo(timeout);
            }

            foreach (int client in active.Keys.Where(client => !service.Has(UdpService.Flow(client))).ToList()) active.Remove(client);
        }
    }
}
