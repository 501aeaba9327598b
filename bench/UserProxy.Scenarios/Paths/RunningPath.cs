using System.Diagnostics;
using System.Net;
using UserProxy.Scenarios.Backends;
using UserProxy.Scenarios.Bed;

namespace UserProxy.Scenarios.Paths;

/// <summary>A path at work.</summary>
internal abstract class RunningPath : IAsyncDisposable
{
    /// <summary>The node's processes that do it; their children count with them. None for a path in the kernel.</summary>
    public virtual IReadOnlyList<int> ProcessIds => [];

    /// <summary>When it began to start, what has to be there before it (a Kubernetes API) left out.</summary>
    public long Begun { get; init; } = Stopwatch.GetTimestamp();

    /// <summary>It will never answer.</summary>
    public virtual bool HasEnded => false;

    /// <summary>What it printed, for the message of a failure.</summary>
    public virtual string Log => "";

    /// <summary>
    /// Command lines for the node that watch it so often a second, as monitoring does, and print a line each time; none where there is nothing to watch.
    /// </summary>
    public virtual IReadOnlyList<IReadOnlyList<string>> Watchers(int timesPerSecond) => [];

    /// <summary>The command line for the node that follows every new connection for so long, and then prints status and size of what it was told.</summary>
    public virtual IReadOnlyList<string> Tracer(int seconds) => throw new NotSupportedException();

    /// <summary>Where the client asks.</summary>
    public virtual IPEndPoint AddressOf(Service service) =>
        service.ClusterIP is { } address ? new IPEndPoint(address, service.Port) : new IPEndPoint(TestBed.NodeAddress, service.NodePort);

    /// <summary>Hands over that the endpoints of one Service are others now; in effect when the client sees it.</summary>
    public virtual Task ChangeAsync(Service changed, CancellationToken stop) => throw new NotSupportedException();

    /// <summary>Has a new process take over; returns when the old one has ended.</summary>
    public virtual Task HandOverAsync(CancellationToken stop) => throw new NotSupportedException();

    /// <summary>
    /// The turn of a path that stays is over: what it has in every packet's way goes. Not called for one that a scenario has started for itself.
    /// </summary>
    public virtual Task RestAsync() => Task.CompletedTask;

    /// <summary>Its next turn begins.</summary>
    public virtual Task WakeAsync(CancellationToken stop) => Task.CompletedTask;

    public abstract ValueTask DisposeAsync();
}
