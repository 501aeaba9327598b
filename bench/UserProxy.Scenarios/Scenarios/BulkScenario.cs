using System.Globalization;
using UserProxy.Scenarios.Bed;
using UserProxy.Scenarios.Load;
using UserProxy.Scenarios.Paths;
using UserProxy.Scenarios.Results;
using UserProxy.Scenarios.Running;

namespace UserProxy.Scenarios.Scenarios;

/// <summary>How many bytes a second, both ways, one after the other.</summary>
internal sealed class BulkScenario(int streams, RunSize from) : Scenario
{
    public override string Name { get; } = string.Create(CultureInfo.InvariantCulture, $"bulk-{streams}");

    public override string Title { get; } = streams == 1 ? "Bulk, one stream" : string.Create(CultureInfo.InvariantCulture, $"Bulk, {streams} streams");

    public override string Group => "Bulk";

    public override string Method => "iperf3 to one Pod, first towards the client (as downloads go), then towards the Pod; what the receiver counted.";

    public override IReadOnlyList<Metric> Metrics { get; } = [new("to the client", "Gbit/s", Better.Higher), new("to the Pod", "Gbit/s", Better.Higher)];

    public override IReadOnlyList<Tool> Needs => [Tool.Iperf];

    public override RunSize From => from;

    public override bool Asks(TrafficPath path) => path.CanServe(path.Services.Bulk);

    public override string Command(Turn turn) => string.Join(' ', CommandFor(turn, toClient: true));

    public override async Task<TurnResult> RunAsync(Turn turn, CancellationToken stop)
    {
        var (there, cpu) = await turn.WithCpuAsync(() => Iperf.RunAsync(turn.Bed, CommandFor(turn, toClient: true), turn.Settings.Seconds, stop));
        turn.Ledger.AddCpu(Name, turn.Path.Name, cpu / there.Bytes);
        var back = await Iperf.RunAsync(turn.Bed, CommandFor(turn, toClient: false), turn.Settings.Seconds, stop);
        return new TurnResult([new("to the client", there.Bytes * 8 / there.Seconds / 1e9), new("to the Pod", back.Bytes * 8 / back.Seconds / 1e9)]);
    }

    private IReadOnlyList<string> CommandFor(Turn turn, bool toClient) =>
        Iperf.Command(turn.AddressOf(turn.Path.Services.Bulk), streams, turn.Settings.Seconds, toClient);
}
