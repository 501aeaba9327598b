namespace UserProxy.Scheduling;

/// <summary>
/// The turn counter of one service port. It outlives every <see cref="EndpointSet"/>: round robin goes on where it was. It starts at a random place: the
/// nodes of a cluster do not all begin with the same Pod. The pseudo-random schedulers draw from it too, which makes a peek exact.
/// </summary>
public sealed class SchedulerCursor(ulong start)
{
    private ulong _next = start;

    /// <summary>Takes the next turn. Safe from any thread; no turn is given twice.</summary>
    public ulong Take() => Interlocked.Increment(ref _next) - 1;

    /// <summary>The turn that <see cref="Take"/> would give.</summary>
    public ulong Peek() => Volatile.Read(ref _next);
}
