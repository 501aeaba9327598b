using System.Diagnostics;
using UserProxy.Scenarios.Backends;
using UserProxy.Scenarios.Bed;
using UserProxy.Scenarios.Load;
using UserProxy.Scenarios.Paths;
using UserProxy.Scenarios.Results;
using UserProxy.Scenarios.Running;

namespace UserProxy.Scenarios.Scenarios;

/// <summary>What anyone measures first: how long a process takes to start, and what it holds when it does nothing.</summary>
internal sealed class StartScenario : Scenario
{
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(5), StartLimit = TimeSpan.FromSeconds(30);

    public override string Name => "start";

    public override string Title => "Start, and memory at rest, with one Service";

    public override string Group => "Memory";

    public override string Method =>
        "A fresh process with one Service of three endpoints: from starting it (by way of ip netns exec, some milliseconds) to the first whole answer of a "
            + "Pod, asked without a pause. Two seconds later its memory: resident, the part of it that is no file's (anonymous), and in proportion (PSS: what "
            + "processes share is divided among them), of all its processes together; and the processor time that it has used.";

    public override IReadOnlyList<Metric> Metrics { get; } =
    [
        new("first answer", "ms", Better.Lower), new("resident", "B", Better.Lower), new("anonymous", "B", Better.Lower),
        new("in proportion", "B", Better.Lower), new("processor time", "ms", Better.Lower),
    ];

    public override IReadOnlyList<Tool> Needs => [Tool.Nginx];

    public override RunSize From => RunSize.Quick;

    public override bool UsesStanding => false;

    public override bool Asks(TrafficPath path) => path.Info.Kind is PathKind.Peer or PathKind.Own && path.CanServe(path.Services.Http);

    public override async Task<TurnResult> RunAsync(Turn turn, CancellationToken stop)
    {
        var service = StandardServices.HttpApart(turn.Path.Order, 0);
        using var sockets = new ClientSockets(turn.Bed.Client);
        using var first = await sockets.NextAsync(); // the thread that makes them is not the path's
        long begun = Stopwatch.GetTimestamp();
        await using var serving = await turn.Path.StartAsync(turn.Bed, new ServiceSet([service]), stop);
        while (await HttpAnswer.GetAsync(await sockets.NextAsync(), serving.AddressOf(service), "who", AnswerLimit, stop) is null)
        {
            if (serving.HasEnded) throw new BedException($"it ended: {serving.Log.Trim()}");
            if (Stopwatch.GetElapsedTime(begun) > StartLimit) throw new BedException($"no answer within {StartLimit.TotalSeconds} s: {serving.Log.Trim()}");
            await Task.Delay(1, stop);
        }

        double answered = Stopwatch.GetElapsedTime(begun).TotalMilliseconds;
        await Task.Delay(TimeSpan.FromSeconds(turn.Settings.Size == RunSize.Smoke ? 0.2 : 2), stop);
        var memory = ProcessTree.Memory(serving.ProcessIds);
        return new TurnResult(
        [
            new("first answer", answered), new("resident", memory.Resident), new("anonymous", memory.Anonymous), new("in proportion", memory.Proportional),
            new("processor time", 1000 * ProcessTree.Cpu(serving.ProcessIds).Processes),
        ]);
    }
}
