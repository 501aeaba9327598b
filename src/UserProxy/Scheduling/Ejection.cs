using UserProxy.Counting;

namespace UserProxy.Scheduling;

/// <summary>
/// Puts an endpoint aside that cannot be dialled: the third failure in a row does it, for 5 s. When it comes back the row goes on: the next failure puts it
/// aside for twice as long, up to 30 s; a success ends the row. The last one that is left of a list stays. Decided here for all; asked by
/// <see cref="EndpointSet"/>.
/// </summary>
internal static class Ejection
{
    /// <summary>Failed dials in a row that put an endpoint aside.</summary>
    public const int FailuresInARow = 3;

    private static readonly TimeSpan First = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Decisions are taken one at a time: dials that fail together must count once, and the last two endpoints must not each see the other as the one that is
    /// left. One lock for all sets, as the states of a set are also in the set that replaces it. Picks never take it.
    /// </summary>
    private static readonly Lock Deciding = new();

    /// <param name="state">The endpoint that failed.</param>
    /// <param name="all">The list that it was picked from.</param>
    /// <param name="time">The clock of its timestamps.</param>
    public static void AfterFailure(EndpointState state, ReadOnlySpan<EndpointState> all, TimeProvider time)
    {
        if (state.Failed() < FailuresInARow) return;
        lock (Deciding)
        {
            long now = time.GetTimestamp();
            if (state.IsEjected(now) || !AnotherIsLeft(state, all, now)) return;
            var aside = First * (1 << Math.Min(state.Ejections, 3));
            state.Eject(now + time.Units(aside < Longest ? aside : Longest));
        }
    }

    private static bool AnotherIsLeft(EndpointState state, ReadOnlySpan<EndpointState> all, long now)
    {
        foreach (var other in all)
        {
            if (!ReferenceEquals(other, state) && !other.IsEjected(now)) return true;
        }

        return false;
    }
}
