using System.Globalization;
using UserProxy.Scenarios.Load;
using UserProxy.Scenarios.Paths;
using UserProxy.Scenarios.Results;
using UserProxy.Scenarios.Running;

namespace UserProxy.Scenarios.Scenarios;

/// <summary>How many requests a second, over connections that are kept.</summary>
internal sealed class RequestsScenario(string body, string size, int connections, RunSize from) : Scenario
{
    public const string Main = "requests-100b-64";

    public override string Name { get; } = string.Create(CultureInfo.InvariantCulture, $"requests-{body}-{connections}");

    public override string Title { get; } = string.Create(
        CultureInfo.InvariantCulture, $"Requests of {size}, {connections:N0} connection{(connections == 1 ? "" : "s")}, keep-alive");

    public override string Group => "Requests";

    public override string Method =>
        "wrk in a closed loop, 2 threads: each connection asks again as soon as it is answered. Percentiles are those of a path at its limit; latency-100b "
            + "has those at a fixed rate.";

    public override IReadOnlyList<Metric> Metrics { get; } =
    [
        new("requests/s", "1/s", Better.Higher), new("p50", "ms", Better.Lower), new("p90", "ms", Better.Lower), new("p99", "ms", Better.Lower),
    ];

    public override RunSize From => from;

    public override bool Asks(TrafficPath path) => path.CanServe(path.Services.Http);

    public override string Command(Turn turn) => string.Join(' ', CommandFor(turn));

    public override async Task<TurnResult> RunAsync(Turn turn, CancellationToken stop)
    {
        var (figures, cpu) = await turn.WithCpuAsync(() => Wrk.RunAsync(turn.Bed, CommandFor(turn), turn.Settings.Seconds, stop));
        if (figures.Requests > 0) turn.Ledger.AddCpu(Name, turn.Path.Name, cpu / figures.Requests);
        if (Name == Main && figures.Failure is null) turn.Ledger.AddRate(turn.Path.Name, figures.RequestsPerSecond);
        return new TurnResult(Readings(figures), figures.Failure, figures.WrongAnswers > 0);
    }

    /// <summary>Without an answer wrk says that percentiles are 0: the slowest would be the fastest.</summary>
    public static IReadOnlyList<Measurement> Readings(WrkFigures figures) => figures.Requests == 0
        ? [new("requests/s", 0)]
        : [
            new("requests/s", figures.RequestsPerSecond), new("p50", figures.Milliseconds[50]), new("p90", figures.Milliseconds[90]),
            new("p99", figures.Milliseconds[99])];

    private IReadOnlyList<string> CommandFor(Turn turn) => Wrk.Command(turn.AddressOf(turn.Path.Services.Http), body, connections, turn.Settings.Seconds);
}
