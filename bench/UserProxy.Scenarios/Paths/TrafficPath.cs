using UserProxy.Scenarios.Backends;
using UserProxy.Scenarios.Bed;
using UserProxy.Scenarios.Results;
using UserProxy.Scenarios.Scenarios;

namespace UserProxy.Scenarios.Paths;

/// <summary>One way from the client to the Pods. A new one is a class in a file of its own: <see cref="AllPaths"/> finds it.</summary>
internal abstract class TrafficPath(int order, PathInfo info)
{
    /// <summary>Where it is shown; unique, as its NodePorts are made of it.</summary>
    public int Order { get; } = order;

    public PathInfo Info { get; } = info;

    public string Name => Info.Name;

    public StandardServices Services { get; } = StandardServices.Of(order);

    public virtual IReadOnlyList<Tool> Needs => [];

    /// <summary>Whose version every row of it has; null where no program of a peer does the work.</summary>
    public virtual Tool? Peer => null;

    /// <summary>Why this machine cannot have it, whatever is installed; null for nothing.</summary>
    public virtual string? Obstacle => null;

    /// <summary>Not part of a run unless it is asked for by name.</summary>
    public virtual bool IsHidden => false;

    /// <summary>Part of the quick run, which has no time for all of them.</summary>
    public virtual bool IsQuick => true;

    /// <summary>Part of the smallest form.</summary>
    public virtual bool IsSmoke => false;

    /// <summary>
    /// Whether it stays between its turns: a proxy that nobody asks costs nothing, and warm is how it is met. Rules in the kernel cost every other path a part
    /// of its packets (connection tracking): they come for their own turn and go with it.
    /// </summary>
    public virtual bool Stays => true;

    public abstract bool CanServe(Service service);

    /// <summary>Whether one endpoint can be changed while it serves.</summary>
    public virtual bool CanChange => false;

    /// <summary>Whether a new process can take over from the one that serves.</summary>
    public virtual bool CanHandOver => false;

    /// <summary>Whether it is there for that scenario, beside what the scenario itself asks for.</summary>
    public virtual bool IsFor(Scenario scenario) => true;

    /// <summary>Serves until the result is disposed of; may be called while another of it serves other ports.</summary>
    public abstract Task<RunningPath> StartAsync(TestBed bed, ServiceSet set, CancellationToken stop);
}
