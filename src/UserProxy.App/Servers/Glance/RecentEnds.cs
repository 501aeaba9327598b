using UserProxy.Serving;

namespace UserProxy.App.Servers.Glance;

/// <summary>
/// How the connections of one Service port have ended in the last minutes, by what is counted anyway: two copies of the counts are kept, and the older is taken
/// off. Moved on by <see cref="ServiceTrack"/>. 0.3 KB.
/// </summary>
/// <param name="before">The counts before the first look.</param>
/// <param name="tick">The first look.</param>
internal sealed class RecentEnds(long[] before, int tick)
{
    /// <summary>Looks, each a second, between two copies: what is told is of this time, and at most of twice as much.</summary>
    public const int Window = 150;

    private long[] _older = before, _newer = before;
    private int _turnedAt = tick;

    public static long[] Copy(ServiceCounters counters) => Array.ConvertAll(Enum.GetValues<EndReason>(), counters.Closed);

    /// <summary>At each look.</summary>
    public void Add(ServiceCounters counters, int tick)
    {
        if (tick - _turnedAt < Window) return;
        (_older, _newer, _turnedAt) = (_newer, Copy(counters), tick);
    }

    /// <summary>By reason.</summary>
    public long[] Read(ServiceCounters counters)
    {
        long[] ends = Copy(counters);
        for (int i = 0; i < ends.Length; i++) ends[i] -= _older[i];
        return ends;
    }
}
