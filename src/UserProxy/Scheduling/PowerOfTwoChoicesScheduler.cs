namespace UserProxy.Scheduling;

/// <summary>
/// p2c: of two different endpoints drawn from the turn, the one with fewer active connections. Nearly as even as lc at a cost that does
/// not grow with the number of endpoints (Mitzenmacher, The Power of Two Choices, 2001). Weights do not count.
/// </summary>
internal sealed class PowerOfTwoChoicesScheduler : Scheduler
{
    public override int Choose(in Candidates candidates, ClientKey client, ulong turn)
    {
        ulong bits = TurnDraw.Bits(turn);
        var (first, second) = TwoBelow(candidates.Count, bits);
        if (candidates.Allows(first) && candidates.Allows(second)) return LessLoaded(candidates, first, second);

        // Two of the allowed ones, so that the neighbour of an endpoint that is aside still has somebody to be compared with.
        int allowed = candidates.CountAllowed();
        if (allowed == 0) return -1;
        (first, second) = TwoBelow(allowed, ClientKey.Mix(bits + TurnDraw.Golden));
        first = candidates.NthAllowed(first);
        second = candidates.NthAllowed(second);
        return first < 0 || second < 0 ? Math.Max(first, second) : LessLoaded(candidates, first, second);
    }

    /// <summary>Two different numbers below <paramref name="count"/>, or 0 twice when there is only one.</summary>
    private static (int First, int Second) TwoBelow(int count, ulong bits)
    {
        if (count == 1) return (0, 0);
        int first = (int)((bits >> 32) * (uint)count >> 32);
        int second = (int)((bits & uint.MaxValue) * (uint)(count - 1) >> 32);
        return (first, second < first ? second : second + 1);
    }

    private static int LessLoaded(in Candidates candidates, int first, int second) =>
        candidates[second].ActiveConnections < candidates[first].ActiveConnections ? second : first;
}
