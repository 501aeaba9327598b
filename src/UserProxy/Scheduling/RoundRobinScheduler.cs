namespace UserProxy.Scheduling;

/// <summary>rr: every endpoint in turn. Weights do not count.</summary>
internal sealed class RoundRobinScheduler : Scheduler
{
    public override int Choose(in Candidates candidates, ClientKey client, ulong turn)
    {
        ulong count = (ulong)candidates.Count;
        int index = (int)(turn % count);
        return candidates.Allows(index) ? index : Substitute(candidates, index, turn / count);
    }

    /// <summary>
    /// The turns of endpoints that are aside are dealt out in a round of their own: giving each to its successor would double the load of
    /// one endpoint, which may be the next to fail.
    /// </summary>
    private static int Substitute(in Candidates candidates, int index, ulong cycle)
    {
        ulong aside = 0, asideBefore = 0;
        for (int i = 0; i < candidates.Count; i++)
        {
            if (candidates.Allows(i)) continue;
            aside++;
            if (i < index) asideBefore++;
        }

        ulong allowed = (ulong)candidates.Count - aside;
        return allowed == 0 ? -1 : candidates.NthAllowed((int)(((cycle * aside) + asideBefore) % allowed));
    }
}
