using UserProxy.Model;
using UserProxy.Udp;

namespace UserProxy.Tests.Udp;

/// <summary>Who makes room when a table is full: nothing grows, and who is known to be there stays for longest.</summary>
public sealed class SessionEvictionTests
{
    private const int Many = 1_000;

    [Fact]
    public void ListenerFull_OldestUnansweredThatHasWaited_GoesFirst()
    {
        var (rig, service) = Create(new(Many, PerListener: 4, Many));
        service.Exchange(UdpService.Flow(1));
        service.Establish(UdpService.Flow(2));
        rig.Advance(0.5);
        service.Send(client: 3);
        rig.Advance(0.5);
        service.Send(client: 4);
        rig.Advance(1);

        service.Send(client: 5);

        Left(service, 1, 2, 4, 5);
        service.ShouldHaveEnded((SessionEnd.EvictedListener, 1));
    }

    /// <summary>An answer takes up to a second: until then a question is not given up for one that has been answered.</summary>
    [Theory]
    [InlineData(0, false)]
    [InlineData(-1, true)]
    public void ListenerFull_QuestionHasWaited_ForOneSecondOrLess(int ticks, bool isFresh)
    {
        var (rig, service) = Create(new(Many, PerListener: 2, Many));
        service.Exchange(UdpService.Flow(1));
        service.Send(client: 2);
        rig.Time.Advance(TimeSpan.FromSeconds(1) + TimeSpan.FromTicks(ticks));

        service.Send(client: 3);

        if (isFresh) Left(service, 2, 3);
        else Left(service, 1, 3);
    }

    [Fact]
    public void ListenerFull_FreshQuestions_TheOldestAnsweredGoes()
    {
        var (rig, service) = Create(new(Many, PerListener: 4, Many));
        service.Establish(UdpService.Flow(1));
        service.Exchange(UdpService.Flow(2));
        rig.Advance(1);
        service.Exchange(UdpService.Flow(3));
        service.Send(client: 4);

        service.Send(client: 5);
        Left(service, 1, 3, 4, 5);
        service.Send(client: 6);

        Left(service, 1, 4, 5, 6);
    }

    [Fact]
    public void ListenerFull_FreshQuestionsAndEstablished_TheOldestQuestionGoes()
    {
        var (rig, service) = Create(new(Many, PerListener: 3, Many));
        service.Establish(UdpService.Flow(1));
        rig.Advance(5);
        service.Send(client: 2);
        service.Send(client: 3);

        service.Send(client: 4);

        Left(service, 1, 3, 4);
    }

    [Fact]
    public void ListenerFull_AllEstablished_TheOneThatIsQuietForLongestGoes()
    {
        var (rig, service) = Create(new(Many, PerListener: 3, Many));
        for (int client = 1; client <= 3; client++)
        {
            service.Establish(UdpService.Flow(client));
            rig.Advance(1);
        }

        service.Send(client: 1);
        rig.Advance(1);
        service.Send(client: 4);

        Left(service, 1, 3, 4);
    }

    [Fact]
    public void ListenerFull_AnotherListener_IsLeftAlone()
    {
        var (rig, flooded) = Create(new(Many, PerListener: 2, Many));
        var other = rig.Serve(1);
        for (int client = 0; client < 2; client++) other.Send(client);
        rig.Advance(2);

        for (int client = 0; client < 50; client++) flooded.Send(client);

        Left(other, 0, 1);
        Left(flooded, 48, 49);
    }

    [Fact]
    public void TotalFull_TheListenerWithMost_MakesRoom()
    {
        var (rig, large) = Create(new(Total: 6, Many, Many));
        var (small, other) = (rig.Serve(1), rig.Serve(1));
        small.Send(client: 1);
        for (int client = 1; client <= 4; client++)
        {
            rig.Advance(0.01);
            large.Establish(UdpService.Flow(client));
        }

        other.Send(client: 1);
        rig.Advance(10);
        small.Send(client: 2);

        Left(small, 1, 2);
        Left(other, 1);
        Left(large, 2, 3, 4);
        large.ShouldHaveEnded((SessionEnd.EvictedTotal, 1));
        small.ShouldHaveEnded();
    }

    [Fact]
    public void TotalFull_OneSessionInAll_TheFirstOfTheOtherListenerMakesRoom()
    {
        var (rig, one) = Create(new(Total: 1, Many, Many));
        var other = rig.Serve(1);
        one.Send(client: 1);
        other.Send(client: 1);

        one.ShouldHaveEnded((SessionEnd.EvictedTotal, 1));
        rig.Table.Count.ShouldBe(1);
        one.Send(client: 1);
        Left(one, 1);
        Left(other);
    }

    [Fact]
    public void ClientFull_ItsOldestSession_MakesRoomWhicheverListenerHasIt()
    {
        var (rig, one) = Create(new(Many, Many, PerClient: 3));
        var other = rig.Serve(1);
        one.Send(client: 9, port: 1);
        other.Establish(UdpService.Flow(1, port: 1));
        rig.Advance(1);
        one.Send(client: 1, port: 2);
        rig.Advance(1);
        one.Send(client: 1, port: 3);

        one.Send(client: 1, port: 4);
        other.Has(UdpService.Flow(1, port: 1)).ShouldBeFalse();
        other.ShouldHaveEnded((SessionEnd.EvictedClient, 1));
        one.Send(client: 1, port: 5);

        one.Has(UdpService.Flow(1, port: 2)).ShouldBeFalse();
        one.Has(UdpService.Flow(9, port: 1)).ShouldBeTrue("of another client");
        one.ShouldHaveEnded((SessionEnd.EvictedClient, 1));
        rig.Table.Count.ShouldBe(4);
    }

    [Fact]
    public void ClientFull_ASessionThatIsActive_IsNotItsOldest()
    {
        var (rig, service) = Create(new(Many, Many, PerClient: 2));
        service.Send(client: 1, port: 1);
        service.Send(client: 1, port: 2);
        rig.Advance(1);
        service.Send(client: 1, port: 1);

        service.Send(client: 1, port: 3);

        service.Has(UdpService.Flow(1, port: 1)).ShouldBeTrue();
        service.Has(UdpService.Flow(1, port: 2)).ShouldBeFalse();
    }

    [Fact]
    public void ClientFull_OneSessionAClient_EachNewOneReplacesIt()
    {
        var (rig, service) = Create(new(Many, Many, PerClient: 1));
        for (int port = 1; port <= 20; port++)
        {
            service.Send(client: 1, port);
            service.Send(client: 2, port);
        }

        rig.Table.Count.ShouldBe(2);
        service.ShouldHaveEnded((SessionEnd.EvictedClient, 38));
    }

    /// <summary>Nothing is lost with it, and its port can be used at once: no answer is to come there.</summary>
    [Fact]
    public void PortsFull_OneThatIsAnswered_GoesFirst()
    {
        var (rig, service) = CreateWithPorts(4, answers: 1);
        service.Establish(UdpService.Flow(1));
        service.Exchange(UdpService.Flow(2));
        service.Send(client: 3);
        rig.Advance(1.5);
        service.Send(client: 4);

        var target = service.Send(client: 5);

        Left(service, 1, 3, 4, 5);
        service.ShouldHaveEnded((SessionEnd.EvictedPort, 1));
        rig.Answer(target)!.Value.Client.ShouldBe(UdpService.Flow(5).Client);
    }

    /// <summary>A flood that nobody answers. One makes room for each that comes later, when its port has rested, as long as fewer rest than serve.</summary>
    [Fact]
    public void PortsFull_AllWaitInVain_TheyMakeRoomAheadAndTheirPortsRest()
    {
        var (rig, service) = CreateWithPorts(4);
        service.Establish(UdpService.Flow(1));
        var first = service.Send(client: 2);
        service.Send(client: 3);
        service.Send(client: 4);
        rig.Advance(1);

        service.TrySend(UdpService.Flow(5)).ShouldBeNull();
        Left(service, 1, 3, 4);
        service.ShouldHaveDropped((DatagramDrop.NoPort, 1));
        rig.Answer(first).ShouldBeNull();
        service.TrySend(UdpService.Flow(6)).ShouldBeNull();
        service.TrySend(UdpService.Flow(7)).ShouldBeNull();
        Left(service, 1, 4);
        for (int second = 0; second < 60; second++)
        {
            service.Establish(UdpService.Flow(1));
            rig.Advance(1);
        }

        service.Send(client: 8).ShouldBe(first);
        Left(service, 1, 4, 8);
        service.ShouldHaveEnded((SessionEnd.EvictedPort, 2));
    }

    [Fact]
    public void PortsFull_QuestionsThatMayBeAnsweredAndOneThatGoesOn_NobodyMakesRoom()
    {
        var (rig, service) = CreateWithPorts(3);
        service.Establish(UdpService.Flow(1));
        service.Send(client: 2);
        service.Send(client: 3);
        rig.Time.Advance(TimeSpan.FromSeconds(1) - SessionRig.Tick);

        service.TrySend(UdpService.Flow(4)).ShouldBeNull();

        Left(service, 1, 2, 3);
        service.ShouldHaveEnded();
        service.ShouldHaveDropped((DatagramDrop.NoPort, 1));
    }

    [Fact]
    public void PortsFull_NearlyAllGoOn_TheOneThatIsQuietForLongestGoes()
    {
        var (rig, service) = CreateWithPorts(5, answers: 1);
        for (int client = 0; client < 4; client++)
        {
            for (int i = 0; i < 2; i++) service.Exchange(UdpService.Flow(client));
            rig.Advance(0.1);
        }

        service.Send(client: 4);
        rig.Advance(1);
        service.Exchange(UdpService.Flow(0));
        service.Send(client: 5);

        Left(service, 0, 2, 3, 4, 5);
    }

    [Fact]
    public void PortsFull_AnotherEndpoint_SharesTheSamePorts()
    {
        var (rig, _) = CreateWithPorts(4);
        var shared = rig.Serve(Dns(2));
        for (int client = 0; client < 8; client++) shared.Exchange(UdpService.Flow(client));

        shared.ShouldHaveEnded();
        rig.Sockets.Opened.ShouldBe(4);
        shared.TrySend(UdpService.Flow(8)).ShouldBeNull();
        rig.Advance(1);
        shared.Send(client: 8);
        shared.ShouldHaveEnded((SessionEnd.EvictedPort, 1));
    }

    [Fact]
    public void RefusedSession_MakesRoom_IsCountedAsRefused()
    {
        var (rig, service) = Create(new(Many, PerListener: 1, Many));
        rig.Refuse(service.Send(client: 1));

        service.Send(client: 2);

        service.ShouldHaveEnded((SessionEnd.Refused, 1));
        service.Endpoint(0).ActiveConnections.ShouldBe(1);
    }

    /// <summary>docs/semantics.md 10.7: a flood of forged sources fills any table; whoever is served stays served.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Flood_OfForgedSources_LeavesEstablishedFlowsAlone(bool endpointAnswersThem)
    {
        const int Limit = 100, Flows = 60;
        var (rig, service) = Create(new(2 * Limit, Limit, PerClient: 4));
        var known = Enumerable.Range(0, Flows).Select(client => (Flow: UdpService.Flow(client), Target: service.Establish(UdpService.Flow(client)))).ToList();

        for (int forged = 0; forged < 20_000; forged++)
        {
            rig.Time.Advance(TimeSpan.FromMilliseconds(1));
            var target = service.Send(client: 1_000 + forged);
            if (endpointAnswersThem) rig.Answer(target);
            rig.Table.Count.ShouldBeLessThanOrEqualTo(Limit);
            if (forged % 100 == 0) rig.Table.Sweep(rig.Now);
            if (forged % 5_000 != 0) continue;
            foreach (var (flow, at) in known) service.Exchange(flow).ShouldBe(at);
        }

        foreach (var (flow, _) in known) service.Has(flow).ShouldBeTrue();
        service.ShouldHaveEnded((SessionEnd.EvictedListener, 20_000 - (Limit - Flows)));
    }

    private static void Left(UdpService service, params int[] clients) =>
        service.Sessions.ToArray().Select(session => (int)(uint)session.Key.Client.Address.Value - unchecked((int)0xC0A8_0000)).Order().ShouldBe(clients);

    private static (SessionRig Rig, UdpService Service) Create(SessionLimits limits)
    {
        var rig = new SessionRig(limits);
        return (rig, rig.Serve(1));
    }

    /// <summary>With one endpoint, so that a port is as good as a session.</summary>
    private static (SessionRig Rig, UdpService Service) CreateWithPorts(int ports, int answers = 0)
    {
        var rig = new SessionRig();
        rig.Sockets.Limit = ports;
        return (rig, rig.Serve(answers == 1 ? Dns(1) : UdpService.Port(1)));
    }

    /// <summary>One answer to each question, without being told so: a session goes on after it.</summary>
    private static ServicePort Dns(int endpoints) => UdpService.Port(endpoints) with { Number = 53 };
}
