namespace UserProxy.Scheduling;

/// <summary>
/// sh: the same client always to the same endpoint, by rendezvous hashing (highest random weight; Thaler and Ravishankar, 1998). Each client ranks all
/// endpoints by a hash of the pair. When one leaves, only its own clients move, each to the next in its ranking. When one joins, it takes an even share from
/// everybody. Weights do not count; for many endpoints or weights there is mh.
/// </summary>
internal sealed class SourceHashScheduler(ulong[] hashes) : Scheduler
{
    public override int Choose(in Candidates candidates, ClientKey client, ulong turn)
    {
        int best = -1;
        ulong bestScore = 0;
        for (int i = 0; i < hashes.Length; i++)
        {
            // Mix loses nothing: different endpoints cannot tie.
            ulong score = ClientKey.Mix(client.Hash ^ hashes[i]);
            if ((best >= 0 && score < bestScore) || !candidates.Allows(i)) continue;
            (best, bestScore) = (i, score);
        }

        return best;
    }
}
