using System.Globalization;
using UserProxy.Scenarios.Bed;

namespace UserProxy.Scenarios.Paths;

/// <summary>A HAProxy at work.</summary>
/// <param name="bed">Where.</param>
/// <param name="child">The process.</param>
/// <param name="command">What started it.</param>
/// <param name="socket">Where it gives its listeners away.</param>
internal sealed class RunningHAProxy(TestBed bed, Child child, string[] command, string socket) : RunningProcess(bed, child)
{
    private readonly TestBed _bed = bed;

    /// <summary>A seamless reload, as its manual has it: the listeners come by the socket, and the old process is told to finish.</summary>
    public override Task HandOverAsync(CancellationToken stop) => ReplaceAsync(
        _bed.Start(_bed.Node, [.. command, "-x", socket, "-sf", ProcessIds.Single().ToString(CultureInfo.InvariantCulture)]), stop);
}
