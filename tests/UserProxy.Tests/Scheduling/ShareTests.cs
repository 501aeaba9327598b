using UserProxy.Model;
using UserProxy.Scheduling;

namespace UserProxy.Tests.Scheduling;

/// <summary>What part of 100,000 connections each endpoint gets: within 2 % of what its weight says.</summary>
public class ShareTests
{
    private const int Picks = 100_000;
    private const double Tolerance = 0.02;

    private static readonly ClientKey[] Clients = Sets.RandomClients(Picks);

    [Theory]
    [MemberData(nameof(Sets.Kinds), MemberType = typeof(Sets))]
    public void Pick_EqualEndpointsConnectionsEndAtOnce_SharesAreEqual(SchedulerKind kind)
    {
        AssertShares(Sets.Of(kind, 3, start: 12_345), [1, 1, 1], ConnectAll);
    }

    [Theory]
    [MemberData(nameof(Sets.Kinds), MemberType = typeof(Sets))]
    public void Pick_TenEqualEndpointsConnectionsEndAtOnce_SharesAreEqual(SchedulerKind kind)
    {
        // Of ten shares drawn by fair chance one is often more than 2 % off: 4 standard deviations (3.8 %) are what a fault must exceed.
        bool byChance = kind is SchedulerKind.Random or SchedulerKind.PowerOfTwoChoices;
        double tolerance = byChance ? 4 / Math.Sqrt(Picks / 10.0) : Tolerance;
        AssertShares(Sets.Of(kind, 10, start: 12_345), [.. Enumerable.Repeat(1, 10)], ConnectAll, tolerance);
    }

    [Theory]
    [InlineData(SchedulerKind.WeightedRoundRobin)]
    [InlineData(SchedulerKind.WeightedLeastConnection)]
    [InlineData(SchedulerKind.NeverQueue)]
    [InlineData(SchedulerKind.Maglev)]
    public void Pick_WeightsConnectionsEndAtOnce_SharesAreAsTheWeights(SchedulerKind kind)
    {
        int[] weights = [20, 50, 30, 100];
        AssertShares(Sets.Of(kind, Sets.Weighted(weights), start: 12_345), weights, ConnectAll);
    }

    [Theory]
    [InlineData(SchedulerKind.WeightedRoundRobin)]
    [InlineData(SchedulerKind.WeightedLeastConnection)]
    [InlineData(SchedulerKind.ShortestExpectedDelay)]
    [InlineData(SchedulerKind.NeverQueue)]
    public void Pick_WeightsUnderLoad_SharesAreAsTheWeights(SchedulerKind kind)
    {
        int[] weights = [20, 50, 30, 100];
        AssertShares(Sets.Of(kind, Sets.Weighted(weights), start: 12_345), weights, set => ConnectAllHolding(set, 2_000));
    }

    [Theory]
    [InlineData(SchedulerKind.RoundRobin)]
    [InlineData(SchedulerKind.LeastConnection)]
    [InlineData(SchedulerKind.PowerOfTwoChoices)]
    [InlineData(SchedulerKind.Random)]
    public void Pick_KindWithoutWeights_WeightsDoNotCount(SchedulerKind kind)
    {
        AssertShares(Sets.Of(kind, Sets.Weighted(1, 50, 100), start: 12_345), [1, 1, 1], ConnectAll);
    }

    [Theory]
    [InlineData(SchedulerKind.RoundRobin)]
    [InlineData(SchedulerKind.WeightedRoundRobin)]
    [InlineData(SchedulerKind.LeastConnection)]
    public void Pick_ThousandEndpoints_SharesAreEqual(SchedulerKind kind)
    {
        AssertShares(Sets.Of(kind, 1_000, start: 12_345), [.. Enumerable.Repeat(1, 1_000)], ConnectAll);
    }

    [Fact]
    public void Pick_ShortestExpectedDelayOnIdleSet_TakesTheHeaviest()
    {
        var set = Sets.Of(SchedulerKind.ShortestExpectedDelay, Sets.Weighted(1, 5, 2));
        ConnectAll(set);
        set.States[1].TotalConnections.ShouldBe(Picks);
    }

    [Fact]
    public void Pick_LeastConnectionWithOneBusy_TheIdleOnesShareEvenly()
    {
        var set = Sets.Of(SchedulerKind.LeastConnection, 4);
        set.Load(0, active: 1);
        AssertShares(set, [0, 1, 1, 1], ConnectAll);
    }

    private static void ConnectAll(EndpointSet set)
    {
        foreach (var client in Clients) set.Connect(client);
    }

    /// <summary>So many connections are open at any time; any of them ends when the next begins.</summary>
    private static void ConnectAllHolding(EndpointSet set, int open)
    {
        var random = new Random(42);
        var held = new EndpointState[open];
        for (int i = 0; i < Clients.Length; i++)
        {
            int slot = i < open ? i : random.Next(open);
            held[slot]?.Closed(0, 0);
            held[slot] = set.Pick(Clients[i]).ShouldNotBeNull();
            held[slot].DialSucceeded(0);
        }
    }

    private static void AssertShares(EndpointSet set, int[] weights, Action<EndpointSet> traffic, double tolerance = Tolerance)
    {
        traffic(set);
        double sum = weights.Sum();
        for (int i = 0; i < weights.Length; i++)
        {
            double expected = Picks * weights[i] / sum;
            ((double)set.States[i].TotalConnections).ShouldBeInRange(expected * (1 - tolerance), expected * (1 + tolerance), $"endpoint {i}");
        }
    }
}
