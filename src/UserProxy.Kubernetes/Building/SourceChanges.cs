using UserProxy.Kubernetes.Objects;

namespace UserProxy.Kubernetes.Building;

/// <summary>
/// The changes that a source has seen, until they are in force: how many wait, and when the Pods and Services behind them changed (docs/semantics.md 3.11). Fed
/// by the source, told of what is in force by the executable, read at scrape time; from any thread. Tables do not carry this: it is not their content.
/// </summary>
public sealed class SourceChanges
{
    /// <summary>Times remembered between two tables. Past that they are dropped: a sample of a storm is enough.</summary>
    private const int MaxTriggers = 10_000;

    /// <summary>Tables that wait to be in force. Past that nobody tells what is, and the oldest are taken as done.</summary>
    private const int MaxBatches = 1_000;

    private readonly Lock _lock = new();
    private readonly DateTimeOffset _start;
    private readonly Dictionary<ObjectId, List<DateTimeOffset>> _triggers = [];
    private readonly Queue<Batch> _built = new();
    private int _triggerCount;
    private long _services;
    private long _endpoints;
    private long _pendingServices;
    private long _pendingEndpoints;
    private long _servicesSinceTable;
    private long _endpointsSinceTable;

    /// <param name="start">What changed before it took its time for reasons that are not ours.</param>
    public SourceChanges(DateTimeOffset start) => _start = start;

    /// <summary>Changes of Services so far, and how many of them are in no table that is in force.</summary>
    public (long Total, long Pending) Services
    {
        get
        {
            lock (_lock) return (_services, _pendingServices);
        }
    }

    /// <summary>The same of EndpointSlices.</summary>
    public (long Total, long Pending) Endpoints
    {
        get
        {
            lock (_lock) return (_endpoints, _pendingEndpoints);
        }
    }

    /// <summary>The table of <paramref name="revision"/> is in force: gives the times of the changes that came into force with it.</summary>
    public IReadOnlyList<DateTimeOffset> Applied(long revision)
    {
        List<DateTimeOffset> triggers = [];
        lock (_lock)
        {
            // A table that was overtaken came into force with the one that overtook it.
            while (_built.TryPeek(out var batch) && batch.Revision <= revision)
            {
                triggers.AddRange(batch.Triggers);
                RemoveOldest();
            }
        }

        return triggers;
    }

    internal void ServiceChanged()
    {
        lock (_lock)
        {
            _services++;
            _pendingServices++;
            _servicesSinceTable++;
        }
    }

    /// <param name="service">Whose endpoints; null when the slice names none.</param>
    /// <param name="trigger">When what the slice tells of happened, by its annotation; null when it does not say.</param>
    internal void EndpointsChanged(ObjectId? service, DateTimeOffset? trigger)
    {
        lock (_lock)
        {
            _endpoints++;
            _pendingEndpoints++;
            _endpointsSinceTable++;
            if (service is not { } key || trigger is not { } at || at <= _start || _triggerCount >= MaxTriggers) return;
            if (!_triggers.TryGetValue(key, out var times)) _triggers.Add(key, times = []);
            times.Add(at);
            _triggerCount++;
        }
    }

    /// <summary>A slice is gone: nobody can tell any more what its Service's changes were about.</summary>
    internal void EndpointsGone(ObjectId? service)
    {
        EndpointsChanged(service, trigger: null);
        lock (_lock)
        {
            if (service is { } key && _triggers.Remove(key, out var times)) _triggerCount -= times.Count;
        }
    }

    /// <summary>All changes so far are in the table of <paramref name="revision"/>; null: they have changed nothing that is served.</summary>
    internal void Built(long? revision)
    {
        lock (_lock)
        {
            if (revision is { } number)
                _built.Enqueue(new Batch(number, _servicesSinceTable, _endpointsSinceTable, [.. _triggers.Values.SelectMany(times => times)]));
            else (_pendingServices, _pendingEndpoints) = (_pendingServices - _servicesSinceTable, _pendingEndpoints - _endpointsSinceTable);
            (_servicesSinceTable, _endpointsSinceTable, _triggerCount) = (0, 0, 0);
            _triggers.Clear();
            if (_built.Count > MaxBatches) RemoveOldest();
        }
    }

    /// <summary>The oldest batch does not wait any more.</summary>
    private void RemoveOldest()
    {
        var batch = _built.Dequeue();
        _pendingServices -= batch.Services;
        _pendingEndpoints -= batch.Endpoints;
    }

    /// <summary>What came with one table.</summary>
    private sealed record Batch(long Revision, long Services, long Endpoints, IReadOnlyList<DateTimeOffset> Triggers);
}
