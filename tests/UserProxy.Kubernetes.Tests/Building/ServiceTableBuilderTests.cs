using FsCheck;
using FsCheck.Fluent;
using UserProxy.Kubernetes.Building;
using UserProxy.Kubernetes.Objects;
using UserProxy.Model;

namespace UserProxy.Kubernetes.Tests.Building;

/// <summary>What holds for all tables; the cases one by one are the golden folders.</summary>
public class ServiceTableBuilderTests
{
    private static readonly BuildOptions Options = new() { NodeName = "node-1" };
    private static readonly ServiceObject[] Services =
        [Objects.NodePortService("a", 30001), Objects.NodePortService("b", 30002), Objects.NodePortService("c", 30001)];

    // Few addresses, so that slices overlap and contradict each other.
    private static readonly Gen<EndpointObject> SomeEndpoint =
        from last in Gen.Choose(1, 6)
        from ready in Gen.Elements<bool?>(null, true, false)
        from serving in Gen.Elements<bool?>(null, true, false)
        from terminating in Gen.Elements<bool?>(null, true, false)
        from node in Gen.Elements<string?>(null, "node-1", "node-2")
        select Objects.Endpoint($"10.0.0.{last}", ready, serving, terminating) with { NodeName = node };

    private static readonly Gen<EndpointSliceObject> SomeSlice =
        from endpoints in SomeEndpoint.ListOf()
        from service in Gen.Elements("a", "b")
        from port in Gen.Elements(8080, 9090)
        from name in Gen.Choose(1, 1000)
        select Objects.Slice($"s-{name}", service, port, endpoints);

    // A name stands for one slice.
    private static readonly Gen<List<EndpointSliceObject>> SomeSlices =
        SomeSlice.ListOf().Select(slices => slices.DistinctBy(slice => slice.Metadata.Name).ToList());

    [Fact]
    public void Build_AnyOrderOfObjects_GivesTheSameTable() =>
        Prop.ForAll(SomeSlices.ToArbitrary(), Gen.Choose(0, int.MaxValue).ToArbitrary(), (slices, seed) =>
        {
            var random = new Random(seed);
            var shuffled = slices.OrderBy(_ => random.Next()).ToList();
            var services = Services.OrderBy(_ => random.Next()).ToList();
            return Build(Services, slices).Equals(Build(services, shuffled));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Build_AnySplitOfSlices_GivesTheSameTable() =>
        Prop.ForAll(SomeSlices.ToArbitrary(), Gen.Choose(0, int.MaxValue).ToArbitrary(), (slices, seed) =>
        {
            var random = new Random(seed);
            // One without endpoints stays: that there is a slice at all is part of why a port has none.
            var split = slices.Where(slice => slice.Endpoints!.Count == 0).Concat(slices.SelectMany(slice => slice.Endpoints!
                .GroupBy(_ => random.Next(3))
                .Select(part => slice with { Metadata = slice.Metadata with { Name = $"{slice.Metadata.Name}-{part.Key}" }, Endpoints = [.. part] })));
            return Build(Services, slices).Equals(Build(Services, split));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Build_AnySlices_KeepsItsInvariants() =>
        Prop.ForAll(SomeSlices.ToArbitrary(), slices =>
        {
            foreach (var port in Build(Services, slices).Ports)
            {
                var keys = port.Endpoints.Select(endpoint => endpoint.Key).ToList();
                keys.ShouldBe(keys.Distinct().Order(StringComparer.Ordinal));
                port.ClusterEndpoints.ShouldAllBe(endpoint => endpoint.Ready || (endpoint.Serving && endpoint.Terminating));
                if (port.Endpoints.Any(endpoint => endpoint.Ready)) port.ClusterEndpoints.ShouldAllBe(endpoint => endpoint.Ready);
                port.ClusterEndpoints.ShouldBeSubsetOf(port.Endpoints);
            }
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Build_SameInputTwice_IsEqual()
    {
        EndpointSliceObject[] slices = [Objects.Slice("a-1", "a", 8080, Objects.Endpoint("10.0.0.1"), Objects.Endpoint("nonsense"))];
        Build(Services, slices).Equals(Build(Services, slices)).ShouldBeTrue();
    }

    [Fact]
    public void Build_SameServiceTwice_ServesTheFirst()
    {
        var table = Build([Objects.NodePortService("a", 30001), Objects.NodePortService("a", 30009)], []);
        table.Ports.ShouldHaveSingleItem().Listeners.ShouldHaveSingleItem().Port.ShouldBe(30001);
        table.Issues.ShouldBeEmpty();
    }

    [Fact]
    public void Build_HostileObject_IsReportedWithinBounds()
    {
        var broken = Objects.Slice("a-1", "a", 8080, Enumerable.Range(0, 5000).Select(i => Objects.Endpoint($"bad\n{i}" + new string('x', 1000))));
        var issues = Build(Services, [broken]).Issues.Where(issue => issue.Subject.StartsWith("EndpointSlice", StringComparison.Ordinal)).ToList();
        issues.Count.ShouldBe(11);
        issues.ShouldAllBe(issue => !issue.Message.Contains('\n') && issue.Message.Length < 300);
    }

    [Fact]
    public void Build_TenThousandServices_HasThemAll()
    {
        var services = Enumerable.Range(0, 10_000).Select(i => Objects.NodePortService($"s{i}", 20_000 + i)).ToList();
        var slices = services.Select((service, i) =>
            Objects.Slice($"s{i}-1", service.Metadata.Name!, 8080, Enumerable.Range(1, 10).Select(n => Objects.Endpoint($"10.{i >> 8}.{i & 255}.{n}"))))
                .ToList();
        Build(services, slices).Ports.Count.ShouldBe(10_000);
    }

    private static ServiceTable Build(IEnumerable<ServiceObject> services, IEnumerable<EndpointSliceObject> slices) =>
        ClusterCache.Build(1, services, slices, null, Options);
}
