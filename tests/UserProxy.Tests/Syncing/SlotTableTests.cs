using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using UserProxy.FunctionalTests.Support;
using UserProxy.Model;
using UserProxy.Policy;
using UserProxy.Syncing;
using UserProxy.Tests.Tcp;

namespace UserProxy.Tests.Syncing;

public sealed class SlotTableTests
{
    /// <summary>However long somebody else has had it.</summary>
    [Fact]
    public async Task Retry_PortIsTaken_ComesWithinTwoSecondsOfTheRelease()
    {
        using var holder = new TcpListener(IPAddress.Loopback, FreePort.Next()) { ExclusiveAddressUse = true };
        holder.Start();
        var time = new FakeTimeProvider();
        var services = Connections.Services(time, new OwnAddresses(() => []));
        var virtualIPs = new VirtualIPSet(NoVirtualIPs.Instance, () => { }, time, NullLogger.Instance);
        var slots = new SlotTable(Connections.Listeners(services), services, virtualIPs, Connections.Network, () => { }, _ => { });
        new ServiceEntries(slots, services, _ => { }, new Random(1)).Merge(new ServiceTable(1, [Port((IPEndPoint)holder.LocalEndpoint)]));

        var waits = new List<TimeSpan>();
        for (int tries = 0; tries < 10; tries++)
        {
            await slots.ReconcileAsync();
            waits.Add(time.GetElapsedTime(time.GetTimestamp(), slots.RetryAt!.Value));
            time.Advance(waits[^1]);
        }

        waits.ShouldAllBe(wait => wait < TimeSpan.FromSeconds(2));
        waits[^1].ShouldBeGreaterThan(TimeSpan.FromSeconds(1), "thousands may be taken");

        holder.Stop();
        await slots.ReconcileAsync();
        slots.Running.ShouldBe(1);
        await slots.StopAllAsync();
    }

    private static ServicePort Port(IPEndPoint at)
    {
        ValueList<Endpoint> all = [new Endpoint(IPAddress.Parse("192.0.2.77"), 8080)];
        return new ServicePort
        {
            Name = new("shop", "web", "", TransportProtocol.Tcp),
            Family = AddressFamily.InterNetwork,
            Listeners = [new ListenAddress(ListenerKind.NodePort, at.Address, at.Port)],
            Endpoints = all,
            ClusterEndpoints = all,
            LocalEndpoints = [],
            HasEndpoints = true,
        };
    }
}
