using System.Net;
using UserProxy.Counting;
using UserProxy.Model;

namespace UserProxy.Scheduling;

/// <summary>
/// The endpoints that new connections of one service port may go to, with the scheduler built for exactly that array. Built by the
/// Proxier at swap time, published to listeners by one volatile write, read once by each connection, never changed.
/// </summary>
public sealed class EndpointSet
{
    /// <summary>Failed dials in a row that put an endpoint aside.</summary>
    public const int FailuresToEject = 3;

    private static readonly TimeSpan FirstEjection = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestEjection = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Decisions to eject are taken one at a time: dials that fail together must count once, and the last two endpoints must not each see
    /// the other as the one that is left. One for all sets, as the states of a set are also in the set that replaces it. Picks never take it.
    /// </summary>
    private static readonly Lock Ejecting = new();

    private readonly EndpointState[] _states;
    private readonly Scheduler _scheduler;
    private readonly SchedulerCursor _cursor;
    private readonly TimeProvider _time;

    /// <param name="endpoints">One list of the service port; every address of it is in <paramref name="roster"/>.</param>
    /// <param name="kind">How to choose among them.</param>
    /// <param name="roster">The owner of the counters.</param>
    /// <param name="cursor">The service port's turns; its two lists may share them.</param>
    /// <param name="time">For ejection.</param>
    public EndpointSet(ValueList<Endpoint> endpoints, SchedulerKind kind, EndpointRoster roster, SchedulerCursor cursor, TimeProvider time)
    {
        _states = new EndpointState[endpoints.Count];
        for (int i = 0; i < _states.Length; i++) _states[i] = roster.Of(endpoints[i]);
        _scheduler = SchedulerFactory.Create(kind, endpoints);
        _cursor = cursor;
        _time = time;
        Roster = roster;
    }

    /// <summary>The counters of the whole service port: of this list, of the other, and of those that left while busy.</summary>
    public EndpointRoster Roster { get; }

    public ReadOnlySpan<EndpointState> States => _states;

    public bool IsEmpty => _states.Length == 0;

    /// <summary>
    /// The endpoint for a new connection of <paramref name="client"/>, counted as active from now on; null when every endpoint has been
    /// <paramref name="tried"/>. The caller must end it with exactly one of <see cref="DialFailed"/>,
    /// <see cref="EndpointState.DialAbandoned"/>, or <see cref="EndpointState.DialSucceeded"/> and later <see cref="EndpointState.Closed"/>.
    /// </summary>
    public EndpointState? Pick(ClientKey client, ReadOnlySpan<EndpointState> tried = default)
    {
        var state = Choose(client, tried, _cursor.Take());
        state?.Picked();
        return state;
    }

    /// <summary>What <see cref="Pick"/> would return now. Changes nothing.</summary>
    public EndpointState? Peek(ClientKey client, ReadOnlySpan<EndpointState> tried = default) => Choose(client, tried, _cursor.Peek());

    /// <summary>
    /// The endpoint of a client that is pinned to <paramref name="address"/>; null when it is not in this list, put aside, or
    /// <paramref name="tried"/> already. Counts nothing.
    /// </summary>
    internal EndpointState? FindAllowed(IPEndPoint address, ReadOnlySpan<EndpointState> tried)
    {
        if (Roster.FindCurrent(address) is not { } state || tried.Contains(state) || !_states.AsSpan().Contains(state)) return null;
        return IsEjected(state) ? null : state;
    }

    internal bool Contains(EndpointState state) => _states.AsSpan().Contains(state);

    /// <summary>Whether new connections avoid <paramref name="state"/> now; for list and explain.</summary>
    public bool IsEjected(EndpointState state) => state.IsEjected(_time.GetTimestamp());

    /// <summary>How much longer; null when they do not avoid it.</summary>
    public TimeSpan? AsideFor(EndpointState state)
    {
        long now = _time.GetTimestamp();
        return state.IsEjected(now) ? _time.GetElapsedTime(now, state.EjectedUntil) : null;
    }

    /// <summary>
    /// A dial to <paramref name="state"/> was refused or not answered. The third in a row puts it aside for 5 s, unless it is the last one
    /// that is left. When it comes back the row goes on: the next failure puts it aside for twice as long, up to 30 s; a success ends the row.
    /// </summary>
    /// <param name="state">As it was picked.</param>
    /// <param name="again">The same connection has failed with it before, which counts in the row once.</param>
    public void DialFailed(EndpointState state, bool again = false)
    {
        state.DialAbandoned();
        if (again) state.FailedAgain();
        else Refused(state);
    }

    /// <summary>As <see cref="DialFailed"/>, for a UDP session that its endpoint's host has refused: it stays active until it is closed.</summary>
    internal void Refused(EndpointState state)
    {
        if (state.Failed() < FailuresToEject) return;
        lock (Ejecting)
        {
            long now = _time.GetTimestamp();
            if (state.IsEjected(now) || !AnotherIsLeft(state, now)) return;
            var aside = FirstEjection * (1 << Math.Min(state.Ejections, 3));
            if (aside > LongestEjection) aside = LongestEjection;
            state.Eject(now + _time.Units(aside));
        }
    }

    private EndpointState? Choose(ClientKey client, ReadOnlySpan<EndpointState> tried, ulong turn)
    {
        if (_states.Length == 0) return null;
        long now = _time.GetTimestamp();
        int index = _scheduler.Choose(new Candidates(_states, tried, now, includeEjected: false), client, turn);
        // All are tried or aside: an endpoint that failed lately is better than none.
        if (index < 0) index = _scheduler.Choose(new Candidates(_states, tried, now, includeEjected: true), client, turn);
        return index < 0 ? null : _states[index];
    }

    private bool AnotherIsLeft(EndpointState state, long now)
    {
        foreach (var other in _states)
        {
            if (!ReferenceEquals(other, state) && !other.IsEjected(now)) return true;
        }

        return false;
    }
}
