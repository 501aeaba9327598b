using System.Net;
using System.Net.Sockets;
using FsCheck.Fluent;
using UserProxy.App.Snapshots;
using UserProxy.Model;
using UserProxy.Tests;

namespace UserProxy.App.Tests.Snapshots;

/// <summary>A table that was written comes back as it was: every property of every type that it is made of.</summary>
public sealed class TableRoundTripTests
{
    /// <summary>Fails for a property that the model has got and the snapshot does not know of.</summary>
    [Fact]
    public void EveryProperty_ComesBack() => ShouldComeBack(new AnyModel(random: null).Table());

    [Fact]
    public void AnyTable_ComesBack() => PropertyCheck.ForAll(Gen.Choose(0, int.MaxValue), seed => ShouldComeBack(new AnyModel(new Random(seed)).Table()));

    [Fact]
    public void EmptyTable_ComesBack() => ShouldComeBack(ServiceTable.Empty);

    /// <summary>Lists of a Service are mostly the same objects: memory, and the comparison of tables, live on that.</summary>
    [Fact]
    public void EndpointsThatWereShared_AreSharedAgain()
    {
        Endpoint[] all = [.. Enumerable.Range(1, 4).Select(number => new Endpoint(new IPAddress([10, 0, 0, (byte)number]), 80))];
        Endpoint[] some = [all[0], all[2]];
        var port = new ServicePort
        {
            Name = new ServicePortName("demo", "web", "", TransportProtocol.Tcp),
            Family = AddressFamily.InterNetwork,
            Endpoints = new ValueList<Endpoint>(all),
            ClusterEndpoints = new ValueList<Endpoint>(some),
            LocalEndpoints = new ValueList<Endpoint>(some),
        };
        var back = Back(new ServiceTable(1, [port, port with { Name = port.Name with { Name = "all" }, ClusterEndpoints = port.Endpoints }]));

        back.Ports[1].ClusterEndpoints.Count.ShouldBe(2);
        back.Ports[1].ClusterEndpoints[1].ShouldBeSameAs(back.Ports[1].Endpoints[2]);
        back.Ports[1].LocalEndpoints[1].ShouldBeSameAs(back.Ports[1].Endpoints[2]);
        back.Ports[0].ClusterEndpoints[3].ShouldBeSameAs(back.Ports[0].Endpoints[3]);
        back.Ports[0].Settings.ShouldBeSameAs(back.Ports[1].Settings);
    }

    private static void ShouldComeBack(ServiceTable table)
    {
        var back = Back(table);
        AnyModel.ShouldBeTheSame(back, table, "table");
        back.ShouldBe(table);
    }

    private static ServiceTable Back(ServiceTable table) => SnapshotFormat.Read(Written.Bytes(Written.Of(table))).Table;
}
