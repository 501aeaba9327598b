using System.Diagnostics;
using System.Globalization;
using UserProxy.Scenarios.Backends;
using UserProxy.Scenarios.Load;
using UserProxy.Scenarios.Paths;
using UserProxy.Scenarios.Results;
using UserProxy.Scenarios.Running;

namespace UserProxy.Scenarios.Scenarios;

/// <summary>A rollout that does not end: one endpoint comes and goes 50 times a second while clients connect.</summary>
internal sealed class EndpointChurnScenario : Scenario
{
    private const int Rate = 50, Connections = 16;

    public override string Name => "endpoint-churn";

    public override string Title => "New connections while endpoints change 50 times a second";

    public override string Group => "Failover";

    public override string Method =>
        "The third endpoint is taken out and put back in turn, each change handed over at once (kube-proxy would gather them for a second); the Pod itself "
            + "goes on answering. wrk with Connection: close beside it. A path that cannot keep up shows fewer changes.";

    public override IReadOnlyList<Metric> Metrics { get; } =
    [
        new("connections/s", "1/s", Better.Higher), new("p99", "ms", Better.Lower), new("failed", "%", Better.Lower), new("changes/s", "1/s", Better.Higher),
    ];

    public override RunSize From => RunSize.Quick;

    public override bool UsesStanding => false;

    public override int MostRepeats(RunSize size) => size == RunSize.Full ? int.MaxValue : 1;

    public override bool Asks(TrafficPath path) => path.CanChange && path.CanServe(path.Services.Http);

    public override async Task<TurnResult> RunAsync(Turn turn, CancellationToken stop)
    {
        var service = StandardServices.HttpApart(turn.Path.Order, 2);
        await using var serving = await turn.Path.StartAsync(turn.Bed, new ServiceSet([service], WillChange: true), stop);
        await PathCheck.AnswersAsync(turn.Bed, serving, service, stop);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var changing = ChangeAsync(serving, service, over.Token);
        WrkFigures figures;
        double changes;
        try
        {
            figures = await Wrk.RunAsync(
                turn.Bed, Wrk.Command(serving.AddressOf(service), "100b", Connections, turn.Settings.Seconds, close: true), turn.Settings.Seconds, stop);
        }
        finally
        {
            // Also when the load has failed: nobody must change rules under the next path.
            await over.CancelAsync();
            changes = await changing;
        }

        return new TurnResult(
            [
                new("connections/s", figures.RequestsPerSecond), new("p99", figures.Requests == 0 ? double.NaN : figures.Milliseconds[99]),
                new(
                    "failed", 100.0 * (figures.SocketErrors + figures.Timeouts + figures.WrongAnswers) / Math.Max(
                        1, figures.Requests + figures.SocketErrors + figures.Timeouts)), new("changes/s", changes),
            ],
            figures.WrongAnswers > 0 ? string.Create(CultureInfo.InvariantCulture, $"{figures.WrongAnswers} wrong answers") : null, figures.WrongAnswers > 0);
    }

    /// <summary>Changes a second, until it is over.</summary>
    private static async Task<double> ChangeAsync(RunningPath serving, Service service, CancellationToken over)
    {
        var less = service with { Endpoints = [.. service.Endpoints.SkipLast(1)] };
        var watch = Stopwatch.StartNew();
        int done = 0;
        while (!over.IsCancellationRequested)
        {
            // A change that has begun is finished: half a change is no state to leave.
            await serving.ChangeAsync(done % 2 == 0 ? less : service, CancellationToken.None);
            done++;
            var ahead = TimeSpan.FromSeconds((double)done / Rate) - watch.Elapsed;
            if (ahead > TimeSpan.Zero)
                await Task.Delay(
                    ahead, over).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }

        return done / watch.Elapsed.TotalSeconds;
    }
}
