using UserProxy.Counting;
using UserProxy.Scheduling;

namespace UserProxy.Tcp;

/// <summary>
/// Ends the connections of endpoints that have left a Service, when its <c>drain</c> setting says so. One for a service port, with one timer for all departed
/// endpoints that still have connections. Told of departures by the Proxier's swaps.
/// </summary>
internal sealed class EndpointDrain(TcpPortState state, ConnectionServices services)
{
    /// <summary>Also how often endpoints are removed whose connections have ended by themselves.</summary>
    private static readonly TimeSpan LongestSleep = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();

    /// <summary>By endpoint: the count of its departures, and when its connections end. An endpoint that comes back and leaves again gets a new time.</summary>
    private readonly Dictionary<EndpointState, (int Departure, long Due)> _waiting = [];

    private ITimer? _timer;
    private long _wakesAt;

    /// <summary>Departed endpoints whose connections wait for their end: nothing else shows that others are let go of.</summary>
    public int Waiting
    {
        get
        {
            lock (_lock) return _waiting.Count;
        }
    }

    public void Add(List<EndpointState> departed, TimeSpan after)
    {
        // One that has been accepted may hold the former snapshot and be about to dial.
        if (departed.Count == 0 || state.Live.IsEmpty) return;
        lock (_lock)
        {
            long now = services.Time.GetTimestamp();
            long due = Later(now, after);
            foreach (var endpoint in departed) _waiting[endpoint] = (endpoint.Departures, due);
            if (after > TimeSpan.Zero) WakeBy(now, due);
        }

        if (after <= TimeSpan.Zero) Sweep();
    }

    /// <summary>Ends what is due, removes what has ended or come back, and sets the timer for the rest. From any thread.</summary>
    public void Sweep()
    {
        HashSet<EndpointState> due = [];
        lock (_lock)
        {
            long now = services.Time.GetTimestamp();
            long next = long.MaxValue;
            var roster = state.Snapshot!.Roster;
            foreach (var (endpoint, (departure, dueAt)) in _waiting)
            {
                bool isGone = endpoint.Departures == departure && !roster.IsCurrent(endpoint);
                if (isGone && dueAt <= now) due.Add(endpoint);
                if (isGone && dueAt > now && endpoint.ActiveConnections > 0) next = Math.Min(next, dueAt);
                else _waiting.Remove(endpoint);
            }

            _timer?.Dispose();
            _timer = null;
            if (_waiting.Count > 0) WakeBy(now, next);
        }

        if (due.Count > 0) Cut(due);
    }

    private void WakeBy(long now, long due)
    {
        due = Math.Min(due, Later(now, LongestSleep));
        if (_timer is not null && _wakesAt <= due) return;
        _wakesAt = due;
        _timer?.Dispose();
        // Never early by rounding: that would take another turn for nothing.
        var sleep = services.Time.GetElapsedTime(now, due) + TimeSpan.FromMilliseconds(1);
        _timer = services.Time.CreateTimer(static drain => ((EndpointDrain)drain!).Sweep(), this, sleep, Timeout.InfiniteTimeSpan);
    }

    private void Cut(HashSet<EndpointState> due)
    {
        foreach (var connection in state.Live.ToArray())
        {
            if (connection.Endpoint is not { } endpoint || !due.Contains(endpoint)) continue;
            try
            {
                connection.Drain();
            }
            catch (Exception exception)
            {
                // A defect: on a timer's thread it would end the process.
                services.Log.ConnectionFault(exception, state.Name, connection.Client.Remote);
            }
        }
    }

    private long Later(long now, TimeSpan by) => now + services.Time.Units(by);
}
