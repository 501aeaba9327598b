using System.Globalization;
using UserProxy.Scenarios.Backends;
using UserProxy.Scenarios.Bed;
using UserProxy.Scenarios.Load;
using UserProxy.Scenarios.Paths;
using UserProxy.Scenarios.Results;
using UserProxy.Scenarios.Running;

namespace UserProxy.Scenarios.Scenarios;

/// <summary>DNS queries a second, with client ports that stay or that change all the time.</summary>
internal sealed class UdpScenario(bool churn) : Scenario
{
    public override string Name => churn ? "udp-churn" : "udp-long";

    public override string Title => churn ? "DNS over UDP, a new client port every 4 queries" : "DNS over UDP, 8 client ports";

    public override string Group => "UDP";

    public override string Method =>
        "UserProxy.UdpLoad, 200 queries outstanding, each answer checked, to a knot in each Pod with receive buffers of 4 MiB. Client ports come from four "
            + "addresses in turn, so that one comes again as late as can be. "
            + (churn ? " Connection tracking, where a path has it, keeps a short flow for 5 s instead of 30." : "");

    public override IReadOnlyList<Metric> Metrics { get; } =
    [
        new("queries/s", "1/s", Better.Higher), new("p50", "ms", Better.Lower), new("p99", "ms", Better.Lower), new("lost", "%", Better.Lower),
            new("processes' CPU per million", "s", Better.Lower),
    ];

    public override IReadOnlyList<Tool> Needs => [Tool.Knot];

    public override RunSize From => churn ? RunSize.Smoke : RunSize.Quick;

    public override bool Asks(TrafficPath path) => path.CanServe(Service(path));

    public override string Command(Turn turn) =>
        string.Join(' ', CommandFor(turn).Select(word => Path.GetFileName(word) is "UserProxy.UdpLoad" ? "UserProxy.UdpLoad" : word));

    public override async Task<TurnResult> RunAsync(Turn turn, CancellationToken stop)
    {
        var (figures, cpu) = await turn.WithCpuAsync(() => UdpLoadRun.RunAsync(turn.Bed, CommandFor(turn), turn.Settings.Seconds, stop));
        double wrong = figures["wrong"];
        var readings = new List<Measurement>
        {
            new("queries/s", figures["answered_per_second"]), new("p50", figures["p50_ms"]), new("p99", figures["p99_ms"]),
            new("lost", 100 * figures["lost"] / Math.Max(1, figures["sent"])),
        };
        if (turn.Serving.ProcessIds.Count > 0) readings.Add(new("processes' CPU per million", cpu.Processes / Math.Max(1, figures["answered"]) * 1e6));
        return new TurnResult(readings, wrong > 0 ? string.Create(CultureInfo.InvariantCulture, $"{wrong} wrong answers") : null, wrong > 0);
    }

    private Service Service(TrafficPath path) => churn ? path.Services.DnsShort : path.Services.Dns;

    private IReadOnlyList<string> CommandFor(Turn turn) =>
        UdpLoadRun.Command(turn.AddressOf(Service(turn.Path)), turn.Settings.Seconds, churn ? 200 : 8, churn ? StandardServices.QueriesPerPort : 0);
}
