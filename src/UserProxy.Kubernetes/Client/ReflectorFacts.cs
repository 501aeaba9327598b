using System.Collections.Concurrent;

namespace UserProxy.Kubernetes.Client;

/// <summary>How one resource is followed, for metrics and status. Written by its reflector, read by anybody.</summary>
public sealed class ReflectorFacts
{
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<string, long> _restarts = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, long> _invalid = new(StringComparer.Ordinal);
    private long _lastEvent = -1;
    private long _events;
    private long _lists;
    private long _troubleSince; // UTC ticks; 0: there is none
    private volatile FailureFacts? _failure;

    internal ReflectorFacts(string resource, TimeProvider time)
    {
        Resource = resource;
        _time = time;
    }

    /// <summary>In plural, as the label of <c>userproxy_watch_last_event_age_seconds</c>.</summary>
    public string Resource { get; }

    /// <summary>How many watches have ended, by reason: closed, cut, silent, gone, too_many_requests, unreachable, defect and so on.</summary>
    public IReadOnlyDictionary<string, long> Restarts => _restarts;

    /// <summary>How many objects could not be read, by reason: list, watch.</summary>
    public IReadOnlyDictionary<string, long> InvalidObjects => _invalid;

    public long Events => Interlocked.Read(ref _events);

    /// <summary>Complete lists so far: 1 in a quiet life.</summary>
    public long Lists => Interlocked.Read(ref _lists);

    /// <summary>
    /// Since the server last said anything about this resource (a list, an event, a bookmark, a watch accepted or ended in good order); null before the first
    /// list.
    /// </summary>
    public TimeSpan? Age => Interlocked.Read(ref _lastEvent) is >= 0 and var last ? _time.GetElapsedTime(last) : null;

    /// <summary>What keeps the server from being followed now; null when nothing does.</summary>
    public string? Trouble
    {
        get;
        internal set
        {
            if (value is null) Interlocked.Exchange(ref _troubleSince, 0);
            else Interlocked.CompareExchange(ref _troubleSince, _time.GetUtcNow().UtcTicks, 0);
            field = value;
        }
    }

    /// <summary>Since when there is <see cref="Trouble"/>, of whatever kind; null while there is none.</summary>
    public DateTimeOffset? TroubleSince => Interlocked.Read(ref _troubleSince) is not 0 and var ticks ? new DateTimeOffset(ticks, TimeSpan.Zero) : null;

    /// <summary>The kind of the last failure, as the label <c>reason</c> of the restarts; null while there is no <see cref="Trouble"/>.</summary>
    public string? Failure => _failure?.Kind;

    /// <summary>Since when nothing but this kind has been met: since when the server says 401, for one.</summary>
    public DateTimeOffset? FailureSince => _failure?.Since;

    internal void SetFailure(string kind, string message)
    {
        // In this order: no kind of failure is older than all trouble.
        Trouble = message;
        if (_failure?.Kind != kind) _failure = new FailureFacts(kind, _time.GetUtcNow());
    }

    internal void ClearFailure()
    {
        _failure = null;
        Trouble = null;
    }

    internal void CountEvent()
    {
        Interlocked.Increment(ref _events);
        MarkHeard();
    }

    internal void CountList()
    {
        Interlocked.Increment(ref _lists);
        MarkHeard();
    }

    internal void MarkHeard() => Interlocked.Exchange(ref _lastEvent, _time.GetTimestamp());

    internal void CountRestart(string reason) => _restarts.AddOrUpdate(reason, 1, static (_, count) => count + 1);

    internal void CountInvalid(string reason) => _invalid.AddOrUpdate(reason, 1, static (_, count) => count + 1);

    private sealed record FailureFacts(string Kind, DateTimeOffset Since);
}
