using UserProxy.Policy;
using UserProxy.Scheduling;
using UserProxy.Tests.Scheduling;
using UserProxy.Udp;

namespace UserProxy.Tests.Udp;

/// <summary>An endpoint's host says that nobody is there: a failed dial, and the flow goes elsewhere.</summary>
public sealed class SessionRefusalTests
{
    private readonly SessionRig _rig = new();

    [Theory]
    [InlineData(ConnectOutcome.Refused)]
    [InlineData(ConnectOutcome.Unreachable)]
    public void EndpointRefused_CountsAsAFailedDialAndFreesThePlace(ConnectOutcome outcome)
    {
        var service = _rig.Serve(2);
        var target = service.Send(client: 1);

        _rig.Refuse(target, outcome);

        var endpoint = service.Endpoint(0);
        (endpoint.ActiveConnections, endpoint.TotalConnections, endpoint.FailedConnects).ShouldBe((0, 1, 1));
        Enum.GetValues<ConnectOutcome>().Where(each => service.State.Counters.ConnectFailures(each) > 0).ShouldBe([outcome]);
        service.State.Counters.ConnectFailures(outcome).ShouldBe(1);
        // It waits for its client's next datagram.
        (_rig.Table.Count, service.Counters.Active, service.EndedInAll).ShouldBe((1, 1, 0));
        _rig.Answer(target).ShouldBeNull();
    }

    [Fact]
    public void EndpointRefused_NextDatagram_GoesToAnother()
    {
        var service = _rig.Serve(2);
        for (int client = 0; client < 20; client++)
        {
            var refused = service.Send(client);
            _rig.Refuse(refused);
            var next = service.Send(client);
            next.Endpoint.ShouldNotBe(refused.Endpoint);
            _rig.Answer(next).ShouldNotBeNull();
        }

        service.ShouldHaveEnded((SessionEnd.Refused, 20));
        service.ShouldHaveDropped();
    }

    /// <summary>Any Pod can send an ICMP error about a port that it knows.</summary>
    [Fact]
    public void EndpointRefused_SaidByAStranger_EndsTheSessionAndIsNotHeldAgainstTheEndpoint()
    {
        var service = _rig.Serve(2);
        for (int client = 0; client < 20; client++)
        {
            var refused = service.Send(client);
            _rig.Table.EndpointRefused(refused.Pool, refused.Port, refused.Endpoint, ConnectOutcome.Refused, _rig.Now, ClientAddress.FromIPv4(0x0A63_0101));
            service.Send(client).Endpoint.ShouldNotBe(refused.Endpoint);
        }

        (service.Endpoint(0).FailedConnects, service.Endpoint(1).FailedConnects).ShouldBe((0, 0));
        var said = service.Send(client: 100);
        _rig.Table.EndpointRefused(said.Pool, said.Port, said.Endpoint, ConnectOutcome.Refused, _rig.Now, said.Endpoint.Address);
        (service.Endpoint(0).FailedConnects + service.Endpoint(1).FailedConnects).ShouldBe(1);
    }

    [Fact]
    public void EndpointRefused_OnlyEndpoint_IsTriedAgain()
    {
        var service = _rig.Serve(1);
        for (int i = 0; i < 5; i++) _rig.Refuse(service.Send(client: 1));

        service.Exchange(UdpService.Flow(1)).Endpoint.ShouldBe(UdpService.Address(0));
        (service.Endpoint(0).FailedConnects, service.Endpoint(0).ActiveConnections).ShouldBe((5, 1));
    }

    [Fact]
    public void EndpointRefused_ThreeInARow_PutItAsideForFiveSeconds()
    {
        var service = _rig.Serve(2);
        RefuseAtEndpoint0(service, 2);
        service.State.Snapshot!.Cluster.IsEjected(service.Endpoint(0)).ShouldBeFalse();
        RefuseAtEndpoint0(service, 1);

        service.State.Snapshot.Cluster.IsEjected(service.Endpoint(0)).ShouldBeTrue();
        for (int client = 100; client < 120; client++) service.Send(client).Endpoint.ShouldBe(UdpService.Address(1));
        _rig.Advance(5);
        Enumerable.Range(200, 2).Select(client => service.Send(client).Endpoint).Distinct().Count().ShouldBe(2);
    }

    [Fact]
    public void TryAnswer_BetweenRefusals_EndsTheRow()
    {
        var service = _rig.Serve(2);
        RefuseAtEndpoint0(service, 2);
        while (service.Exchange(UdpService.Flow(500 + (int)service.Started)).Endpoint != UdpService.Address(0))
        {
        }

        RefuseAtEndpoint0(service, 2);

        service.State.Snapshot!.Cluster.IsEjected(service.Endpoint(0)).ShouldBeFalse();
    }

    [Fact]
    public void EndpointRefused_TwiceForOneSession_CountsOnce()
    {
        var service = _rig.Serve(1);
        var target = service.Send(client: 1);
        _rig.Refuse(target);
        _rig.Refuse(target);
        service.Endpoint(0).FailedConnects.ShouldBe(1);
    }

    [Fact]
    public void EndpointRefused_NobodyTalksToIt_IsNothing()
    {
        var service = _rig.Serve(1);
        var target = service.Send(client: 1);
        _rig.Refuse(target with { Port = target.Port + 1 });
        _rig.Refuse(target with { Endpoint = UdpService.Address(5) });
        service.Endpoint(0).FailedConnects.ShouldBe(0);
        service.Send(client: 1).ShouldBe(target);
    }

    [Fact]
    public void EndpointRefused_ItsPort_RestsBeforeAnotherFlowHasIt()
    {
        var service = _rig.Serve(1);
        var target = service.Send(client: 1);
        _rig.Refuse(target);
        service.Send(client: 2).Port.ShouldNotBe(target.Port);
    }

    [Fact]
    public void EndpointRefused_AfterItsEndpointLeft_CountsForNobodyElse()
    {
        var service = _rig.Serve(1);
        var target = service.Send(client: 1);
        var left = service.Endpoint(0);
        service.SwapEndpoints(Sets.Endpoint(5));

        _rig.Refuse(target);

        (left.FailedConnects, left.ActiveConnections, service.Endpoint(5).FailedConnects).ShouldBe((1, 0, 0));
        service.Send(client: 1).Endpoint.ShouldBe(UdpService.Address(5));
    }

    [Fact]
    public void Sweep_RefusedSessionWhoseClientIsGone_EndsAsRefused()
    {
        var service = _rig.Serve(1);
        _rig.Refuse(service.Send(client: 1));
        _rig.SweepAfter(TimeSpan.FromSeconds(31));
        service.ShouldHaveEnded((SessionEnd.Refused, 1));
        (_rig.Table.Count, service.Endpoint(0).ActiveConnections).ShouldBe((0, 0));
    }

    [Fact]
    public void Detach_RefusedSession_EndsOnce()
    {
        var service = _rig.Serve(1);
        _rig.Refuse(service.Establish(UdpService.Flow(1)));
        _rig.Table.Detach(service.Sessions, _rig.Now);
        service.ShouldHaveEnded((SessionEnd.Refused, 1));
        (_rig.Table.Count, service.Counters.Active, service.Endpoint(0).ActiveConnections).ShouldBe((0, 0, 0));
    }

    /// <summary>Flows that are given endpoint 0 are refused there.</summary>
    private void RefuseAtEndpoint0(UdpService service, int times)
    {
        while (times > 0)
        {
            var target = service.Send(client: 1_000 + (int)service.Started);
            if (target.Endpoint != UdpService.Address(0)) continue;
            _rig.Refuse(target);
            times--;
        }
    }
}
