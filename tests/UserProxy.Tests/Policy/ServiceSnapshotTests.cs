using System.Net;
using UserProxy.Model;
using UserProxy.Policy;
using UserProxy.Scheduling;
using UserProxy.Tests.Scheduling;

namespace UserProxy.Tests.Policy;

public sealed class ServiceSnapshotTests
{
    private static readonly IPAddress Outsider = IPAddress.Parse("203.0.113.1"), Pod = IPAddress.Parse("10.244.3.9"), Virtual = IPAddress.Parse("10.96.0.1");

    private readonly FakeTimeProvider _time = new();
    private readonly OwnAddresses _own = new(() => []);

    public ServiceSnapshotTests() => _own.SetPodBlocks([new CidrBlock(IPAddress.Parse("10.244.3.0"), 24)]);

    /// <summary>docs/semantics.md 5.1 and 5.2: how many of the three endpoints, one of them local, serve whom.</summary>
    [Theory]
    [InlineData(ListenerKind.ClusterIP, TrafficPolicy.Cluster, TrafficPolicy.Local, "203.0.113.1", 3)]
    [InlineData(ListenerKind.ClusterIP, TrafficPolicy.Local, TrafficPolicy.Cluster, "203.0.113.1", 1)]
    [InlineData(ListenerKind.ClusterIP, TrafficPolicy.Local, TrafficPolicy.Cluster, "10.244.3.9", 1)]
    [InlineData(ListenerKind.NodePort, TrafficPolicy.Local, TrafficPolicy.Cluster, "203.0.113.1", 3)]
    [InlineData(ListenerKind.NodePort, TrafficPolicy.Cluster, TrafficPolicy.Local, "203.0.113.1", 1)]
    [InlineData(ListenerKind.NodePort, TrafficPolicy.Cluster, TrafficPolicy.Local, "10.244.3.9", 3)]
    [InlineData(ListenerKind.NodePort, TrafficPolicy.Cluster, TrafficPolicy.Local, "10.244.9.9", 1)]
    [InlineData(ListenerKind.LoadBalancer, TrafficPolicy.Cluster, TrafficPolicy.Local, "203.0.113.1", 1)]
    [InlineData(ListenerKind.LoadBalancer, TrafficPolicy.Cluster, TrafficPolicy.Local, "10.96.0.1", 3)]
    [InlineData(ListenerKind.LoadBalancer, TrafficPolicy.Cluster, TrafficPolicy.Local, "127.0.0.1", 3)]
    [InlineData(ListenerKind.ExternalIP, TrafficPolicy.Cluster, TrafficPolicy.Local, "203.0.113.1", 1)]
    [InlineData(ListenerKind.ExternalIP, TrafficPolicy.Cluster, TrafficPolicy.Cluster, "203.0.113.1", 3)]
    public void Choices_KindChoosesThePolicy_OwnNodeIsTheException(
        ListenerKind kind, TrafficPolicy inside, TrafficPolicy outside, string client, int endpoints) =>
        Snapshot(Port() with { InternalPolicy = inside, ExternalPolicy = outside })
            .ChoicesOf(new Caller(kind, IPAddress.Parse(client), Virtual)).Length.ShouldBe(endpoints);

    [Fact]
    public void Lists_ShareTheCountersOfAnAddress()
    {
        var snapshot = Snapshot(Port() with { InternalPolicy = TrafficPolicy.Local });

        var local = snapshot.Pick(new Caller(ListenerKind.ClusterIP, Pod, Virtual), []).ShouldNotBeNull();
        local.DialSucceeded(0);

        local.ShouldBeSameAs(snapshot.Cluster.States[2]);
        snapshot.Cluster.States[2].ActiveConnections.ShouldBe(1);
        snapshot.Roster.Find(local.Address).ShouldBeSameAs(local);
    }

    [Fact]
    public void Swap_EndpointMovesFromOneListToTheOther_KeepsItsCounters()
    {
        var port = Port() with { InternalPolicy = TrafficPolicy.Local };
        var before = Snapshot(port);
        before.Cluster.Load(2, active: 2);

        var after = Snapshot(port with { ClusterEndpoints = [] }, before);

        after.ChoicesOf(new Caller(ListenerKind.ClusterIP, Pod, Virtual))[0].ActiveConnections.ShouldBe(2);
        after.Roster.DepartedSince(before.Roster).Count.ShouldBe(2);
    }

    /// <summary>Each endpoint counts once, whatever it was before.</summary>
    [Fact]
    public void CountEndpoints_OfEveryKind_CountsEachOnce()
    {
        Endpoint[] all = [.. Enumerable.Range(1, 5).Select(number => new Endpoint(IPAddress.Parse($"10.1.0.{number}"), 80) { Ready = number != 4 })];
        var before = Snapshot(Port() with { Endpoints = new(all), ClusterEndpoints = new(all), LocalEndpoints = [] });
        before.CountEndpoints().ShouldBe(new EndpointCounts(Used: 5, Draining: 0, Unready: 0, Unused: 0));
        before.Cluster.Load(0, active: 1);
        before.Cluster.Load(1, active: 2);

        // The first is gone, the second declared and not ready, the fourth not ready, the fifth left out by a hint.
        var after = Snapshot(
            Port() with { Endpoints = [all[1] with { Ready = false }, all[2], all[3], all[4]], ClusterEndpoints = [all[2]], LocalEndpoints = [] }, before);

        after.CountEndpoints().ShouldBe(new EndpointCounts(Used: 1, Draining: 2, Unready: 1, Unused: 1));
        foreach (var state in before.Cluster.States[..2]) while (state.ActiveConnections > 0) state.Closed(0, 0);
        after.CountEndpoints().ShouldBe(new EndpointCounts(Used: 1, Draining: 0, Unready: 2, Unused: 1));
        after.CountEndpoints().ShouldBe(new EndpointCounts(Used: 1, Draining: 0, Unready: 2, Unused: 1), "from what the last one kept");
    }

    [Fact]
    public void Affinity_OffAndOnAgain_HasForgottenAndASwapHasNot()
    {
        var port = Port() with { AffinityTimeout = TimeSpan.FromHours(3) };
        var first = Snapshot(port);
        var pinned = first.Pick(FromOutside, []);

        var swapped = Snapshot(port with { ClusterEndpoints = [.. port.ClusterEndpoints.Reverse()] }, first);
        swapped.Pick(FromOutside, []).ShouldBeSameAs(pinned);
        swapped.Peek(FromOutside).ShouldBeSameAs(pinned);

        var off = Snapshot(port with { AffinityTimeout = null }, swapped);
        off.Affinity.ShouldBeNull();
        Snapshot(port, off).Affinity!.Count.ShouldBe(0);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Pick_WithAndWithoutAPin_AllocatesNothing(bool affinity)
    {
        var port = Port() with { ExternalPolicy = TrafficPolicy.Local, AffinityTimeout = affinity ? TimeSpan.FromHours(3) : null };
        var snapshot = Snapshot(port);
        for (int i = 0; i < 1_000; i++) PickOne(snapshot);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1_000; i++) PickOne(snapshot);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
    }

    private static void PickOne(ServiceSnapshot snapshot) => snapshot.Pick(FromOutside, [])!.DialAbandoned();

    private static Caller FromOutside => new(ListenerKind.NodePort, Outsider, Virtual);

    private static ServicePort Port() => Sets.Port(SchedulerKind.RoundRobin, Sets.Equal(3)) with { LocalEndpoints = [Sets.Endpoint(2)] };

    private ServiceSnapshot Snapshot(ServicePort port, ServiceSnapshot? previous = null) => new(port, previous, _own, new SchedulerCursor(0), _time);
}
