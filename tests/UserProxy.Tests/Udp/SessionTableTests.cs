using System.Net;
using System.Net.Sockets;
using UserProxy.Model;
using UserProxy.Policy;
using UserProxy.Reading;
using UserProxy.Serving;
using UserProxy.Udp;

namespace UserProxy.Tests.Udp;

/// <summary>Which flow a datagram belongs to, what it is given, and what is not let in.</summary>
public sealed class SessionTableTests
{
    private readonly SessionRig _rig = new();

    [Fact]
    public void TryForward_SameFlow_KeepsItsEndpointAndPort()
    {
        var service = _rig.Serve(5);
        var first = service.Send(client: 1);
        for (int i = 0; i < 20; i++)
        {
            _rig.Advance(0.3);
            service.Send(client: 2 + i);
            service.Send(client: 1).ShouldBe(first);
        }

        service.Started.ShouldBe(21);
    }

    [Theory]
    [InlineData("192.168.0.1:40001", "10.96.0.1")]
    [InlineData("192.168.0.2:40000", "10.96.0.1")]
    [InlineData("192.168.0.1:40000", "10.96.0.2")]
    public void TryForward_AnotherPortOrAddressOrLocalAddress_IsAnotherFlow(string client, string local)
    {
        var service = _rig.Serve(1);
        var one = UdpService.Flow("192.168.0.1:40000");
        var other = UdpService.Flow(client, local);

        var (toOne, toOther) = (service.Send(one), service.Send(other));

        toOther.ShouldNotBe(toOne);
        _rig.Table.Count.ShouldBe(2);
        _rig.Answer(toOther).ShouldBe(new ClientTarget(service.Sessions, other.Client, other.Local));
        _rig.Answer(toOne).ShouldBe(new ClientTarget(service.Sessions, one.Client, one.Local));
    }

    [Fact]
    public void TryForward_SameFlowToTwoServices_IsTwoSessions()
    {
        var (one, other) = (_rig.Serve(1), _rig.Serve(1));
        var flow = UdpService.Flow(1);

        var (toOne, toOther) = (one.Send(flow), other.Send(flow));

        toOther.ShouldNotBe(toOne);
        _rig.Answer(toOther)!.Value.Listener.ShouldBeSameAs(other.Sessions);
        _rig.Answer(toOne)!.Value.Listener.ShouldBeSameAs(one.Sessions);
        (one.Counters.Active, other.Counters.Active).ShouldBe((1, 1));
    }

    /// <summary>Ports are shared by endpoints and Services; an answer's source and port tell whose it is.</summary>
    [Fact]
    public void TryAnswer_ManyFlowsOfManyServices_EachGetsItsOwn()
    {
        UdpService[] services = [_rig.Serve(3), _rig.Serve(3), _rig.Serve(2)];
        var sent = new List<(UpstreamTarget Target, ClientTarget Client)>();
        foreach (var service in services)
        {
            for (int client = 0; client < 100; client++)
            {
                var flow = UdpService.Flow(client % 40, 30_000 + client);
                sent.Add((service.Send(flow), new(service.Sessions, flow.Client, flow.Local)));
            }
        }

        sent.Select(pair => pair.Target).Distinct().Count().ShouldBe(300);
        _rig.Sockets.Open().ShouldBeLessThan(150);
        new Random(7).Shuffle(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(sent));
        foreach (var (target, client) in sent) _rig.Answer(target).ShouldBe(client);
        _rig.Services.Unexpected.ShouldBe(0);
    }

    [Fact]
    public void TryAnswer_NobodyTalksToIt_IsCountedAsUnexpected()
    {
        var service = _rig.Serve(1);
        var target = service.Send(client: 1);

        _rig.Answer(target with { Port = target.Port + 1 }).ShouldBeNull();
        _rig.Answer(target with { Port = 1_000_000 }).ShouldBeNull();
        _rig.Answer(target with { Endpoint = target.Endpoint with { Port = 53 } }).ShouldBeNull();
        _rig.Answer(target with { Endpoint = UdpService.Address(9) }).ShouldBeNull();
        _rig.Answer(target with { Endpoint = DatagramAddress.From(IPEndPoint.Parse("[2001:db8::1]:8080")) }).ShouldBeNull();

        _rig.Services.Unexpected.ShouldBe(5);
        (service.Counters.DatagramsOut, service.Counters.BytesOut).ShouldBe((0, 0));
        service.Exchange(UdpService.Flow(1)).ShouldBe(target);
    }

    [Fact]
    public void TryAnswer_AfterTheSessionEnded_IsUnexpectedAndGoesToNobody()
    {
        var service = _rig.Serve(1);
        var target = service.Send(client: 1);
        _rig.Table.Detach(service.Sessions, _rig.Now);
        service.Send(client: 2).ShouldNotBe(target, "a port rests before it is another client's");

        _rig.Answer(target).ShouldBeNull();

        _rig.Services.Unexpected.ShouldBe(1);
    }

    [Fact]
    public void Counters_DatagramsOfAnySize_AddUp()
    {
        var service = _rig.Serve(1);
        var flow = UdpService.Flow(1);
        foreach (int length in new[] { 0, 1, 65_507 }) _rig.Answer(service.Send(flow, length), 2 * length).ShouldNotBeNull();
        var endpoint = service.Endpoint(0);
        (endpoint.ActiveConnections, endpoint.TotalConnections, endpoint.BytesIn).ShouldBe((1, 1, 65_508));

        _rig.Table.Detach(service.Sessions, _rig.Now);

        var counters = service.Counters;
        (counters.DatagramsIn, counters.BytesIn, counters.DatagramsOut, counters.BytesOut).ShouldBe((3, 65_508, 3, 131_016));
        (endpoint.ActiveConnections, endpoint.TotalConnections, endpoint.BytesIn, endpoint.BytesOut).ShouldBe((0, 1, 65_508, 131_016));
        service.State.Counters.Accepted.ShouldBe(1);
    }

    [Fact]
    public void Sessions_AreTheLoadOfTheirServiceAndEndpoints()
    {
        var service = _rig.Serve(3, new ServiceSettings { Scheduler = SchedulerKind.LeastConnection });
        for (int client = 0; client < 30; client++) service.Send(client);

        Enumerable.Range(0, 3).Select(number => service.Endpoint(number).ActiveConnections).ShouldBe([10, 10, 10]);
        (service.State.Active, service.State.IsIdle).ShouldBe((30, false));
        _rig.Table.Detach(service.Sessions, _rig.Now);
        (service.State.Active, service.State.IsIdle).ShouldBe((0, true));
    }

    [Fact]
    public void TryForward_FromPortZero_CannotBeAnswered()
    {
        var service = _rig.Serve(1);
        service.TrySend(UdpService.Flow(1, port: 0)).ShouldBeNull();
        service.ShouldHaveDropped((DatagramDrop.Unanswerable, 1));
        ShouldHaveTakenNothing(service);
    }

    [Fact]
    public void TryForward_NoEndpoint_IsDropped()
    {
        var service = _rig.Serve(0);
        service.TrySend(UdpService.Flow(1)).ShouldBeNull();
        service.TrySend(UdpService.Flow(1)).ShouldBeNull();
        service.ShouldHaveDropped((DatagramDrop.NoEndpoint, 2));
        ShouldHaveTakenNothing(service);
    }

    /// <summary>Two echoing listeners would send an answer to and fro for ever.</summary>
    [Theory]
    [InlineData("10.96.0.9:53", true)]
    [InlineData("10.96.0.9:54", false)]
    [InlineData("10.96.0.8:53", false)]
    [InlineData("192.0.2.77:30053", true)]
    [InlineData("127.0.0.1:30053", true)]
    [InlineData("192.0.2.78:30053", false)]
    [InlineData("192.0.2.77:30054", false)]
    public void TryForward_FromOneOfOurListeners_IsALoop(string source, bool isLoop)
    {
        var service = _rig.Serve(1);
        _rig.OwnListeners.Add(new IPEndPoint(IPAddress.Parse("10.96.0.9"), 53));
        _rig.OwnListeners.Add(new IPEndPoint(IPAddress.Any, 30_053));

        service.TrySend(UdpService.Flow(source)).HasValue.ShouldBe(!isLoop);

        service.Counters.Dropped(DatagramDrop.Loop).ShouldBe(isLoop ? 1 : 0);
        if (isLoop) ShouldHaveTakenNothing(service);
    }

    /// <summary>What is sent there would be taken for the answer of another client's session.</summary>
    [Fact]
    public void TryForward_EndpointIsOurPortTowardsEndpoints_IsALoopWhileThePortIsOpen()
    {
        _rig.Sockets.FirstNumber = 41_000;
        _rig.Serve(1).Send(client: 1);
        var service = _rig.Serve(UdpService.Port([new Endpoint(SessionRig.OwnAddress, 41_000)]));

        service.TrySend(UdpService.Flow(2)).ShouldBeNull();

        service.ShouldHaveDropped((DatagramDrop.Loop, 1));
        _rig.Problems.ShouldHaveSingleItem();
        for (int hour = 0; hour < 3; hour++) _rig.SweepAfter(TimeSpan.FromHours(1));
        _rig.Sockets.Open().ShouldBe(0);
        service.TrySend(UdpService.Flow(2)).ShouldNotBeNull();
    }

    [Theory]
    [InlineData("169.254.169.254:53")]
    [InlineData("127.0.0.1:53")]
    [InlineData("10.96.0.9:53", DatagramDrop.Loop)]
    public void TryForward_EndpointThatMayNotBeSentTo_IsNone(string endpoint, DatagramDrop drop = DatagramDrop.NoEndpoint)
    {
        _rig.OwnListeners.Add(new IPEndPoint(IPAddress.Parse("10.96.0.9"), 53));
        var address = IPEndPoint.Parse(endpoint);
        var service = _rig.Serve(UdpService.Port([new Endpoint(address.Address, address.Port)]));

        service.TrySend(UdpService.Flow(1)).ShouldBeNull();

        service.ShouldHaveDropped((drop, 1));
        service.State.Snapshot!.Cluster.States[0].ActiveConnections.ShouldBe(0);
        (_rig.Table.Count, _rig.Sockets.Opened).ShouldBe((0, 0));
    }

    [Fact]
    public void Loop_IsReportedOnceUntilTheEndpointsChange()
    {
        _rig.OwnListeners.Add(new IPEndPoint(IPAddress.Parse("10.96.0.9"), 53));
        var loop = UdpService.Port([new Endpoint(IPAddress.Parse("10.96.0.9"), 53)]);
        var service = _rig.Serve(loop);
        for (int i = 0; i < 3; i++) service.TrySend(UdpService.Flow(i)).ShouldBeNull();
        _rig.Table.DropLast(service.Sessions, UdpService.Flow(4));
        _rig.Problems.ShouldHaveSingleItem().Reason.ShouldBe(ServiceProblem.EndpointLoop);
        service.ShouldHaveDropped((DatagramDrop.Loop, 4));

        service.Swap(loop with { Number = loop.Number + 1 });
        service.TrySend(UdpService.Flow(5)).ShouldBeNull();

        _rig.Problems.Count.ShouldBe(2);
    }

    [Fact]
    public void TryForward_NotAdmitted_IsDropped()
    {
        var service = _rig.Serve(UdpService.Port(1), ListenerKind.LoadBalancer, new Admission([[new CidrBlock(IPAddress.Parse("203.0.113.0"), 24)]]));

        service.TrySend(UdpService.Flow("198.51.100.1:5353")).ShouldBeNull();
        service.TrySend(UdpService.Flow("203.0.113.7:5353")).ShouldNotBeNull();

        service.ShouldHaveDropped((DatagramDrop.NotAdmitted, 1));
        _rig.Table.Count.ShouldBe(1);
    }

    [Fact]
    public void TryForward_NoPortCanBeOpened_IsDroppedUntilOneCan()
    {
        var service = _rig.Serve(2);
        _rig.Sockets.Limit = 0;
        service.TrySend(UdpService.Flow(1)).ShouldBeNull();
        service.ShouldHaveDropped((DatagramDrop.NoPort, 1));
        ShouldHaveTakenNothing(service);

        _rig.Sockets.Limit = 1;
        service.Exchange(UdpService.Flow(1));
    }

    [Fact]
    public void TryForward_Affinity_AllFlowsOfAClientShareAnEndpoint()
    {
        var service = _rig.Serve(UdpService.Port(5) with { AffinityTimeout = TimeSpan.FromHours(1) });
        var first = service.Send(client: 1);
        for (int port = 1; port < 20; port++)
        {
            service.Send(client: 2, port);
            service.Send(client: 1, port).Endpoint.ShouldBe(first.Endpoint);
        }
    }

    [Fact]
    public void TryForward_EachFamily_HasPortsOfItsOwn()
    {
        var four = _rig.Serve(1);
        var six = _rig.Serve(UdpService.Port([new Endpoint(IPAddress.Parse("2001:db8::9"), 53)]) with { Family = AddressFamily.InterNetworkV6 });
        var flow = UdpService.Flow("[fe80::1%3]:5353", "fd00::1");

        four.Send(client: 1).Port.ShouldBe(0);
        four.Send(client: 2).Port.ShouldBe(1);
        var target = six.Exchange(flow);

        target.ShouldBe(
            new UpstreamTarget(
                DatagramAddress.From(IPEndPoint.Parse("[2001:db8::9]:53")), new PoolKey(AddressFamily.InterNetworkV6, OfPods: false), Port: 0));
        (_rig.Sockets.Open(), _rig.Sockets.Open(AddressFamily.InterNetworkV6)).ShouldBe((2, 1));
    }

    [Fact]
    public void Detach_OneListener_EndsItsSessionsAndNoOthers()
    {
        var (closed, other) = (_rig.Serve(2), _rig.Serve(2));
        for (int client = 0; client < 10; client++)
        {
            closed.Establish(UdpService.Flow(client));
            other.Send(client);
        }

        _rig.Table.Detach(closed.Sessions, _rig.Now);

        closed.ShouldHaveEnded((SessionEnd.Closed, 10));
        other.ShouldHaveEnded();
        (_rig.Table.Count, closed.Counters.Active, other.Counters.Active).ShouldBe((10, 0, 10));
        (closed.Endpoint(0).ActiveConnections, closed.Endpoint(1).ActiveConnections).ShouldBe((0, 0));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Responses_SeveralQuestionsOutstanding_EndWithTheLastAnswer(int responses)
    {
        const int Questions = 4;
        var service = _rig.Serve(1, new ServiceSettings { UdpResponses = responses });
        var target = service.Send(client: 1);
        for (int i = 1; i < Questions; i++) service.Send(client: 1).ShouldBe(target);

        for (int i = 1; i < Questions * responses; i++)
        {
            _rig.Answer(target).ShouldNotBeNull();
            service.Counters.Active.ShouldBe(1);
        }

        _rig.Answer(target).ShouldNotBeNull("the last one goes to its client, too");
        service.ShouldHaveEnded((SessionEnd.Responses, 1));
        _rig.Answer(target).ShouldBeNull();
        _rig.Services.Unexpected.ShouldBe(1);
        service.Endpoint(0).ActiveConnections.ShouldBe(0);
    }

    [Fact]
    public void Responses_ZeroIsAnyNumber_SessionGoesOn()
    {
        var service = _rig.Serve(1);
        var target = service.Send(client: 1);
        for (int i = 0; i < 100; i++) _rig.Answer(target).ShouldNotBeNull();
        service.Counters.Active.ShouldBe(1);
    }

    [Fact]
    public void Responses_NextQuestionOfTheFlow_BeginsAnew()
    {
        var service = _rig.Serve(2, new ServiceSettings { UdpResponses = 1 });
        var endpoints = Enumerable.Range(0, 4).Select(_ => service.Exchange(UdpService.Flow(1)).Endpoint).ToList();
        endpoints.Distinct().Count().ShouldBe(2, "round robin goes on");
        service.ShouldHaveEnded((SessionEnd.Responses, 4));
    }

    /// <summary>A few clients that ask as fast as they are answered: each question on a port of its own, there would be none left within a second.</summary>
    [Fact]
    public void Responses_ClientsThatGoOnAtOnce_KeepTheirPorts()
    {
        const int Clients = 8, Many = 100;
        var rig = new SessionRig(SessionLimits.Default with { AmplePorts = Many });
        rig.Sockets.Limit = 2 * Many;
        var service = rig.Serve(3, new ServiceSettings { UdpResponses = 1 });
        for (int i = 0; i < 100_000; i++)
        {
            service.Exchange(UdpService.Flow(i % Clients));
            rig.Advance(0.00004);
            if (i % 10_000 == 0) rig.Table.Sweep(rig.Now);
        }

        service.DroppedInAll.ShouldBe(0);
        rig.Sockets.Open().ShouldBeInRange(Many, Many + Clients);
    }

    /// <summary>Without a sweep: it comes twice a second.</summary>
    [Fact]
    public void Responses_ManyClientsOfOneQuestion_EndAsOthersBegin()
    {
        var rig = new SessionRig(SessionLimits.Default with { AmplePorts = 100 });
        var service = rig.Serve(3, new ServiceSettings { UdpResponses = 1 });
        for (int client = 0; client < 10_000; client++)
        {
            service.Exchange(UdpService.Flow(client));
            rig.Advance(0.001);
        }

        service.Counters.Active.ShouldBeInRange(100, 130);
    }

    /// <summary>An endpoint that follows no such count: its client gets what comes at once, and the port then rests as one that may be owed more.</summary>
    [Fact]
    public void Responses_OneMoreAtOnce_GoesToItsClient()
    {
        var rig = new SessionRig(SessionLimits.Default with { AmplePorts = 1 });
        var service = rig.Serve(1, new ServiceSettings { UdpResponses = 1 });
        var target = service.Exchange(UdpService.Flow(1));
        rig.Answer(target).ShouldNotBeNull();
        service.Sessions.TryFind(UdpService.Flow(1), out var session).ShouldBeTrue();
        session.Debt.ShouldBe(AnswerDebt.Owing);
        rig.SweepAfter(SessionRig.Linger - SessionRig.Tick);
        service.ShouldHaveEnded();
        rig.SweepAfter(SessionRig.Tick);
        service.ShouldHaveEnded((SessionEnd.Responses, 1));
    }

    [Fact]
    public void TryForward_NoMemoryForMoreSessions_TheOneThatIsWorthLeastMakesRoom()
    {
        var memory = new MemoryBudget(available: 800 * MemoryBudget.PerSession, perConnection: 0);
        var rig = new SessionRig(memory: memory);
        var service = rig.Serve(1);
        for (int client = 0; client < 500; client++) service.Send(client);

        (rig.Table.Count, memory.Held).ShouldBe((150, memory.SessionLimit));
        service.Counters.Ended(SessionEnd.EvictedTotal).ShouldBe(350);

        rig.Table.Detach(service.Sessions, rig.Now);
        rig.Table.Sweep(rig.Now);
        memory.Held.ShouldBe(64 * MemoryBudget.PerSession, "a few are kept for those to come");
    }

    [Fact]
    public void TryForward_NoMemoryAtAll_SomeAreServedAllTheSame()
    {
        var memory = new MemoryBudget(available: 1_000_000, perConnection: 0) { IsShort = true };
        var rig = new SessionRig(memory: memory);
        var service = rig.Serve(1);
        for (int client = 0; client < 500; client++) service.Send(client);

        rig.Table.Count.ShouldBe(64);
    }

    private void ShouldHaveTakenNothing(UdpService service)
    {
        (_rig.Table.Count, service.Started, service.Counters.DatagramsIn, _rig.Sockets.Opened).ShouldBe((0, 0, 0, 0));
        foreach (var endpoint in service.State.Snapshot!.Cluster.States) (endpoint.ActiveConnections, endpoint.TotalConnections).ShouldBe((0, 0));
    }
}
