namespace UserProxy.Scheduling;

/// <summary>nq: an idle endpoint when there is one, whatever its weight; else as sed.</summary>
internal sealed class NeverQueueScheduler(int[] weights) : Scheduler
{
    // An idle endpoint has load 0 and a busy one at least 2, so that any idle one wins against every busy one in one pass.
    public override int Choose(in Candidates candidates, ClientKey client, ulong turn) =>
        LeastLoaded.Choose(candidates, weights, idleExtra: 0, busyExtra: 1, turn);
}
