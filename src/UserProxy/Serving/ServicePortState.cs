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

    /// <summary>The bytes of all connections or sessions, ended and running. Never goes back.</summary>
    public abstract (long In, long Out) ReadBytes();
}
