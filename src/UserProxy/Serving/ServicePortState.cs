using UserProxy.Model;
using UserProxy.Policy;
using UserProxy.Scheduling;

namespace UserProxy.Serving;

/// <summary>
/// The mutable half of one service port: what all its listeners and connections or sessions share. The Proxier writes the snapshot; connections read
/// it once.
/// </summary>
internal abstract class ServicePortState(ServicePortName name, SchedulerCursor cursor)
{
    private volatile ServiceSnapshot? _snapshot;
    private ServiceSnapshot? _loopNoted;

    public ServicePortName Name { get; } = name;

    public SchedulerCursor Cursor { get; } = cursor;

    public ServiceCounters Counters { get; } = new();

    /// <summary>Connections or sessions that there are now.</summary>
    public abstract int Active { get; }

    /// <summary>Nothing runs and nothing is on its way.</summary>
    public abstract bool IsIdle { get; }

    /// <summary>Null before the first table that declares it.</summary>
    public ServiceSnapshot? Snapshot => _snapshot;

    /// <summary>The swap: one volatile write.</summary>
    public void Publish(ServiceSnapshot snapshot) => _snapshot = snapshot;

    /// <summary>True for the first who has met a loop since what is declared has changed. From any thread.</summary>
    public bool TryNoteLoop()
    {
        var snapshot = _snapshot;
        return !ReferenceEquals(Volatile.Read(ref _loopNoted), snapshot) && !ReferenceEquals(Interlocked.Exchange(ref _loopNoted, snapshot), snapshot);
    }

    /// <summary>All that it has counted, for another process.</summary>
    public List<long[]> CopyFigures()
    {
        var (bytesIn, bytesOut) = ReadBytes();
        return [.. Counters.CopyFigures(), [bytesIn, bytesOut], .. CopyOwnFigures()];
    }

    /// <summary>What another process has counted until it handed over.</summary>
    public void AddFigures(IReadOnlyList<long[]> figures)
    {
        var rest = Counters.AddFigures(figures);
        if (rest is not [[var bytesIn, var bytesOut], ..]) return;
        AddBytes(bytesIn, bytesOut);
        AddOwnFigures([.. rest.Skip(1)]);
    }

    /// <summary>Of connections or sessions that are not here.</summary>
    protected abstract void AddBytes(long bytesIn, long bytesOut);

    protected virtual List<long[]> CopyOwnFigures() => [];

    protected virtual void AddOwnFigures(IReadOnlyList<long[]> figures)
    {
    }

    /// <summary>The bytes of all connections or sessions, ended and running. Never goes back.</summary>
    public abstract (long In, long Out) ReadBytes();
}
