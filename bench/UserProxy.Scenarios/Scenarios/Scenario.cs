using UserProxy.Scenarios.Bed;
using UserProxy.Scenarios.Paths;
using UserProxy.Scenarios.Running;

namespace UserProxy.Scenarios.Scenarios;

/// <summary>One question, asked to every path in turn. A new one is listed in <see cref="AllScenarios"/>.</summary>
internal abstract class Scenario
{
    public abstract string Name { get; }

    public abstract string Title { get; }

    public abstract string Group { get; }

    /// <summary>In a sentence or two: how it is measured, what was done about known traps.</summary>
    public abstract string Method { get; }

    /// <summary>The first is what the scenario is about.</summary>
    public abstract IReadOnlyList<Metric> Metrics { get; }

    public virtual IReadOnlyList<Tool> Needs => [Tool.Wrk, Tool.Nginx];

    /// <summary>The smallest size of run that has it: smoke has few, full has all.</summary>
    public virtual RunSize From => RunSize.Full;

    /// <summary>Whether the path's standing instance is asked; others start one of their own.</summary>
    public virtual bool UsesStanding => true;

    /// <summary>More turns than this are not taken, whatever the run repeats.</summary>
    public virtual int MostRepeats(RunSize size) => int.MaxValue;

    public abstract bool Asks(TrafficPath path);

    /// <summary>The load's command line for one of the paths; empty for none.</summary>
    public virtual string Command(Turn turn) => "";

    /// <summary>Before the turns of a round; <paramref name="everyone"/> gives each of the paths that are asked a turn of its own.</summary>
    public virtual Task PrepareAsync(Func<Func<Turn, Task>, Task> everyone, Ledger ledger, IReadOnlyList<TrafficPath> paths, CancellationToken stop) =>
        Task.CompletedTask;

    public abstract Task<TurnResult> RunAsync(Turn turn, CancellationToken stop);
}
