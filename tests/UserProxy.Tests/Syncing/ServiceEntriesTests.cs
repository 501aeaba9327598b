using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using UserProxy.Model;
using UserProxy.Policy;
using UserProxy.Reading;
using UserProxy.Syncing;
using UserProxy.Tests.Tcp;

namespace UserProxy.Tests.Syncing;

public sealed class ServiceEntriesTests
{
    private static readonly IPAddress Here = IPAddress.Parse("192.0.2.77"), Elsewhere = IPAddress.Parse("192.0.2.78");

    private readonly List<ServiceProblem> _problems = [];

    /// <summary>An address may come to the node after the endpoint that names it.</summary>
    [Fact]
    public void NodeChanged_AddressesOfEndpoints_AreJudgedAnew()
    {
        IPAddress[] addresses = [];
        var own = new OwnAddresses(() => addresses);
        var entries = Create(own);
        entries.Merge(new ServiceTable(1, [Port(Here, Elsewhere)]));
        Used(entries).ShouldBe([Here, Elsewhere]);

        addresses = [Here];
        own.Refresh().ShouldBeTrue();
        entries.NodeChanged();
        entries.NodeChanged();

        Used(entries).ShouldBe([Elsewhere]);
        entries.Endpoints.ShouldBe(1);
        _problems.ShouldHaveSingleItem().Reason.ShouldBe(ServiceProblem.EndpointRefused);

        addresses = [];
        own.Refresh().ShouldBeTrue();
        entries.NodeChanged();
        Used(entries).ShouldBe([Here, Elsewhere]);
    }

    [Fact]
    public void Merge_RefusedEndpointsStay_AreSaidOnceAndNewOnesAlone()
    {
        var entries = Create(new OwnAddresses(() => []));
        var bad = Enumerable.Range(1, 25).Select(last => IPAddress.Parse($"169.254.0.{last}")).ToArray();

        entries.Merge(new ServiceTable(1, [Port(bad)]));
        _problems.Count.ShouldBe(21);
        _problems[^1].Message.ShouldBe("and 5 more endpoints are not dialled");

        entries.Merge(new ServiceTable(2, [Port([.. bad, Here])]));
        _problems.Count.ShouldBe(21);

        entries.Merge(new ServiceTable(3, [Port([.. bad, Here, IPAddress.Parse("169.254.1.1")])]));
        _problems.Count.ShouldBe(22);
        _problems[^1].Message.ShouldStartWith("endpoint 169.254.1.1:8080");

        entries.Merge(new ServiceTable(4, [Port(Here)]));
        entries.Merge(new ServiceTable(5, [Port(Here, bad[0])]));
        _problems.Count.ShouldBe(23);
    }

    private static IEnumerable<IPAddress> Used(ServiceEntries entries) =>
        entries.Published.Single().Declared.ClusterEndpoints.Select(endpoint => endpoint.Address);

    private static ServicePort Port(params IPAddress[] endpoints)
    {
        ValueList<Endpoint> all = new([.. endpoints.Select(address => new Endpoint(address, 8080))]);
        return new ServicePort
        {
            Name = new("shop", "web", "", TransportProtocol.Tcp),
            Family = AddressFamily.InterNetwork,
            Listeners = [new ListenAddress(ListenerKind.NodePort, IPAddress.Any, 30_000)],
            Endpoints = all,
            ClusterEndpoints = all,
            LocalEndpoints = [],
            HasEndpoints = true,
        };
    }

    private ServiceEntries Create(OwnAddresses own)
    {
        var time = new FakeTimeProvider();
        var services = Connections.Services(time, own);
        var virtualIPs = new VirtualIPSet(NoVirtualIPs.Instance, () => { }, time, NullLogger.Instance);
        return new ServiceEntries(
            new SlotTable(Connections.Listeners(services), services, virtualIPs, Connections.Network, () => { }, _problems.Add), services, _problems.Add,
            new Random(1));
    }
}
