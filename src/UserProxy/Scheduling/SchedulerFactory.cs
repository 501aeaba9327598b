using UserProxy.Model;

namespace UserProxy.Scheduling;

/// <summary>The one place that knows which class is which algorithm.</summary>
internal static class SchedulerFactory
{
    /// <summary>Does the work that a pick must not do: weight sums, hash tables.</summary>
    public static Scheduler Create(SchedulerKind kind, ValueList<Endpoint> endpoints) => kind switch
    {
        SchedulerKind.RoundRobin => new RoundRobinScheduler(),
        _ => new RoundRobinScheduler(),
    };
}
