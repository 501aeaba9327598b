using System.Net;
using UserProxy.Model;
using UserProxy.Policy;
using UserProxy.Scheduling;
using UserProxy.Tracing;

namespace UserProxy.Tcp;

/// <summary>
/// Which endpoints one client may still be given, and for how long they are dialled. Each is tried once; then those that did not answer are tried again. An
/// endpoint that answered, be it with RST, is not: the client would have heard the same. The last one is dialled for all the time that is left of
/// <c>connect-attempts</c> x <c>connect-timeout</c>, so that the kernel's repeated SYNs count: no client is refused sooner than if it had dialled by itself.
/// Used by one <see cref="Connection"/>; <see cref="MoreTime"/> by its transport's timer.
/// </summary>
/// <param name="service">The service port that it came to.</param>
/// <param name="kind">By which of the port's addresses.</param>
/// <param name="client">The accepted socket.</param>
/// <param name="settings">As they were when it came.</param>
/// <param name="services">What all connections share.</param>
/// <param name="origin">Who the client is, where that is not the socket's other end.</param>
internal sealed class DialTries(
    TcpPortState service, ListenerKind kind, TransportConnection client, ServiceSettings settings, ConnectionServices services, IPAddress? origin = null)
{
    private readonly long _startedAt = services.Time.GetTimestamp();
    private readonly Caller _caller = new(kind, origin ?? client.Remote.Address, client.Local.Address);

    /// <summary>What was in force when the endpoint was picked.</summary>
    private ServiceSnapshot? _pickedFrom;
    private int _attempts;

    /// <summary>Not to be dialled in this round. Arrays are replaced, as the timer may be reading them.</summary>
    private volatile EndpointState[] _tried = [];

    /// <summary>Of those the ones that did not answer, which may be tried again.</summary>
    private volatile EndpointState[] _silent = [];

    /// <summary>The endpoint that is being dialled.</summary>
    private volatile EndpointState? _current;

    /// <summary>The client, at the address that it came to.</summary>
    public ref readonly Caller Caller => ref _caller;

    /// <summary>Its number, from 1.</summary>
    public int Attempts => _attempts;

    private TimeSpan TimeLeft => (settings.ConnectTimeout * settings.ConnectAttempts) - services.Time.GetElapsedTime(_startedAt);

    /// <summary>Picks an endpoint with the duties of <see cref="EndpointSet.Pick"/>; null when there is none, or no attempt or time is left.</summary>
    /// <param name="trace">Told of the choice; null for nobody.</param>
    public EndpointState? Next(TraceFlow? trace = null)
    {
        if (_attempts == settings.ConnectAttempts || TimeLeft <= TimeSpan.Zero) return null;
        // A further try comes after a wait in which the set may have been swapped: it must not meet an endpoint that has left (law 2).
        var newest = service.Snapshot!;
        if (trace is null) return Pick(newest);
        var pin = TracedPick.PinOf(newest, _caller);
        var endpoint = Pick(newest);
        TracedPick.OfferTo(trace, endpoint is null ? _attempts + 1 : _attempts, newest, _caller, _tried, pin, endpoint);
        return endpoint;
    }

    private EndpointState? Pick(ServiceSnapshot newest)
    {
        var endpoint = newest.Pick(_caller, _tried);
        if (endpoint is null && _silent.Length > 0)
        {
            BeginRound();
            endpoint = newest.Pick(_caller, _tried);
        }

        if (endpoint is null) return null;
        _attempts++;
        _current = endpoint;
        _pickedFrom = newest;
        return endpoint;
    }

    /// <summary>
    /// The one that <see cref="Next"/> has given could not be dialled. It is held against the endpoint, but for what its host did not say; one that has failed
    /// this client before is not put aside for it.
    /// </summary>
    /// <param name="endpoint">That one.</param>
    /// <param name="outcome">How.</param>
    /// <param name="hops">What the dial went out with; 0 is the system's own.</param>
    /// <param name="isKept">It left with the client's address.</param>
    public void Failed(EndpointState endpoint, ConnectOutcome outcome, int hops = 0, bool isKept = false)
    {
        bool mayBeTheClients = hops is > 0 and < HopBound.Enough && outcome is ConnectOutcome.TimedOut or ConnectOutcome.Unreachable;
        bool again = _silent.Contains(endpoint);
        _tried = [.. _tried, endpoint];
        if (outcome == ConnectOutcome.TimedOut) _silent = again ? _silent : [.. _silent, endpoint];
        else if (again) _silent = [.. _silent.Where(other => other != endpoint)];
        if (!mayBeTheClients && outcome is ConnectOutcome.Refused or ConnectOutcome.TimedOut or ConnectOutcome.Unreachable)
            _pickedFrom!.DialFailed(_caller, endpoint, again);
        else endpoint.DialAbandoned();
        if (mayBeTheClients) return;
        endpoint.Note(outcome.ToLastDial(), services.Time.GetTimestamp(), isKept);
    }

    /// <summary>
    /// How much longer the dial that is under way may take, when it has taken the connect timeout: none while there is another to try, else what is left. Asked
    /// again after each connect timeout, because an endpoint may have come, and this one may have left.
    /// </summary>
    public TimeSpan MoreTime()
    {
        if (_current is not { } current || MayTryAnother(current)) return TimeSpan.Zero;
        var left = TimeLeft;
        return left < settings.ConnectTimeout ? left : settings.ConnectTimeout;
    }

    private bool MayTryAnother(EndpointState current)
    {
        var endpoints = service.Snapshot!.ChoicesOf(_caller);
        // To go on with one that has left would be as wrong as to dial it.
        if (!endpoints.Contains(current)) return true;
        if (_attempts == settings.ConnectAttempts) return false;
        foreach (var other in endpoints)
        {
            if (other != current && (!_tried.Contains(other) || _silent.Contains(other))) return true;
        }

        return false;
    }

    /// <summary>Endpoints that did not answer may be tried again. The one that was tried last comes last.</summary>
    private void BeginRound()
    {
        var last = _tried[^1];
        bool others = _silent.Any(endpoint => endpoint != last);
        _tried = [.. _tried.Where(endpoint => !_silent.Contains(endpoint) || (others && endpoint == last))];
    }
}
