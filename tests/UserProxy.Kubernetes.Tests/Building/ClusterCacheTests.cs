using System.Net;
using System.Net.Sockets;
using UserProxy.Kubernetes.Building;
using UserProxy.Kubernetes.Objects;
using UserProxy.Model;

namespace UserProxy.Kubernetes.Tests.Building;

/// <summary>What is built again and what is not, when something changes. What the tables say is pinned by the golden folders.</summary>
public class ClusterCacheTests
{
    private readonly ClusterCache _cache = new(new BuildOptions { NodeName = "node-1" });
    private long _revision;

    [Fact]
    public void ToTable_OneSliceChanges_KeepsEveryOtherPort()
    {
        foreach (string name in (string[])["a", "b", "c"])
        {
            _cache.SetService(Objects.NodePortService(name, 30000 + name[0]));
            _cache.SetSlice(Objects.Slice($"{name}-1", name, 8080, Objects.Endpoint("10.0.0.1")));
        }

        var before = Table();
        _cache.SetSlice(Objects.Slice("b-1", "b", 8080, Objects.Endpoint("10.0.0.2")));
        var after = Table();

        Port(after, "a").ShouldBeSameAs(Port(before, "a"));
        Port(after, "c").ShouldBeSameAs(Port(before, "c"));
        Port(after, "b").Endpoints.ShouldHaveSingleItem().Address.ShouldBe(IPAddress.Parse("10.0.0.2"));
        Port(before, "b").Endpoints.ShouldHaveSingleItem().Address.ShouldBe(IPAddress.Parse("10.0.0.1"));
    }

    [Fact]
    public void ToTable_DefectInOneService_KeepsItsLastGoodFormAndServesTheOthers()
    {
        var logger = new RecordingLogger<ClusterCacheTests>();
        var cache = new ClusterCache(new BuildOptions { NodeName = "node-1" }, logger);
        var bad = Objects.NodePortService("bad", 30001);
        cache.SetService(bad);
        cache.SetService(Objects.NodePortService("good", 30002));
        cache.SetSlice(Objects.Slice("bad-1", "bad", 8080, Objects.Endpoint("10.0.0.1")));
        var before = cache.ToTable(1);

        // What the sources let through nowhere: it stands for a defect of ours.
        for (int i = 0; i < 2; i++) cache.SetService(bad with { Spec = bad.Spec! with { Ports = [null!] } });
        cache.SetService(bad with { Metadata = new ObjectMeta { Name = "never", Namespace = "demo" }, Spec = bad.Spec! with { Ports = [null!] } });
        cache.SetService(Objects.NodePortService("good", 30003));
        var after = cache.ToTable(2);
        Port(after, "bad").ShouldBeSameAs(Port(before, "bad"));
        Port(after, "good").Listeners.ShouldHaveSingleItem().Port.ShouldBe(30003);
        after.Issues.Select(issue => (issue.Subject, issue.Reason)).ShouldBe([("Service demo/bad", "InvalidObject"), ("Service demo/never", "InvalidObject")]);
        after.Issues[0].Message.ShouldContain("by a defect");
        logger.Lines(334).Count().ShouldBe(2);

        cache.SetService(bad);
        cache.RemoveService("demo", "never");
        cache.ToTable(3).Issues.ShouldBeEmpty();
        cache.RemoveService("demo", "bad");
        cache.ToTable(4).Ports.ShouldHaveSingleItem().Name.Name.ShouldBe("good");
    }

    [Fact]
    public void ToTable_DefectInOneSlice_KeepsItsLastGoodForm()
    {
        _cache.SetService(Objects.NodePortService("a", 30001));
        _cache.SetSlice(Objects.Slice("a-1", "a", 8080, Objects.Endpoint("10.0.0.1")));
        Table();
        foreach (string name in (string[])["a-1", "a-2"]) _cache.SetSlice(Objects.Slice(name, "a", 8080, [null!]));
        var after = Table();
        Port(after, "a").Endpoints.ShouldHaveSingleItem().Address.ShouldBe(IPAddress.Parse("10.0.0.1"));
        after.Issues.Select(issue => (issue.Subject, issue.Reason)).ShouldBe(
            [("EndpointSlice demo/a-1", "InvalidObject"), ("EndpointSlice demo/a-2", "InvalidObject")]);
        _cache.SetSlice(Objects.Slice("a-1", "a", 8080, Objects.Endpoint("10.0.0.2")));
        _cache.RemoveSlice("demo", "a-2");
        after = Table();
        Port(after, "a").Endpoints.ShouldHaveSingleItem().Address.ShouldBe(IPAddress.Parse("10.0.0.2"));
        after.Issues.ShouldBeEmpty();
    }

    [Fact]
    public void ToTable_ServiceCreatedAnew_HandsItsPortToTheOlderOne()
    {
        ServiceObject Created(string name, string time)
        {
            var service = Objects.NodePortService(name, 30001);
            return service with { Metadata = service.Metadata with { CreationTimestamp = time } };
        }

        _cache.SetService(Created("a", "2025-01-01T00:00:00Z"));
        _cache.SetService(Created("b", "2025-01-02T00:00:00Z"));
        Port(Table(), "a").Listeners.ShouldHaveSingleItem();
        _cache.SetService(Created("a", "2025-01-03T00:00:00Z"));
        var after = Table();
        Port(after, "a").Listeners.ShouldBeEmpty();
        Port(after, "b").Listeners.ShouldHaveSingleItem();
    }

    [Fact]
    public void ToTable_SameObjectsAgain_KeepsThePorts()
    {
        ServiceObject[] services = [Objects.NodePortService("a", 30001), Objects.NodePortService("b", 30001)];
        EndpointSliceObject[] Slices() => [Objects.Slice("a-1", "a", 8080, Objects.Endpoint("10.0.0.1"), Objects.Endpoint("nonsense"))];
        _cache.ReplaceServices(services);
        _cache.ReplaceSlices(Slices());
        var before = Table();

        _cache.ReplaceServices(
            [.. services.Select(service => service with { Metadata = service.Metadata with { Annotations = new Dictionary<string, string>() } })]);
        _cache.ReplaceSlices(Slices());
        _cache.SetNode(null);
        var after = Table();

        after.ShouldBe(before);
        after.Ports.Zip(before.Ports).ShouldAllBe(pair => ReferenceEquals(pair.First, pair.Second));
    }

    [Fact]
    public void ToTable_SliceBeforeItsService_IsUsedOnceItComes()
    {
        _cache.SetSlice(Objects.Slice("a-1", "a", 8080, Objects.Endpoint("10.0.0.1")));
        Table().Ports.ShouldBeEmpty();
        _cache.SetService(Objects.NodePortService("a", 30001));
        Port(Table(), "a").Endpoints.Count.ShouldBe(1);
    }

    [Fact]
    public void ToTable_ServiceGoneAndBack_FindsItsSlicesAgain()
    {
        _cache.SetService(Objects.NodePortService("a", 30001));
        _cache.SetSlice(Objects.Slice("a-1", "a", 8080, Objects.Endpoint("10.0.0.1")));
        Table();
        _cache.RemoveService("demo", "a");
        Table().Ports.ShouldBeEmpty();
        _cache.SetService(Objects.NodePortService("a", 30002));
        Port(Table(), "a").Endpoints.Count.ShouldBe(1);
    }

    [Fact]
    public void ToTable_SliceChangesItsService_MovesTheEndpoints()
    {
        _cache.ReplaceServices([Objects.NodePortService("a", 30001), Objects.NodePortService("b", 30002)]);
        _cache.SetSlice(Objects.Slice("s", "a", 8080, Objects.Endpoint("10.0.0.1")));
        Table();
        _cache.SetSlice(Objects.Slice("s", "b", 8080, Objects.Endpoint("10.0.0.1")));
        var table = Table();
        Port(table, "a").Endpoints.ShouldBeEmpty();
        Port(table, "b").Endpoints.Count.ShouldBe(1);
    }

    [Fact]
    public void ToTable_EndpointMovesBetweenSlices_IsNeverLost()
    {
        _cache.SetService(Objects.NodePortService("a", 30001));
        _cache.SetSlice(Objects.Slice("a-1", "a", 8080, Objects.Endpoint("10.0.0.1"), Objects.Endpoint("10.0.0.2")));
        var before = Table();
        _cache.SetSlice(Objects.Slice("a-2", "a", 8080, Objects.Endpoint("10.0.0.2")));
        Table().Ports.ShouldBe(before.Ports);
        _cache.SetSlice(Objects.Slice("a-1", "a", 8080, Objects.Endpoint("10.0.0.1")));
        var after = Table();
        Port(after, "a").ShouldBeSameAs(Port(before, "a"));
    }

    [Fact]
    public void ToTable_NodePortWantedByTwo_AppearsAndSettles()
    {
        _cache.SetService(Objects.NodePortService("b", 30001));
        var alone = Table();
        Port(alone, "b").Listeners.Count.ShouldBe(1);

        _cache.SetService(Objects.NodePortService("a", 30001));
        var contested = Table();
        Port(contested, "a").Listeners.Count.ShouldBe(1);
        Port(contested, "b").Listeners.ShouldBeEmpty();
        contested.Issues.ShouldHaveSingleItem().Subject.ShouldBe("Service demo/b");

        _cache.SetService(Objects.NodePortService("a", 30002));
        var settled = Table();
        settled.Issues.ShouldBeEmpty();
        Port(settled, "b").ShouldBe(Port(alone, "b"));

        _cache.SetService(Objects.NodePortService("a", 30001));
        Table().Issues.Count.ShouldBe(1);
        _cache.RemoveService("demo", "a");
        Table().ShouldBe(alone);
    }

    [Fact]
    public void ToTable_KeeperOfThreeGoes_TheNextByNameTakesOver()
    {
        _cache.ReplaceServices([Objects.NodePortService("c", 30001), Objects.NodePortService("b", 30001), Objects.NodePortService("a", 30001)]);
        Table().Issues.Count.ShouldBe(2);
        _cache.RemoveService("demo", "a");
        var table = Table();
        Port(table, "b").Listeners.Count.ShouldBe(1);
        table.Issues.ShouldHaveSingleItem().Message.ShouldContain("taken by demo/b:http");
    }

    [Fact]
    public void ToTable_NodeChanges_RebuildsWhatDependsOnIt()
    {
        _cache.SetService(Objects.NodePortService("a", 30001));
        _cache.SetService(Objects.NodePortService("b", 30002));
        _cache.SetSlice(Objects.Slice("a-1", "a", 8080, Hinted("10.0.0.1", "x"), Hinted("10.0.0.2", "y")));
        var before = Table();
        Port(before, "a").ClusterEndpoints.Count.ShouldBe(2);

        _cache.SetNode(Node("x"));
        var after = Table();
        Port(after, "a").ClusterEndpoints.ShouldHaveSingleItem().Address.ShouldBe(IPAddress.Parse("10.0.0.1"));
        Port(after, "b").ShouldBeSameAs(Port(before, "b"));
        after.Node.Zone.ShouldBe("x");

        _cache.SetNode(null);
        Table().ShouldBe(before);
    }

    [Fact]
    public void ToTable_AddressesOfTheNodeChange_NodePortsFollow()
    {
        NodePortAddresses.TryParse(["10.0.0.0/8"], out var blocks, out _).ShouldBeTrue();
        var cache = new ClusterCache(new BuildOptions { NodeName = "node-1", NodePortAddresses = blocks });
        cache.SetService(Objects.NodePortService("a", 30001));
        cache.ToTable(1).Issues.ShouldHaveSingleItem().Reason.ShouldBe("NoNodePortAddress");

        cache.SetLocalAddresses([IPAddress.Parse("10.0.0.5")]);
        var table = cache.ToTable(2);
        table.Issues.ShouldBeEmpty();
        Port(table, "a").Listeners.ShouldHaveSingleItem().Address.ShouldBe(IPAddress.Parse("10.0.0.5"));
    }

    [Fact]
    public void ToTable_OneListForAllUses_IsOneArray()
    {
        _cache.SetService(Objects.NodePortService("a", 30001));
        _cache.SetSlice(Objects.Slice("a-1", "a", 8080, Objects.Endpoint("10.0.0.2"), Objects.Endpoint("10.0.0.1")));
        var port = Port(Table(), "a");
        (port.Endpoints.AsSpan() == port.ClusterEndpoints.AsSpan()).ShouldBeTrue();
    }

    [Fact]
    public void ToTable_SourceIssues_StandBesideTheObjects()
    {
        _cache.SetService(Objects.NodePortService("a", 0));
        var table = _cache.ToTable(1, [new TableIssue("Service demo/a", "InvalidManifest", "b"), new TableIssue("Manifest x", "InvalidManifest", "a")]);
        table.Issues.Select(issue => issue.Reason).ShouldBe(["InvalidManifest", "InvalidManifest", "InvalidPort"]);
        _cache.ToTable(2).Issues.ShouldHaveSingleItem().Reason.ShouldBe("InvalidPort");
    }

    [Fact]
    public void ToTable_ServiceWithHealthChecksOnlyGoes_TakesThemAlong()
    {
        var service = Objects.NodePortService("a", 0) with
        {
            Spec = new ServiceSpec { Type = "LoadBalancer", ExternalTrafficPolicy = "Local", HealthCheckNodePort = 31000 },
        };
        _cache.SetService(service);
        Table().HealthChecks.ShouldHaveSingleItem().Port.ShouldBe(31000);
        _cache.RemoveService("demo", "a");
        Table().HealthChecks.ShouldBeEmpty();
    }

    [Fact]
    public void ToTable_PortChangesItsProtocol_TakesTheEndpointsAndTheNodePortOfTheNewOne()
    {
        var tcp = Objects.NodePortService("a", 30001);
        var udp = tcp with { Spec = tcp.Spec! with { Ports = [tcp.Spec.Ports![0] with { Protocol = "UDP" }] } };
        var slice = Objects.Slice("a-1", "a", 8080, Objects.Endpoint("10.0.0.1"));
        _cache.SetService(tcp);
        _cache.SetSlice(slice);
        Table().Ports.ShouldHaveSingleItem().HasEndpoints.ShouldBeTrue();

        _cache.SetService(udp);
        var between = Table().Ports.ShouldHaveSingleItem();
        between.Name.Protocol.ShouldBe(TransportProtocol.Udp);
        between.Listeners.ShouldHaveSingleItem().Port.ShouldBe(30001);
        between.HasEndpoints.ShouldBeFalse("the slice still speaks of TCP");

        _cache.SetSlice(slice with { Ports = [slice.Ports![0] with { Protocol = "UDP" }] });
        Table().Ports.ShouldHaveSingleItem().Endpoints.ShouldHaveSingleItem().Key.ShouldBe("10.0.0.1:8080");

        // The TCP port of that number is free again.
        _cache.SetService(Objects.NodePortService("b", 30001));
        var after = Table();
        after.Ports.Select(
            port => (port.Name.Name, port.Name.Protocol, port.Listeners.Count)).ShouldBe([("a", TransportProtocol.Udp, 1), ("b", TransportProtocol.Tcp, 1)]);
        after.Issues.ShouldBeEmpty();
    }

    /// <summary>The gate on scale: a copy of the list of ports, and what the one Service needs.</summary>
    [Fact]
    public void ToTable_OneEventAmongThousands_AllocatesForOneService()
    {
        const int services = 5000;
        for (int i = 0; i < services; i++)
        {
            _cache.SetService(Objects.NodePortService($"s{i}", 20_000 + i));
            _cache.SetSlice(Objects.Slice($"s{i}-1", $"s{i}", 8080, Objects.Endpoint("10.0.0.1")));
        }

        Table();
        var change = Objects.Slice("s7-1", "s7", 8080, Objects.Endpoint("10.0.0.2"));
        long before = GC.GetAllocatedBytesForCurrentThread();
        _cache.SetSlice(change);
        Table();
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan((services * IntPtr.Size) + 32_000);
    }

    private static EndpointObject Hinted(string address, string zone) =>
        Objects.Endpoint(address) with { Hints = new EndpointHints { ForZones = [new NamedHint { Name = zone }] } };

    private static NodeObject Node(string zone) => new()
    {
        Metadata = new ObjectMeta { Name = "node-1", Labels = new Dictionary<string, string> { ["topology.kubernetes.io/zone"] = zone } },
    };

    private static ServicePort Port(ServiceTable table, string service) =>
        table.Ports.Single(
            port => port.Name == new ServicePortName("demo", service, "http", TransportProtocol.Tcp) && port.Family == AddressFamily.InterNetwork);

    private ServiceTable Table() => _cache.ToTable(++_revision);
}
