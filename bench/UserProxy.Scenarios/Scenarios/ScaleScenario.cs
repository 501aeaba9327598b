using System.Diagnostics;
using System.Globalization;
using System.Net;
using UserProxy.Scenarios.Backends;
using UserProxy.Scenarios.Bed;
using UserProxy.Scenarios.Load;
using UserProxy.Scenarios.Paths;
using UserProxy.Scenarios.Results;
using UserProxy.Scenarios.Running;

namespace UserProxy.Scenarios.Scenarios;

/// <summary>How a node agent stands a large cluster that never rests.</summary>
internal sealed class ScaleScenario : Scenario
{
    private const int Rate = 1_000;

    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(3), ChangeLimit = TimeSpan.FromSeconds(10), AnswerLimit = TimeSpan.FromSeconds(2);

    private static readonly IReadOnlyList<IPEndPoint> Pods = StandardServices.Pods(HttpBackends.Port);

    public override string Name => "scale";

    public override string Title => "A cluster of 10,001 Services and 150,001 endpoints, 1,000 changes of slices a second";

    public override string Group => "Growth";

    public override string Method =>
        "A Kubernetes API in a process of its own on the node has the objects; a tenth of the Services have slices of 100 endpoints. Ready: from the start of "
            + "the process until /readyz says so. Ten seconds later its processor time and its resident memory are taken at rest, then while 1,000 slices of "
            + "100 a second change for 30 s. Meanwhile the only endpoint of one Service becomes another, again and again: from handing that over to the first "
            + "answer from the new Pod, asked a millisecond after each other answer. With --quick a tenth of all, with --smoke a hundredth.";

    public override IReadOnlyList<Metric> Metrics { get; } =
    [
        new("change p99", "ms", Better.Lower), new("change p50", "ms", Better.Lower), new("ready", "s", Better.Lower),
        new("resident at rest", "B", Better.Lower), new("resident under changes", "B", Better.Lower),
        new("processor at rest", "%", Better.Lower), new("processor under changes", "%", Better.Lower), new("changes/s", "1/s", Better.Higher),
    ];

    public override IReadOnlyList<Tool> Needs => [Tool.Nginx];

    public override bool UsesStanding => false;

    public override int MostRepeats(RunSize size) => 1;

    public override bool Asks(TrafficPath path) => path is UserProxyPath;

    public override async Task<TurnResult> RunAsync(Turn turn, CancellationToken stop)
    {
        var (share, seconds, rest) = turn.Settings.Size switch { RunSize.Smoke => (100, 1, 1), RunSize.Quick => (10, 10, 2), _ => (1, 30, 10) };
        var cluster = new BigCluster(10_000 / share, 150_000 / share);
        var probe = new Service("probe", [Pods[0]]) { ClusterIP = IPAddress.Parse("10.111.0.1") };
        await using var serving = await ((UserProxyPath)turn.Path).RunAsync(
            turn.Bed, new ServiceSet([probe], WillChange: true) { Others = cluster.Objects() }, stop);
        await serving.ReadyAsync(StartLimit, stop);
        double ready = Stopwatch.GetElapsedTime(serving.Begun).TotalSeconds;

        // What the start has left to do is not rest.
        await Task.Delay(TimeSpan.FromSeconds(rest), stop);
        double still = await ProcessorAsync(serving, () => Task.Delay(TimeSpan.FromSeconds(rest), stop));
        long resident = ProcessTree.Resident(serving.ProcessIds);

        double sent = 0;
        var changes = new List<double>();
        double busy = await ProcessorAsync(serving, async () =>
        {
            var sending = serving.Cluster.SendEventsAsync(new SliceEvents(Rate / share, seconds, cluster.FullSlices), stop);
            using var sockets = new ClientSockets(turn.Bed.Client);
            for (int change = 1; !sending.IsCompleted; change++)
                changes.Add(await ChangeAsync(sockets, serving, probe with { Endpoints = [Pods[change % 2]] }, stop));
            sent = await sending;
        });
        return new TurnResult(Readings(changes, ready, resident, ProcessTree.Resident(serving.ProcessIds), still, busy, sent));
    }

    /// <param name="changes">Milliseconds, one at least.</param>
    /// <param name="ready">Seconds.</param>
    /// <param name="atRest">Bytes.</param>
    /// <param name="underChanges">Bytes.</param>
    /// <param name="still">Processors.</param>
    /// <param name="busy">Processors.</param>
    /// <param name="sent">A second.</param>
    internal static IReadOnlyList<Measurement> Readings(
        IReadOnlyCollection<double> changes, double ready, long atRest, long underChanges, double still, double busy, double sent)
    {
        double[] sorted = [.. changes.Order()];
        return
        [
            new("change p99", At(0.99)), new("change p50", At(0.5)), new("ready", ready), new("resident at rest", atRest),
            new("resident under changes", underChanges), new("processor at rest", 100 * still), new("processor under changes", 100 * busy),
            new("changes/s", sent),
        ];

        double At(double part) => sorted[(int)(part * (sorted.Length - 1))];
    }

    /// <summary>Processors that it used on average: 0.5 is half of one.</summary>
    private static async Task<double> ProcessorAsync(RunningPath serving, Func<Task> meanwhile)
    {
        var watch = Stopwatch.StartNew();
        double before = ProcessTree.Cpu(serving.ProcessIds).Processes;
        await meanwhile();
        return (ProcessTree.Cpu(serving.ProcessIds).Processes - before) / watch.Elapsed.TotalSeconds;
    }

    private static async Task<double> ChangeAsync(ClientSockets sockets, RunningPath serving, Service changed, CancellationToken stop)
    {
        // Not in step with anything.
        await Task.Delay(TimeSpan.FromMilliseconds(50 + Random.Shared.Next(50)), stop);
        string wanted = string.Create(CultureInfo.InvariantCulture, $"pod{Pods.ToList().IndexOf(changed.Endpoints[0]) + 1}");
        var watch = Stopwatch.StartNew();
        await serving.ChangeAsync(changed, stop);
        while (await HttpAnswer.GetAsync(await sockets.NextAsync(), serving.AddressOf(changed), "who", AnswerLimit, stop) != wanted)
        {
            if (watch.Elapsed > ChangeLimit) throw new BedException($"a change was not in effect after {ChangeLimit}");
            await Task.Delay(1, stop);
        }

        return watch.Elapsed.TotalMilliseconds;
    }
}
