using System.Net;
using System.Net.Sockets;
using UserProxy.App.Servers.Admin;
using UserProxy.Model;
using UserProxy.Policy;
using UserProxy.Reading;
using UserProxy.Scheduling;
using UserProxy.Tcp;
using UserProxy.Tests;

namespace UserProxy.App.Tests.Servers.Admin;

/// <summary>Endpoints that are listeners of this proxy, alone and beside others.</summary>
public sealed class FailingEndpointsTests
{
    private static readonly Endpoint Own = new(IPAddress.Loopback, 30_080), Other = new(IPAddress.Parse("10.244.0.1"), 8080);

    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void AllLeadBack_IsOneFault() => Reasons([Own]).ShouldBe("EndpointLoop");

    [Fact]
    public void OneLeadsBack_AndTheOtherFails_IsBoth() => Reasons([Own, Other]).ShouldBe("EndpointLoop EndpointsFailing");

    [Fact]
    public void TheOnlyOneFails_IsOneFault() => Reasons([Other]).ShouldBe("EndpointsFailing");

    /// <summary>Of a Service port of which each endpoint has failed its last dial.</summary>
    private string Reasons(Endpoint[] endpoints)
    {
        var port = new ServicePort
        {
            Name = new("shop", "web", "http", TransportProtocol.Tcp),
            Family = AddressFamily.InterNetwork,
            Endpoints = [.. endpoints],
            ClusterEndpoints = [.. endpoints],
            HasEndpoints = true,
        };
        var addresses = new OwnAddresses(() => []);
        var own = new OwnListeners();
        own.Add(new IPEndPoint(IPAddress.Any, Own.Port));
        var service = new TcpPortState(port.Name, new SchedulerCursor(0));
        service.Publish(new ServiceSnapshot(port, previous: null, addresses, service.Cursor, _time));
        foreach (var state in service.Snapshot!.Cluster.States)
        {
            service.Counters.CountConnectFailure(ConnectOutcome.Refused);
            state.Note(LastDial.Refused, _time.GetTimestamp());
        }

        var failing = new FailingEndpoints(_time.GetUtcNow());
        failing.Look(new ServiceReading(service, [], new DialGuard(allowLoopback: true, addresses, own)));
        return string.Join(' ', failing.Faults.Select(fault => fault.Reason));
    }
}
