namespace UserProxy.Scheduling;

/// <summary>The search that lc, wlc, sed and nq share: least load for its weight, ties dealt out by the turn.</summary>
internal static class LeastLoaded
{
    /// <summary>
    /// The allowed endpoint with the least load / weight, where load is the number of active connections, plus <paramref name="idleExtra"/>
    /// when there are none and <paramref name="busyExtra"/> when there are some.
    /// </summary>
    public static int Choose(in Candidates candidates, int[] weights, int idleExtra, int busyExtra, ulong turn)
    {
        int best = -1;
        long bestLoad = 0, bestWeight = 1, tiedWeight = 0;
        for (int i = 0; i < candidates.Count; i++)
        {
            if (!candidates.Allows(i)) continue;
            long load = Load(candidates[i], idleExtra, busyExtra), weight = weights[i];
            // load / weight < bestLoad / bestWeight without the division, as IPVS does it: 31 and 16 bits fit in 63.
            long mine = load * bestWeight, theirs = bestLoad * weight;
            if (best >= 0 && mine > theirs) continue;
            if (best >= 0 && mine == theirs)
            {
                tiedWeight += weight;
                continue;
            }

            (best, bestLoad, bestWeight, tiedWeight) = (i, load, weight, weight);
        }

        if (best < 0 || tiedWeight == bestWeight) return best;

        // Ties are broken by weight and turn: the first of equals would get every connection of a quiet Service, and all that arrive at
        // once (a herd). The counters move under us: an endpoint that was tied a moment ago and is not now is passed over.
        long draw = (long)TurnDraw.Spread(turn, (ulong)tiedWeight);
        int found = best;
        for (int i = best; i < candidates.Count; i++)
        {
            if (!candidates.Allows(i) || Load(candidates[i], idleExtra, busyExtra) * bestWeight != bestLoad * weights[i]) continue;
            found = i;
            draw -= weights[i];
            if (draw < 0) break;
        }

        return found;
    }

    private static long Load(EndpointState state, int idleExtra, int busyExtra)
    {
        int active = state.ActiveConnections;
        return active + (active == 0 ? idleExtra : busyExtra);
    }
}
