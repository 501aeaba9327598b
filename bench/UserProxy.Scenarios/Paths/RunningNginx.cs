using System.Globalization;
using UserProxy.Scenarios.Bed;
using UserProxy.Scenarios.Load;

namespace UserProxy.Scenarios.Paths;

/// <summary>An nginx at work.</summary>
/// <param name="bed">Where.</param>
/// <param name="child">The master.</param>
internal sealed class RunningNginx(TestBed bed, Child child) : RunningProcess(bed, child)
{
    private static readonly TimeSpan SignalLimit = TimeSpan.FromSeconds(5), ReloadLimit = TimeSpan.FromSeconds(20);

    /// <summary>SIGHUP: new workers, and the old ones end when their connections have.</summary>
    public override async Task HandOverAsync(CancellationToken stop)
    {
        int master = ProcessIds.Single();
        var old = ProcessTree.Ids([master]).Where(id => id != master).ToList();
        (await Child.RunAsync(["sh", "-c", string.Create(CultureInfo.InvariantCulture, $"kill -HUP {master}")], SignalLimit, stop)).Expect("kill -HUP");
        await Poll.UntilAsync(
            () => Task.FromResult(!ProcessTree.Ids([master]).Intersect(old).Any()), () => $"old workers run on: {Log.Trim()}", ReloadLimit, stop);
    }
}
