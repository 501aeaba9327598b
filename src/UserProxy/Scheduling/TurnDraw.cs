namespace UserProxy.Scheduling;

/// <summary>
/// Numbers drawn from a turn, for the schedulers that need chance or an even spread. Equal turns give equal draws: that makes a peek exact.
/// </summary>
internal static class TurnDraw
{
    /// <summary>2^64 divided by the golden ratio; odd, so that multiplying by it loses nothing.</summary>
    public const ulong Golden = 0x9E3779B97F4A7C15UL;

    /// <summary>Chance: SplitMix64 at position <paramref name="turn"/>, no visible relation between neighbouring turns.</summary>
    public static ulong Bits(ulong turn) => ClientKey.Mix(turn * Golden);

    /// <summary>
    /// Even spread below <paramref name="bound"/>. The multiples of the golden ratio fall into the widest gap each time (three-distance theorem). So any run of
    /// turns covers the range about as evenly as a cycle would, for every bound and without set-up.
    /// </summary>
    public static ulong Spread(ulong turn, ulong bound) => Scale(turn * Golden, bound);

    /// <summary>Maps 64 even bits to 0 .. <paramref name="bound"/> - 1 by their high end; a multiplication is cheaper than a remainder.</summary>
    public static ulong Scale(ulong bits, ulong bound) => Math.BigMul(bits, bound, out _);
}
