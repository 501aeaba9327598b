using UserProxy.Scenarios.Bed;
using UserProxy.Scenarios.Paths;
using UserProxy.Scenarios.Results;
using UserProxy.Scenarios.Running;

namespace UserProxy.Scenarios.Scenarios;

/// <summary>
/// Processor time of the node's side. It makes no load of its own: another scenario counts it beside its figures, and is run here when it was not before.
/// </summary>
internal sealed class CpuScenario(string name, string title, string unitTitle, double units, Scenario load) : Scenario
{
    private double _directSoftIrq = double.NaN;

    public override string Name => name;

    public override string Title => title;

    public override string Group => "CPU";

    public override string Method =>
        $"During {load.Name}, {unitTitle}: user and system time of the path's processes on the node, plus what the machine spends in soft interrupts beyond "
            + $"what it spends there for the direct path (the kernel does not say for whom a packet is handled; where a process sends and the packet is "
            + $"received at once, it is system time of the sender; a kernel without CONFIG_IRQ_TIME_ACCOUNTING counts soft interrupts that interrupt a "
            + $"process as its system time too, so that a proxy's figure is rather too high than too low). A path in the kernel has no process. \"all\" is "
            + "everything on the machine, client and Pods included.";

    public override IReadOnlyList<Metric> Metrics { get; } =
    [
        new("node", "s", Better.Lower), new("processes", "s", Better.Lower), new("soft interrupts", "s", Better.Lower), new("all", "s", Better.Lower),
    ];

    public override IReadOnlyList<Tool> Needs => load.Needs;

    public override RunSize From => RunSize.Quick;

    public override bool Asks(TrafficPath path) => load.Asks(path);

    public override string Command(Turn turn) => load.Command(turn);

    public override async Task<TurnResult> RunAsync(Turn turn, CancellationToken stop)
    {
        string? failure = null;
        if (turn.Ledger.TakeCpu(load.Name, turn.Path.Name) is not { } each)
        {
            failure = (await load.RunAsync(turn, stop)).Failure;
            if (turn.Ledger.TakeCpu(load.Name, turn.Path.Name) is not { } own) return new TurnResult([], failure);
            each = own;
        }

        double soft = each.SoftIrq * units, processes = each.Processes * units;
        if (turn.Path.Info.Kind == PathKind.Direct) _directSoftIrq = soft;
        IEnumerable<Measurement> known = [new("processes", processes), new("soft interrupts", soft), new("all", each.Machine * units)];
        // Without the direct path in the run, nobody knows what of the soft interrupts is the path's.
        return new TurnResult(double.IsNaN(_directSoftIrq) ? [.. known] : [new("node", processes + Math.Max(0, soft - _directSoftIrq)), .. known], failure);
    }
}
