namespace UserProxy.Scheduling;

/// <summary>
/// Fills the lookup table of <see cref="MaglevScheduler"/>. Each endpoint wants the slots in an order of its own, a permutation that its
/// hash gives; they take turns to claim the next slot on their list that is still free, until all are taken.
/// </summary>
internal static class MaglevTable
{
    private const long OneTurn = 1L << 24;

    /// <summary>
    /// Prime, as the permutation needs. Few sizes, far apart: where the size changes (17th and 4,094th endpoint) nearly every client moves. 4,093 slots (8 KB)
    /// are 255 and more for each of 16 endpoints; 32,749 (64 KB) are 32 for each of 1,000. Shares differ by one slot, and when an endpoint leaves, less than
    /// 2 % of the clients move without need. A larger table does better in both and takes longer to fill.
    /// </summary>
    public static int SizeFor(int endpoints) => endpoints <= 16 ? 4_093 : endpoints <= 4_093 ? 32_749 : 524_287;

    /// <summary>The greatest number of endpoints that an entry of the table can tell apart.</summary>
    public const int MaxEndpoints = ushort.MaxValue;

    public static ushort[] Build(ulong[] hashes, int[] weights)
    {
        if (hashes.Length == 0) return [];
        int size = SizeFor(hashes.Length);
        var table = new ushort[size];
        // What is taken, as bits: 8 KB that stay in the fastest cache, where nearly all of the work happens.
        var taken = new ulong[(size + 63) / 64];
        var claims = Claims(hashes, weights, (uint)size);
        int free = size;
        while (true)
        {
            for (int i = 0; i < claims.Length; i++)
            {
                ref var claim = ref claims[i];
                // More turns for more weight, an average one for an average weight, and in the first round at least one for everybody.
                for (claim.Credit += claim.Income; claim.Credit > 0; claim.Credit -= OneTurn)
                {
                    table[TakeNext(ref claim, taken, (uint)size)] = (ushort)i;
                    if (--free == 0) return table;
                }
            }
        }
    }

    private static Claim[] Claims(ulong[] hashes, int[] weights, uint size)
    {
        long sum = 0;
        foreach (int weight in weights) sum += weight;
        var claims = new Claim[hashes.Length];
        for (int i = 0; i < claims.Length; i++)
        {
            claims[i] = new()
            {
                Slot = (uint)TurnDraw.Scale(hashes[i], size),
                Skip = (uint)TurnDraw.Scale(ClientKey.Mix(hashes[i] + TurnDraw.Golden), size - 1) + 1,
                Income = weights[i] * OneTurn * claims.Length / sum,
            };
        }

        return claims;
    }

    private static uint TakeNext(ref Claim claim, ulong[] taken, uint size)
    {
        uint slot = claim.Slot, skip = claim.Skip;
        while ((taken[slot >> 6] >> (int)(slot & 63) & 1) != 0)
        {
            slot += skip;
            if (slot >= size) slot -= size;
        }

        taken[slot >> 6] |= 1UL << (int)(slot & 63);
        claim.Slot = slot;
        return slot;
    }

    private struct Claim
    {
        public uint Slot;
        public uint Skip;
        public long Income;
        public long Credit;
    }
}
