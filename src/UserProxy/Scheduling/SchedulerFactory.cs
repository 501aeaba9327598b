using System.Diagnostics;
using UserProxy.Model;

namespace UserProxy.Scheduling;

/// <summary>The one place that knows which class is which algorithm. Called by <see cref="EndpointSet"/> at a swap.</summary>
internal static class SchedulerFactory
{
    /// <summary>Does the work that a pick must not do: weight sums, hash tables.</summary>
    public static Scheduler Create(SchedulerKind kind, ValueList<Endpoint> endpoints) => kind switch
    {
        SchedulerKind.RoundRobin => new RoundRobinScheduler(),
        SchedulerKind.WeightedRoundRobin => new WeightedRoundRobinScheduler(Weights(endpoints)),
        SchedulerKind.LeastConnection => new LeastConnectionScheduler(endpoints.Count),
        SchedulerKind.WeightedLeastConnection => new WeightedLeastConnectionScheduler(Weights(endpoints)),
        SchedulerKind.SourceHash => new SourceHashScheduler(Hashes(endpoints)),
        // More than a table entry can tell apart: the same promise to clients, slower.
        SchedulerKind.Maglev when endpoints.Count > MaglevTable.MaxEndpoints => new SourceHashScheduler(Hashes(endpoints)),
        SchedulerKind.Maglev => new MaglevScheduler(Hashes(endpoints), Weights(endpoints)),
        SchedulerKind.ShortestExpectedDelay => new ShortestExpectedDelayScheduler(Weights(endpoints)),
        SchedulerKind.NeverQueue => new NeverQueueScheduler(Weights(endpoints)),
        SchedulerKind.PowerOfTwoChoices => new PowerOfTwoChoicesScheduler(),
        SchedulerKind.Random => new RandomScheduler(),
        _ => throw new UnreachableException($"scheduler {kind}"),
    };

    private static int[] Weights(ValueList<Endpoint> endpoints)
    {
        var weights = new int[endpoints.Count];
        // Sources keep to the range; a scheduler divides by these, so it does not rely on that.
        for (int i = 0; i < weights.Length; i++) weights[i] = Math.Clamp(endpoints[i].Weight, 1, 65_535);
        return weights;
    }

    private static ulong[] Hashes(ValueList<Endpoint> endpoints)
    {
        var hashes = new ulong[endpoints.Count];
        for (int i = 0; i < hashes.Length; i++) hashes[i] = EndpointHash.Of(endpoints[i]);
        return hashes;
    }
}
