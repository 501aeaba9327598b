using System.Net;
using UserProxy.Model;

namespace UserProxy.Scheduling;

/// <summary>
/// The endpoints that new connections of one service port may go to, with the scheduler built for exactly that array. Built by the
/// Proxier at swap time, published to listeners by one volatile write, read once by each connection, never changed.
/// </summary>
public sealed class EndpointSet
{
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

    /// <summary>Whether new connections avoid <paramref name="state"/> now; for list and explain.</summary>
    public bool IsEjected(EndpointState state) => state.IsEjected(_time.GetTimestamp());

    /// <summary>How much longer; null when they do not avoid it.</summary>
    public TimeSpan? AsideFor(EndpointState state)
    {
        long now = _time.GetTimestamp();
        return state.IsEjected(now) ? _time.GetElapsedTime(now, state.EjectedUntil) : null;
    }

    /// <summary>Since its first failed dial after its last answer; null when the last dial has not failed.</summary>
    public TimeSpan? FailingFor(EndpointState state) => state.IsFailing ? _time.GetElapsedTime(state.FailingSince) : null;

    /// <summary>How long ago the last dial to it ended, or the last datagram of it came; null when there was none, or nobody knows.</summary>
    public TimeSpan? LastDialAgo(EndpointState state) =>
        state.LastDial != LastDial.None && state.LastDialAt is { } at ? _time.GetElapsedTime(at) : null;

    /// <summary>How long ago a connection ended in which it had sent something; null before the first.</summary>
    internal TimeSpan? HeardAgo(EndpointState state) => state.HeardAt is { } at ? _time.GetElapsedTime(at) : null;

    /// <summary>How long ago one ended that had waited for it in vain; null when another one has had an answer since.</summary>
    internal TimeSpan? LeftUnansweredAgo(EndpointState state) => state.LeftUnansweredAt is { } at ? _time.GetElapsedTime(at) : null;

    /// <summary>A dial to <paramref name="state"/> was refused or not answered: <see cref="Ejection"/> says what follows.</summary>
    /// <param name="state">As it was picked.</param>
    /// <param name="again">The same connection has failed with it before, which counts in the row once.</param>
    public void DialFailed(EndpointState state, bool again = false)
    {
        state.DialAbandoned();
        if (again) state.FailedAgain();
        else Refused(state);
    }

    /// <summary>As <see cref="DialFailed"/>, for a UDP session that its endpoint's host has refused: it stays active until it is closed.</summary>
    internal void Refused(EndpointState state) => Ejection.AfterFailure(state, _states, _time);

    private EndpointState? Choose(ClientKey client, ReadOnlySpan<EndpointState> tried, ulong turn)
    {
        if (_states.Length == 0) return null;
        long now = _time.GetTimestamp();
        int index = _scheduler.Choose(new Candidates(_states, tried, now, includeEjected: false), client, turn);
        // All are tried or aside: an endpoint that failed lately is better than none.
        if (index < 0) index = _scheduler.Choose(new Candidates(_states, tried, now, includeEjected: true), client, turn);
        return index < 0 ? null : _states[index];
    }
}
