namespace UserProxy.Scheduling;

/// <summary>
/// One scheduling algorithm, built at swap time for exactly one array of endpoints. A choice is a pure function of the live counters, the
/// client and the turn: no allocation, lock, await or log. That is why a peek (same turn, not taken) and a pick cannot disagree.
/// </summary>
public abstract class Scheduler
{
    /// <summary>
    /// The index of the endpoint for <paramref name="client"/> at <paramref name="turn"/>, or -1 when <paramref name="candidates"/> allow
    /// none.
    /// </summary>
    public abstract int Choose(in Candidates candidates, ClientKey client, ulong turn);
}
