using System.Net;
using UserProxy.Model;
using UserProxy.Policy;
using UserProxy.Tests.Scheduling;
using UserProxy.Udp;

namespace UserProxy.Tests.Udp;

/// <summary>Law 2 for UDP: sessions of an endpoint that has left end at the swap, the others do not notice it.</summary>
public sealed class SessionSwapTests
{
    private static readonly CidrBlock Lab = new(IPAddress.Parse("203.0.113.0"), 24);

    private readonly SessionRig _rig = new();

    [Fact]
    public void Revalidate_EndpointLeft_EndsItsSessionsAtOnceAndNoOthers()
    {
        var service = _rig.Serve(2);
        var targets = Enumerable.Range(0, 10).Select(client => service.Establish(UdpService.Flow(client))).ToList();
        var left = service.Endpoint(0);

        service.SwapAndRevalidate(Sets.Endpoint(1));

        service.ShouldHaveEnded((SessionEnd.EndpointLeft, 5));
        (left.ActiveConnections, service.Endpoint(1).ActiveConnections, _rig.Table.Count).ShouldBe((0, 5, 5));
        for (int client = 0; client < 10; client++)
        {
            var now = service.Send(client);
            now.Endpoint.ShouldBe(UdpService.Address(1));
            if (targets[client].Endpoint == now.Endpoint) now.ShouldBe(targets[client]);
        }

        service.Started.ShouldBe(15);
    }

    /// <summary>The datagram may overtake the loops' own look.</summary>
    [Fact]
    public void TryForward_EndpointLeft_PicksAnewWithThisDatagram()
    {
        var service = _rig.Serve(1);
        var before = service.Establish(UdpService.Flow(1));
        service.SwapEndpoints(Sets.Endpoint(7));

        var after = service.Send(client: 1);

        after.Endpoint.ShouldBe(UdpService.Address(7));
        service.ShouldHaveEnded((SessionEnd.EndpointLeft, 1));
        _rig.Answer(before).ShouldBeNull("the old endpoint has nobody left");
        _rig.Answer(after).ShouldNotBeNull();
        service.Revalidate();
        service.ShouldHaveEnded((SessionEnd.EndpointLeft, 1));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Swap_EndpointIsStillThere_SessionGoesOn(bool revalidate)
    {
        var service = _rig.Serve(2);
        var target = service.Establish(UdpService.Flow(1));
        service.SwapEndpoints([.. Enumerable.Range(0, 5).Select(number => Sets.Endpoint(number))]);
        if (revalidate) service.Revalidate();

        _rig.Answer(target).ShouldNotBeNull();
        service.Send(client: 1).ShouldBe(target);

        service.ShouldHaveEnded();
        (service.Started, service.Endpoint(0).ActiveConnections).ShouldBe((1, 1));
    }

    [Fact]
    public void Swap_EndpointLeavesAndComesBackUnseen_SessionGoesOn()
    {
        var service = _rig.Serve(1);
        var target = service.Send(client: 1);
        var endpoint = service.Endpoint(0);
        service.SwapEndpoints(Sets.Endpoint(1));
        service.SwapEndpoints(Sets.Endpoint(0), Sets.Endpoint(1));

        service.Send(client: 1).ShouldBe(target);

        service.Endpoint(0).ShouldBeSameAs(endpoint);
        (endpoint.ActiveConnections, service.EndedInAll).ShouldBe((1, 0));
    }

    [Fact]
    public void Swap_AllEndpointsLeaveAndOthersCome_TheNextDatagramGoesThere()
    {
        var service = _rig.Serve(2);
        service.Establish(UdpService.Flow(1));
        service.SwapAndRevalidate();
        service.ShouldHaveEnded((SessionEnd.EndpointLeft, 1));
        service.TrySend(UdpService.Flow(1)).ShouldBeNull();
        service.ShouldHaveDropped((DatagramDrop.NoEndpoint, 1));

        service.SwapAndRevalidate(Sets.Endpoint(3));

        service.Exchange(UdpService.Flow(1)).Endpoint.ShouldBe(UdpService.Address(3));
        _rig.Table.Count.ShouldBe(1);
    }

    [Fact]
    public void Swap_Settings_CountForSessionsThatAreThere()
    {
        var service = _rig.Serve(1);
        service.Exchange(UdpService.Flow(1));
        service.SwapSettings(new ServiceSettings { UdpResponses = 2 });

        var target = service.Send(client: 1);
        for (int i = 0; i < 3; i++)
        {
            service.ShouldHaveEnded();
            _rig.Answer(target).ShouldNotBeNull();
        }

        service.ShouldHaveEnded((SessionEnd.Responses, 1));
    }

    [Fact]
    public void Swap_ExternalPolicyBecomesLocal_OnlyThisNodesClientsKeepTheOthers()
    {
        var port = UdpService.Port(2) with { LocalEndpoints = [Sets.Endpoint(1)] };
        var service = _rig.Serve(port, ListenerKind.NodePort);
        SessionKey[] outside = [UdpService.Flow("203.0.113.1:5353"), UdpService.Flow("203.0.113.2:5353")];
        SessionKey[] inside = [UdpService.Flow("192.0.2.77:5353"), UdpService.Flow("127.0.0.1:5353")];
        var targets = outside.Concat(inside).ToDictionary(flow => flow, flow => service.Establish(flow));
        targets.Values.Select(target => target.Endpoint).Distinct().Count().ShouldBe(2);

        service.Swap(port with { ExternalPolicy = TrafficPolicy.Local });
        service.Revalidate();

        service.ShouldHaveEnded((SessionEnd.EndpointLeft, 1));
        foreach (var flow in inside) service.Send(flow).ShouldBe(targets[flow]);
        foreach (var flow in outside) service.Send(flow).Endpoint.ShouldBe(UdpService.Address(1));
    }

    /// <summary>With a Local policy an endpoint may leave one list and stay in the other.</summary>
    [Theory]
    [InlineData(ListenerKind.ClusterIP)]
    [InlineData(ListenerKind.ExternalIP)]
    public void Revalidate_EndpointIsNoLongerLocal_EndsItsSessionsUnderTheLocalPolicy(ListenerKind kind)
    {
        var port = UdpService.Port(3) with
        {
            InternalPolicy = TrafficPolicy.Local,
            ExternalPolicy = TrafficPolicy.Local,
            LocalEndpoints = [Sets.Endpoint(0), Sets.Endpoint(1)],
        };
        var service = _rig.Serve(port, kind);
        var flow = UdpService.Flow("203.0.113.1:5353");
        service.Establish(flow).Endpoint.ShouldBe(UdpService.Address(0));

        service.Swap(port with { LocalEndpoints = [Sets.Endpoint(1)] });
        service.Revalidate();

        service.ShouldHaveEnded((SessionEnd.EndpointLeft, 1));
        service.Send(flow).Endpoint.ShouldBe(UdpService.Address(1));
    }

    [Fact]
    public void SetAdmission_ClientIsNoLongerAdmitted_EndsItsSessionAtOnce()
    {
        var service = _rig.Serve(UdpService.Port(1), ListenerKind.LoadBalancer);
        var (stays, goes) = (UdpService.Flow("203.0.113.1:5353"), UdpService.Flow("198.51.100.1:5353"));
        var target = service.Establish(stays);
        service.Establish(goes);

        service.SetAdmission(new Admission([[Lab]]));

        service.ShouldHaveEnded((SessionEnd.NotAdmitted, 1));
        service.TrySend(goes).ShouldBeNull();
        service.ShouldHaveDropped((DatagramDrop.NotAdmitted, 1));
        service.Send(stays).ShouldBe(target);
        service.Endpoint(0).ActiveConnections.ShouldBe(1);
    }

    [Fact]
    public void TryForward_ClientIsNoLongerAdmitted_EndsItsSessionForThatReason()
    {
        var service = _rig.Serve(UdpService.Port(1), ListenerKind.LoadBalancer);
        var flow = UdpService.Flow("198.51.100.1:5353");
        service.Establish(flow);
        service.IgnoreRevalidations();
        service.SetAdmission(new Admission([[Lab]]));

        service.TrySend(flow).ShouldBeNull();

        service.ShouldHaveDropped((DatagramDrop.NotAdmitted, 1));
        service.ShouldHaveEnded((SessionEnd.NotAdmitted, 1));
    }

    [Fact]
    public void SetAdmission_WiderOrNone_SessionsGoOn()
    {
        var service = _rig.Serve(UdpService.Port(1), ListenerKind.LoadBalancer, new Admission([[Lab]]));
        var flow = UdpService.Flow("203.0.113.1:5353");
        var target = service.Establish(flow);

        service.SetAdmission(new Admission([[Lab, new CidrBlock(IPAddress.Parse("198.51.100.0"), 24)]]));
        service.Send(flow).ShouldBe(target);
        service.SetAdmission(null);
        service.Send(flow).ShouldBe(target);
        service.Send(UdpService.Flow("192.168.7.7:5353"));

        service.ShouldHaveEnded();
    }

    [Fact]
    public void Revalidate_OfOneListener_LeavesOthersToTheirOwn()
    {
        var (one, other) = (_rig.Serve(1), _rig.Serve(1));
        one.Send(client: 1);
        other.Send(client: 1);
        one.SwapEndpoints(Sets.Endpoint(5));
        other.SwapEndpoints(Sets.Endpoint(5));

        one.Revalidate();

        (one.Counters.Active, other.Counters.Active).ShouldBe((0, 1));
    }

    [Fact]
    public void Revalidate_RefusedSession_WaitsForItsNextDatagram()
    {
        var service = _rig.Serve(1);
        _rig.Refuse(service.Send(client: 1));

        service.SwapAndRevalidate(Sets.Endpoint(5));

        service.ShouldHaveEnded();
        service.Send(client: 1).Endpoint.ShouldBe(UdpService.Address(5));
        service.ShouldHaveEnded((SessionEnd.Refused, 1));
    }
}
