using UserProxy.Model;
using UserProxy.Reading;

namespace UserProxy.Syncing;

/// <summary>
/// The newest table that a source has yielded, on its way to the Proxier's loop, and since when something waits. A table that comes before the last one was
/// taken overtakes it, without moving the time since which one waits (docs/semantics.md 13.2).
/// </summary>
internal sealed class TableQueue(TimeProvider time)
{
    private readonly Lock _lock = new();
    private ServiceTable? _newest;
    private ServiceTable? _inWork;
    private DateTimeOffset? _waitingSince;
    private DateTimeOffset? _inWorkSince;
    private DateTimeOffset? _lastQueuedAt;
    private DateTimeOffset? _lastAppliedAt;

    public SyncFacts Facts
    {
        get
        {
            lock (_lock) return new(_inWorkSince ?? _waitingSince, _lastQueuedAt, _lastAppliedAt);
        }
    }

    public void Put(ServiceTable table)
    {
        lock (_lock)
        {
            _newest = table;
            _lastQueuedAt = time.GetUtcNow();
            _waitingSince ??= _lastQueuedAt;
        }
    }

    /// <summary>The newest table; the one of a sync that has failed, when there is no newer; else null.</summary>
    public ServiceTable? Take()
    {
        lock (_lock)
        {
            if (_newest is null) return _inWork;
            (_inWork, _newest) = (_newest, null);
            _inWorkSince ??= _waitingSince;
            _waitingSince = null;
            return _inWork;
        }
    }

    /// <summary>The table that was taken last is in force.</summary>
    public void Applied()
    {
        lock (_lock)
        {
            _inWork = null;
            _inWorkSince = null;
            _lastAppliedAt = time.GetUtcNow();
        }
    }
}
