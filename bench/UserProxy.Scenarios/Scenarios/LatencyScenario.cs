using System.Globalization;
using UserProxy.Scenarios.Bed;
using UserProxy.Scenarios.Load;
using UserProxy.Scenarios.Paths;
using UserProxy.Scenarios.Results;
using UserProxy.Scenarios.Running;

namespace UserProxy.Scenarios.Scenarios;

/// <summary>Latency at a rate that every path of the run can bear, which is what percentiles of different paths can be compared at.</summary>
internal sealed class LatencyScenario : Scenario
{
    private const int Connections = 64;

    public const string ScenarioName = "latency-100b";

    public override string Name => ScenarioName;

    public override string Title => "Latency at a fixed rate, 100 B, 64 connections";

    public override string Group => "Requests";

    public override string Method =>
        "The same rate for all: half of what the slowest path did at most (requests-100b-64) when this was first asked. A request is due by the clock, and "
            + "its latency runs from then, also while it waits for a free connection: a stall is charged to every request of the stall. A request without "
            + "an answer counts with the time until the end, a second after the last was due.";

    public override IReadOnlyList<Metric> Metrics { get; } =
    [
        new("p99", "ms", Better.Lower), new("p50", "ms", Better.Lower), new("p90", "ms", Better.Lower), new("p99.9", "ms", Better.Lower),
            new("answered/s", "1/s", Better.Higher),
    ];

    public override RunSize From => RunSize.Smoke;

    public override bool Asks(TrafficPath path) => path.CanServe(path.Services.Http);

    public override string Command(Turn turn) =>
        string.Create(
            CultureInfo.InvariantCulture, $"(built in) GET /100b at {turn.Ledger.Fixed(Name):0} a second to {turn.AddressOf(turn.Path.Services.Http)}");

    /// <summary>A second of wrk each, when the maximum has not been measured in this run.</summary>
    public override async Task PrepareAsync(Func<Func<Turn, Task>, Task> everyone, Ledger ledger, IReadOnlyList<TrafficPath> paths, CancellationToken stop)
    {
        if (ledger.Fixed(Name) > 0) return; // one rate for the whole run
        string[] names = [.. paths.Select(path => path.Name)];
        if (!names.All(ledger.HasRate))
        {
            await everyone(async turn =>
            {
                if (ledger.HasRate(turn.Path.Name)) return;
                var figures = await Wrk.RunAsync(turn.Bed, Wrk.Command(turn.AddressOf(turn.Path.Services.Http), "100b", Connections, 1), 1, stop);
                if (figures.Failure is null) ledger.AddRate(turn.Path.Name, figures.RequestsPerSecond);
            });
        }

        ledger.Fix(Name, (ledger.SlowestRate(names) ?? 0) / 2);
    }

    public override async Task<TurnResult> RunAsync(Turn turn, CancellationToken stop)
    {
        double rate = turn.Ledger.Fixed(Name);
        if (rate == 0) throw new BedException("no path has a rate");
        var load = new FixedRate
        {
            Address = turn.AddressOf(turn.Path.Services.Http),
            Body = "100b",
            Connections = Connections,
            Rate = rate,
            Measured = TimeSpan.FromSeconds(turn.Settings.Seconds),
        };
        var figures = await load.RunAsync(turn.Bed.Client).WaitAsync(stop);
        return new TurnResult(
            [
                new("p99", figures.Latencies.Quantile(0.99)), new("p50", figures.Latencies.Quantile(0.5)), new("p90", figures.Latencies.Quantile(0.9)),
                new("p99.9", figures.Latencies.Quantile(0.999)), new("answered/s", figures.Answered / load.Measured.TotalSeconds),
            ],
            figures.Lost == 0
                ? null
                : string.Create(CultureInfo.InvariantCulture, $"{figures.Lost} of {figures.Lost + figures.Answered} requests not answered in time"));
    }
}
