namespace UserProxy.Scheduling;

/// <summary>
/// mh: the same client almost always to the same endpoint, by one look into a table (Eisenbud et al., Maglev, NSDI 2016, section 3.4).
/// All the work is done when the set changes, so that a pick costs the same for 3 endpoints and for 1,000. Weights count.
/// </summary>
internal sealed class MaglevScheduler(ulong[] hashes, int[] weights) : Scheduler
{
    /// <summary>Looks into the table before giving up on it; half of all endpoints aside is missed once in 256 picks.</summary>
    private const int Probes = 8;

    private readonly ushort[] _table = MaglevTable.Build(hashes, weights);

    public override int Choose(in Candidates candidates, ClientKey client, ulong turn)
    {
        ulong bits = client.Hash;
        for (int i = 0; i < Probes; i++)
        {
            int index = _table[(int)TurnDraw.Scale(bits, (ulong)_table.Length)];
            if (candidates.Allows(index)) return index;
            // Another place of the table, the same for this client each time: its substitute is as stable as its endpoint.
            bits = ClientKey.Mix(bits + TurnDraw.Golden);
        }

        int allowed = candidates.CountAllowed();
        return allowed == 0 ? -1 : candidates.NthAllowed((int)TurnDraw.Scale(bits, (ulong)allowed));
    }
}
