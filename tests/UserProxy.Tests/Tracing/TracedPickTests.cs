using System.Net;
using UserProxy.Model;
using UserProxy.Policy;
using UserProxy.Scheduling;
using UserProxy.Tests.Scheduling;
using UserProxy.Tracing;

namespace UserProxy.Tests.Tracing;

/// <summary>Why each endpoint was not chosen, and how many more there are.</summary>
public sealed class TracedPickTests
{
    private static readonly IPAddress Outsider = IPAddress.Parse("203.0.113.1"), Pod = IPAddress.Parse("10.244.3.9"), Virtual = IPAddress.Parse("10.96.0.1");

    private readonly FakeTimeProvider _time = new();
    private readonly OwnAddresses _own = new(() => []);

    public TracedPickTests() => _own.SetPodBlocks([new CidrBlock(IPAddress.Parse("10.244.3.0"), 24)]);

    /// <summary>Only the endpoints of this node are listed for dialling: those of others are on another node all the same.</summary>
    [Fact]
    public void LocalPolicyAlone_OthersAreOnOtherNodes()
    {
        Endpoint[] all = [Sets.Endpoint(0) with { IsLocal = true }, Sets.Endpoint(1), Sets.Endpoint(2) with { Ready = false }];
        var port = Sets.Port(SchedulerKind.RoundRobin, all) with
        {
            InternalPolicy = TrafficPolicy.Local,
            ExternalPolicy = TrafficPolicy.Local,
            ClusterEndpoints = [],
            LocalEndpoints = [all[0]],
        };

        Decide(Snapshot(port), ListenerKind.ClusterIP, Pod).Others.ShouldBe(
            [new(all[1].EndPoint, PassedOverReason.NotLocal), new(all[2].EndPoint, PassedOverReason.NotLocal)]);
    }

    /// <summary>A hint keeps an endpoint of this node from clients of the Cluster policy; those of the Local policy get it.</summary>
    [Fact]
    public void ClusterPolicyWithHints_LocalEndpointIsNotUsed()
    {
        Endpoint[] all = [Sets.Endpoint(0) with { IsLocal = true }, Sets.Endpoint(1), Sets.Endpoint(2), Sets.Endpoint(3) with { Ready = false }];
        var port = Sets.Port(SchedulerKind.RoundRobin, all) with
        {
            ExternalPolicy = TrafficPolicy.Local,
            ClusterEndpoints = [all[1], all[2]],
            LocalEndpoints = [all[0]],
        };
        var snapshot = Snapshot(port);

        var inside = Decide(snapshot, ListenerKind.ClusterIP, Pod);
        inside.IsLocalOnly.ShouldBeFalse();
        inside.Others.Where(other => other.Reason != PassedOverReason.NotChosen).ShouldBe(
            [new(all[0].EndPoint, PassedOverReason.NotUsed), new(all[3].EndPoint, PassedOverReason.Unready)]);
        var outside = Decide(snapshot, ListenerKind.NodePort, Outsider);
        (outside.IsLocalOnly, outside.Chosen).ShouldBe((true, all[0].EndPoint));
        outside.Others.Select(other => other.Reason).Distinct().ShouldBe([PassedOverReason.NotLocal]);
    }

    [Theory]
    [InlineData(3, 0, 2, 0)]
    [InlineData(9, 0, 8, 0)]
    [InlineData(20, 0, 8, 11)]
    [InlineData(20, 1, 8, 11)]
    [InlineData(20, 9, 8, 11)]
    [InlineData(10, 9, 8, 1)]
    [InlineData(10, 10, 8, 2)]
    public void Others_AreCountedOnceEach(int endpoints, int tried, int named, int more)
    {
        var snapshot = Snapshot(Sets.Port(SchedulerKind.RoundRobin, Sets.Equal(endpoints)));

        var decision = Decide(snapshot, ListenerKind.ClusterIP, Pod, [.. snapshot.Cluster.States[..tried]]);

        (decision.Others.Count, decision.MoreOthers).ShouldBe((named, more));
        decision.Others.Count(other => other.Reason == PassedOverReason.Tried).ShouldBe(Math.Min(tried, named));
        decision.Others.Select(other => other.Endpoint).ShouldBeUnique();
    }

    /// <summary>What was tried may be declared no more, or be unready since.</summary>
    [Fact]
    public void TriedOnesHaveLeft_AreNamedOnce()
    {
        var before = Snapshot(Sets.Port(SchedulerKind.RoundRobin, Sets.Equal(12)));
        Endpoint[] now = [Sets.Endpoint(0) with { Ready = false }, .. Sets.Equal(12)[2..]];
        var port = Sets.Port(SchedulerKind.RoundRobin, now) with { ClusterEndpoints = [.. now[1..]] };

        var after = new ServiceSnapshot(port, before, _own, new SchedulerCursor(0), _time);
        var decision = Decide(after, ListenerKind.ClusterIP, Pod, [.. before.Cluster.States[..2]]);

        decision.Others.Take(2).ShouldBe(
            [new(Sets.Endpoint(0).EndPoint, PassedOverReason.Tried), new(Sets.Endpoint(1).EndPoint, PassedOverReason.Tried)]);
        decision.Others.Select(other => other.Endpoint).ShouldBeUnique();
        (decision.Others.Count, decision.MoreOthers).ShouldBe((8, 3));
    }

    private ServiceSnapshot Snapshot(ServicePort port) => new(port, previous: null, _own, new SchedulerCursor(0), _time);

    private DecisionEvent Decide(ServiceSnapshot snapshot, ListenerKind kind, IPAddress client, params EndpointState[] tried)
    {
        var caller = new Caller(kind, client, Virtual);
        var feed = new TraceFeed(_time);
        using var reader = feed.TryOpen(new TraceFilter())!;
        var flow = feed.Begin(
            snapshot.Port, kind, new IPEndPoint(client, 51234), new IPEndPoint(Virtual, 80), toldBy: null, _time.GetTimestamp()).ShouldNotBeNull();
        TracedPick.OfferTo(flow, tried.Length + 1, snapshot, caller, tried, pin: null, snapshot.Pick(caller, tried));
        return reader.Take(1).ShouldHaveSingleItem().ShouldBeOfType<DecisionEvent>();
    }
}
