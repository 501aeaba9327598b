namespace UserProxy.Scheduling;

/// <summary>random: any endpoint with equal chance, drawn from the turn. Weights do not count.</summary>
internal sealed class RandomScheduler : Scheduler
{
    public override int Choose(in Candidates candidates, ClientKey client, ulong turn)
    {
        ulong bits = TurnDraw.Bits(turn);
        int index = (int)TurnDraw.Scale(bits, (ulong)candidates.Count);
        if (candidates.Allows(index)) return index;
        // A second draw, independent of the first: those that were drawn in vain all have similar high bits.
        int allowed = candidates.CountAllowed();
        return allowed == 0 ? -1 : candidates.NthAllowed((int)TurnDraw.Scale(ClientKey.Mix(bits + TurnDraw.Golden), (ulong)allowed));
    }
}
