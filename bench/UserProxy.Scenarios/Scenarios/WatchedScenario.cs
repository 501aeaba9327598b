using System.Globalization;
using UserProxy.Scenarios.Backends;
using UserProxy.Scenarios.Bed;
using UserProxy.Scenarios.Load;
using UserProxy.Scenarios.Paths;
using UserProxy.Scenarios.Results;
using UserProxy.Scenarios.Running;

namespace UserProxy.Scenarios.Scenarios;

/// <summary>What it costs to be watched.</summary>
internal sealed class WatchedScenario : Scenario
{
    private const int Services = 100, Connections = 200;

    public override string Name => "watched";

    public override string Title => "Requests of 100 B while metrics and connections are read";

    public override string Group => "Watching";

    public override string Method => string.Create(
        CultureInfo.InvariantCulture,
        $"{Services} Services, {Connections} connections of wrk on one of them. Loads without and with two watchers take turns, ten in all: one scrapes "
            + $"/metrics every second, one reads every connection from the admin socket every second. \"lost\" is the median of the pairs, below 0 where "
            + $"the watched load of a pair was the faster one; curl's own work is in it.");

    public override IReadOnlyList<Metric> Metrics { get; } =
    [
        new("lost", "%", Better.Lower), new("requests/s, watched", "1/s", Better.Higher), new("requests/s, unwatched", "1/s", Better.Higher),
    ];

    public override IReadOnlyList<Tool> Needs => [Tool.Wrk, Tool.Nginx, Tool.Curl];

    public override bool UsesStanding => false;

    public override bool Asks(TrafficPath path) => path is UserProxyPath;

    public override async Task<TurnResult> RunAsync(Turn turn, CancellationToken stop)
    {
        var service = StandardServices.HttpApart(turn.Path.Order, 3);
        await using var serving = await turn.Path.StartAsync(turn.Bed, new ServiceSet([service, .. StandardServices.Crowd(Services - 1)]), stop);
        await PathCheck.AnswersAsync(turn.Bed, serving, service, stop);
        var command = Wrk.Command(serving.AddressOf(service), "100b", Connections, turn.Settings.Seconds);
        await WatchedLoadAsync(20); // warm: a process that has been watched for a minute or two
        var pairs = new List<(double Unwatched, double Watched)>();
        for (int pair = 0; pair < 5; pair++)
        {
            // The machine's own drift must not favour either: the order turns round with each pair.
            double first = pair % 2 == 0 ? await LoadAsync() : await WatchedLoadAsync(1);
            double second = pair % 2 == 0 ? await WatchedLoadAsync(1) : await LoadAsync();
            pairs.Add(pair % 2 == 0 ? (first, second) : (second, first));
        }

        return new TurnResult(
        [
            new("lost", Median(pairs.Select(pair => 100 * (1 - (pair.Watched / pair.Unwatched))))),
            new("requests/s, watched", Median(pairs.Select(pair => pair.Watched))), new("requests/s, unwatched", Median(pairs.Select(pair => pair.Unwatched))),
        ]);

        async Task<double> LoadAsync()
        {
            var figures = await Wrk.RunAsync(turn.Bed, command, turn.Settings.Seconds, stop);
            return figures.Failure is { } failure ? throw new BedException(failure) : figures.RequestsPerSecond;
        }

        async Task<double> WatchedLoadAsync(int timesPerSecond)
        {
            Child[] watchers = [.. serving.Watchers(timesPerSecond).Select(watcher => turn.Bed.Start(turn.Bed.Node, watcher))];
            try
            {
                double rate = await LoadAsync();
                foreach (string log in watchers.Select(watcher => watcher.Log))
                {
                    string[] answers = log.Split('\n')[..^1]; // the last line may not be whole
                    // Once a second is kept; more often is asked for to get warm, and comes as the processors allow.
                    if (answers.Length < turn.Settings.Seconds || answers.Any(answer => answer != "200"))
                        throw new BedException($"a watcher was not answered in time: {string.Join(' ', answers)}");
                }

                return rate;
            }
            finally
            {
                foreach (var watcher in watchers) await turn.Bed.EndAsync(watcher);
            }
        }
    }

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }
}
