namespace UserProxy.Scheduling;

/// <summary>lc: the endpoint with the fewest active connections. Weights do not count. Looks at every endpoint, as all of its family do.</summary>
internal sealed class LeastConnectionScheduler : Scheduler
{
    private readonly int[] _equal;

    public LeastConnectionScheduler(int count)
    {
        _equal = new int[count];
        Array.Fill(_equal, 1);
    }

    public override int Choose(in Candidates candidates, ClientKey client, ulong turn) =>
        LeastLoaded.Choose(candidates, _equal, idleExtra: 0, busyExtra: 0, turn);
}
