using UserProxy.Scenarios.Load;
using UserProxy.Scenarios.Paths;
using UserProxy.Scenarios.Results;
using UserProxy.Scenarios.Running;

namespace UserProxy.Scenarios.Scenarios;

/// <summary>How many connections a second, each with one request.</summary>
internal sealed class NewConnectionsScenario : Scenario
{
    public override string Name => "connections";

    public override string Title => "New connection per request, 100 B, 64 at a time";

    public override string Group => "Connections";

    public override string Method =>
        "wrk with Connection: close. Most connections end in TIME_WAIT at the Pods, which close first and take a new connection from the same port all the "
            + "same; client and node reuse ports in TIME_WAIT (tcp_tw_reuse=1) on a wide range (10240-65000); connection tracking, where a path has it, "
            + "keeps TIME_WAIT for 1 s instead of 120.";

    public override IReadOnlyList<Metric> Metrics { get; } =
    [
        new("connections/s", "1/s", Better.Higher), new("p50", "ms", Better.Lower), new("p90", "ms", Better.Lower), new("p99", "ms", Better.Lower),
    ];

    public override RunSize From => RunSize.Smoke;

    public override bool Asks(TrafficPath path) => path.CanServe(path.Services.Http);

    public override string Command(Turn turn) => string.Join(' ', CommandFor(turn));

    public override async Task<TurnResult> RunAsync(Turn turn, CancellationToken stop)
    {
        var figures = await Wrk.RunAsync(turn.Bed, CommandFor(turn), turn.Settings.Seconds, stop);
        return new TurnResult(
            [new("connections/s", figures.RequestsPerSecond), .. RequestsScenario.Readings(figures).Skip(1)], figures.Failure, figures.WrongAnswers > 0);
    }

    private static IReadOnlyList<string> CommandFor(Turn turn) =>
        Wrk.Command(turn.AddressOf(turn.Path.Services.Http), "100b", 64, turn.Settings.Seconds, close: true);
}
