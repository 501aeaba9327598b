using System.Globalization;
using UserProxy.Scenarios.Backends;
using UserProxy.Scenarios.Bed;
using UserProxy.Scenarios.Load;
using UserProxy.Scenarios.Paths;
using UserProxy.Scenarios.Results;
using UserProxy.Scenarios.Running;

namespace UserProxy.Scenarios.Scenarios;

/// <summary>What a scrape of a node with many Services costs, and what it costs a client beside it.</summary>
internal sealed class ScrapeScenario : Scenario
{
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(5), ScrapeLimit = TimeSpan.FromSeconds(20), StartLimit = TimeSpan.FromMinutes(1);

    public override string Name => "scrape";

    public override string Title => "A scrape of 1,000 Services";

    public override string Group => "Watching";

    public override string Method =>
        "1,000 Services with a NodePort each, every one of them used once, so that all its series are there. After 20 scrapes by curl 20 are timed, one after "
            + "the other; processor time and allocations are those that the process tells of itself in them. Then wrk on one connection, without and with a "
            + "scrape a second beside it. With --smoke 20 Services.";

    public override IReadOnlyList<Metric> Metrics { get; } =
    [
        new("scrape", "ms", Better.Lower), new("longest", "ms", Better.Lower), new("processor", "ms", Better.Lower), new("allocated", "B", Better.Lower),
        new("size", "B", Better.Lower), new("lines", "", Better.Lower), new("request p99, without", "ms", Better.Lower),
        new("request p99, one a second", "ms", Better.Lower),
    ];

    public override IReadOnlyList<Tool> Needs => [Tool.Wrk, Tool.Nginx, Tool.Curl];

    public override bool UsesStanding => false;

    public override int MostRepeats(RunSize size) => size == RunSize.Full ? 3 : 1;

    public override bool Asks(TrafficPath path) => path is UserProxyPath;

    public override async Task<TurnResult> RunAsync(Turn turn, CancellationToken stop)
    {
        var (count, scrapes) = turn.Settings.Size == RunSize.Smoke ? (20, 3) : (1_000, 20);
        Service[] services = [.. StandardServices.Crowd(count).Select(Named)];
        await using var serving = await ((UserProxyPath)turn.Path).RunAsync(turn.Bed, new ServiceSet(services), stop);
        await serving.ReadyAsync(StartLimit, stop);
        using var sockets = new ClientSockets(turn.Bed.Client);
        foreach (var service in services)
        {
            if (await HttpAnswer.GetAsync(await sockets.NextAsync(), serving.AddressOf(service), "who", AnswerLimit, stop) is null)
                throw new BedException($"no answer from {service.Name}");
        }

        for (int i = 0; i < scrapes; i++) await ScrapeAsync(turn.Bed, serving, stop);
        var timed = new List<(double Milliseconds, ScrapeText Text)>();
        for (int i = 0; i < scrapes; i++) timed.Add(await ScrapeAsync(turn.Bed, serving, stop));

        var command = Wrk.Command(serving.AddressOf(services[0]), "100b", 1, turn.Settings.Seconds);
        var alone = await Wrk.RunAsync(turn.Bed, command, turn.Settings.Seconds, stop);
        var beside = await BesideScrapesAsync(turn.Bed, serving, () => Wrk.RunAsync(turn.Bed, command, turn.Settings.Seconds, stop));
        return new TurnResult(
            [.. Readings(timed), .. Slowest("request p99, without", alone), .. Slowest("request p99, one a second", beside)],
            alone.Failure ?? beside.Failure);
    }

    /// <summary>What a scrape says of the process was true when it began: the last one's own cost is in none.</summary>
    internal static IReadOnlyList<Measurement> Readings(IReadOnlyList<(double Milliseconds, ScrapeText Text)> scrapes)
    {
        double[] sorted = [.. scrapes.Select(scrape => scrape.Milliseconds).Order()];
        var (first, last) = (scrapes[0].Text, scrapes[^1].Text);
        int between = scrapes.Count - 1;
        return
        [
            new("scrape", sorted[sorted.Length / 2]), new("longest", sorted[^1]),
            new("processor", 1000 * (last.ProcessorSeconds - first.ProcessorSeconds) / between),
            new("allocated", (last.AllocatedBytes - first.AllocatedBytes) / between), new("size", last.Bytes), new("lines", last.Lines),
        ];
    }

    private static async Task<WrkFigures> BesideScrapesAsync(TestBed bed, RunningUserProxy serving, Func<Task<WrkFigures>> load)
    {
        var watcher = bed.Start(bed.Node, serving.Watchers(1)[0]);
        try
        {
            return await load();
        }
        finally
        {
            await bed.EndAsync(watcher);
        }
    }

    private static Measurement[] Slowest(string metric, WrkFigures figures) => figures.Requests == 0 ? [] : [new(metric, figures.Milliseconds[99])];

    /// <summary>Series are as long as their labels.</summary>
    private static Service Named(Service service, int number) =>
        service with { Name = string.Create(CultureInfo.InvariantCulture, $"a-service-of-common-length-{number}") };

    /// <summary>By way of a file: nobody reads while it is timed.</summary>
    private static async Task<(double Milliseconds, ScrapeText Text)> ScrapeAsync(TestBed bed, RunningUserProxy serving, CancellationToken stop)
    {
        string file = Path.Combine(bed.Folder, "scrape");
        var curl = await bed.RunAsync(
            bed.Node, ScrapeLimit, stop, "curl", "--silent", "--fail", "--output", file, "--write-out", "%{time_total}", $"http://{serving.Metrics}/metrics");
        double seconds = double.Parse(curl.Expect("a scrape"), CultureInfo.InvariantCulture);
        return (seconds * 1000, ScrapeText.Parse(await File.ReadAllTextAsync(file, stop)));
    }
}
