namespace UserProxy.Scheduling;

/// <summary>
/// sed: the endpoint that would have the least load for its weight with this connection added: (active + 1) / weight. A heavy one gets
/// connections while lighter ones are still idle; see <see cref="NeverQueueScheduler"/> for the remedy.
/// </summary>
internal sealed class ShortestExpectedDelayScheduler(int[] weights) : Scheduler
{
    public override int Choose(in Candidates candidates, ClientKey client, ulong turn) =>
        LeastLoaded.Choose(candidates, weights, idleExtra: 1, busyExtra: 1, turn);
}
