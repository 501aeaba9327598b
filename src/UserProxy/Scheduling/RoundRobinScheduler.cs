namespace UserProxy.Scheduling;

/// <summary>rr: every endpoint in turn.</summary>
internal sealed class RoundRobinScheduler : Scheduler
{
    public override int Choose(in Candidates candidates, ClientKey client, ulong turn)
    {
        int count = candidates.Count;
        int index = (int)(turn % (uint)count);
        for (int i = 0; i < count; i++)
        {
            if (candidates.Allows(index)) return index;
            if (++index == count) index = 0;
        }

        return -1;
    }
}
