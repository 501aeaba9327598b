using System.Net;
using System.Net.Sockets;
using UserProxy.Model;
using UserProxy.Policy;
using UserProxy.Reading;
using UserProxy.Scheduling;
using UserProxy.Tcp;

namespace UserProxy.Tests.Reading;

/// <summary>Looks at all endpoints, of which tenants may declare as many as they like.</summary>
public sealed class ServiceReadingTests
{
    private const int NodePort = 30_080;

    private readonly OwnListeners _own = new();
    private readonly DialGuard _guard;
    private int _asked;

    public ServiceReadingTests()
    {
        _own.Add(new IPEndPoint(IPAddress.Any, NodePort));
        _guard = new DialGuard(allowLoopback: true, new OwnAddresses(() => []), _own, _ =>
        {
            _asked++;
            return true;
        });
    }

    /// <summary>Each question to the kernel would be four system calls.</summary>
    [Fact]
    public void Look_EndpointsElsewhereOnOurNodePort_AsksNoKernel_AndTheDialDoes()
    {
        Endpoint[] endpoints = [Elsewhere(1, NodePort), Elsewhere(2, NodePort)];
        var reading = Read(endpoints);

        reading.FindLoops().ShouldBeEmpty();
        foreach (var endpoint in reading.ReadEndpoints()) (endpoint.Used, endpoint.LeadsBack).ShouldBe((true, false));
        _asked.ShouldBe(0);
        _guard.FaultOf(endpoints[0].EndPoint).ShouldBe(ConnectOutcome.Loop);
        _guard.RefusalOf(reading.Name, endpoints[0]).ShouldBe("a listener of this proxy: dialling it would lead back here", "explain asks about few");
        _asked.ShouldBe(2);
    }

    [Fact]
    public void FindLoops_InBothLists_IsFoundOnceAndKept()
    {
        var own = new Endpoint(IPAddress.Loopback, NodePort);
        var reading = Read([Elsewhere(1, NodePort), own], [own]);

        var loops = reading.FindLoops();

        loops.ShouldHaveSingleItem().ShouldBe(own);
        foreach (var endpoint in reading.ReadEndpoints()) endpoint.LeadsBack.ShouldBe(endpoint.Endpoint == own);
        _own.Remove(new IPEndPoint(IPAddress.Any, NodePort));
        reading.FindLoops().ShouldBeSameAs(loops, "of one reading there is one answer");
        Read([own]).FindLoops().ShouldBeEmpty();
    }

    /// <summary>Nearly every Service.</summary>
    [Fact]
    public void FindLoops_OnNoPortOfOurs_TakesNoMemory()
    {
        Endpoint[] endpoints = [.. Enumerable.Range(0, 10_000).Select(number => Elsewhere(number, 8080))];
        Read(endpoints).FindLoops().ShouldBeEmpty();
        var reading = Read(endpoints);

        long before = GC.GetAllocatedBytesForCurrentThread();
        var loops = reading.FindLoops();
        long taken = GC.GetAllocatedBytesForCurrentThread() - before;

        loops.ShouldBeEmpty();
        taken.ShouldBeLessThan(endpoints.Length, "not a byte for each");
    }

    private static Endpoint Elsewhere(int number, int port) => new(new IPAddress([10, 244, (byte)(number >> 8), (byte)number]), port);

    private ServiceReading Read(Endpoint[] cluster, params Endpoint[] local)
    {
        var port = new ServicePort
        {
            Name = new("shop", "web", "http", TransportProtocol.Tcp),
            Family = AddressFamily.InterNetwork,
            Endpoints = [.. cluster],
            ClusterEndpoints = [.. cluster],
            LocalEndpoints = [.. local],
            HasEndpoints = true,
        };
        var state = new TcpPortState(port.Name, new SchedulerCursor(0));
        state.Publish(new ServiceSnapshot(port, previous: null, new OwnAddresses(() => []), state.Cursor, new FakeTimeProvider()));
        return new ServiceReading(state, [], _guard);
    }
}
