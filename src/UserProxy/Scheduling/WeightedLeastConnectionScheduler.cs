namespace UserProxy.Scheduling;

/// <summary>wlc: the endpoint with the fewest active connections for its weight; among idle ones, which all have 0, by weight.</summary>
internal sealed class WeightedLeastConnectionScheduler(int[] weights) : Scheduler
{
    public override int Choose(in Candidates candidates, ClientKey client, ulong turn) =>
        LeastLoaded.Choose(candidates, weights, idleExtra: 0, busyExtra: 0, turn);
}
