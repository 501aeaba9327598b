using UserProxy.Scenarios.Bed;

namespace UserProxy.Scenarios.Paths;

/// <summary>A path that is one program on the node.</summary>
internal class RunningProcess(TestBed bed, Child child) : RunningPath
{
    public override IReadOnlyList<int> ProcessIds => [child.Id];

    public override bool HasEnded => child.HasExited;

    public override string Log => child.Log;

    public override async ValueTask DisposeAsync()
    {
        await bed.EndAsync(child);
        GC.SuppressFinalize(this);
    }
}
