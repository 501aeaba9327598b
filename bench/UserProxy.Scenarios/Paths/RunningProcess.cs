using UserProxy.Scenarios.Bed;

namespace UserProxy.Scenarios.Paths;

/// <summary>A path that is one program on the node.</summary>
internal class RunningProcess(TestBed bed, Child child) : RunningPath
{
    private static readonly TimeSpan HandOverLimit = TimeSpan.FromSeconds(20);

    public override IReadOnlyList<int> ProcessIds => [child.Id];

    public override bool HasEnded => child.HasExited;

    public override string Log => child.Log;

    /// <summary>Has the next one in its place from now on; returns the one before.</summary>
    protected Child Succeed(Child next)
    {
        var old = child;
        child = next;
        return old;
    }

    /// <summary>The next one has been started, and the one before ends by itself.</summary>
    protected async Task ReplaceAsync(Child next, CancellationToken stop)
    {
        var old = Succeed(next);
        await Poll.UntilAsync(
            () => next.HasExited ? throw new BedException($"the new process ended: {next.Log.Trim()}") : Task.FromResult(old.HasExited),
            () => $"the old process runs on: {old.Log.Trim()}", HandOverLimit, stop);
        await bed.EndAsync(old);
    }

    public override async ValueTask DisposeAsync()
    {
        await bed.EndAsync(child);
        GC.SuppressFinalize(this);
    }
}
