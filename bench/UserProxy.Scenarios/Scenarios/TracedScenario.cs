using System.Globalization;
using UserProxy.Scenarios.Backends;
using UserProxy.Scenarios.Bed;
using UserProxy.Scenarios.Load;
using UserProxy.Scenarios.Paths;
using UserProxy.Scenarios.Results;
using UserProxy.Scenarios.Running;

namespace UserProxy.Scenarios.Scenarios;

/// <summary>What it costs to be followed by a trace of everything.</summary>
internal sealed class TracedScenario : Scenario
{
    private const int Connections = 64;

    /// <summary>Each of its connections is told of in six records of some hundred bytes.</summary>
    private const int LeastRead = Connections * 6 * 100;

    public override string Name => "traced";

    public override string Title => "Requests of 100 B while every connection is traced";

    public override string Group => "Watching";

    public override string Method => string.Create(
        CultureInfo.InvariantCulture,
        $"{Connections} connections of wrk, which last, and then one for each request. Loads without and with one trace of all connections take turns, ten "
            + $"in all of each kind; the records go to /dev/null by curl, whose own work is in it. \"lost\" is the median of the pairs, below 0 where the "
            + $"traced load of a pair was the faster one. What a trace costs that does not run is seen by comparing two builds (connections, --before).");

    public override IReadOnlyList<Metric> Metrics { get; } =
    [
        new("lost, a connection each", "%", Better.Lower), new("lost, connections that last", "%", Better.Lower),
        new("connections/s, traced", "1/s", Better.Higher), new("connections/s, not traced", "1/s", Better.Higher),
    ];

    public override IReadOnlyList<Tool> Needs => [Tool.Wrk, Tool.Nginx, Tool.Curl];

    public override bool UsesStanding => false;

    public override bool Asks(TrafficPath path) => path is UserProxyPath;

    public override async Task<TurnResult> RunAsync(Turn turn, CancellationToken stop)
    {
        var service = StandardServices.HttpApart(turn.Path.Order, 3);
        await using var serving = await turn.Path.StartAsync(turn.Bed, new ServiceSet([service]), stop);
        await PathCheck.AnswersAsync(turn.Bed, serving, service, stop);
        var lasting = await PairsAsync(close: false);
        var each = await PairsAsync(close: true);
        return new TurnResult(
        [
            new("lost, a connection each", Median(each.Select(Lost))), new("lost, connections that last", Median(lasting.Select(Lost))),
            new("connections/s, traced", Median(each.Select(pair => pair.Traced))), new("connections/s, not traced", Median(each.Select(pair => pair.Not))),
        ]);

        async Task<IReadOnlyList<(double Not, double Traced)>> PairsAsync(bool close)
        {
            var command = Wrk.Command(serving.AddressOf(service), "100b", Connections, turn.Settings.Seconds, close);
            await LoadAsync(command); // warm
            var pairs = new List<(double Not, double Traced)>();
            for (int pair = 0; pair < 5; pair++)
            {
                // The machine's own drift must not favour either: the order turns round with each pair.
                double first = pair % 2 == 0 ? await LoadAsync(command) : await TracedLoadAsync(command);
                double second = pair % 2 == 0 ? await TracedLoadAsync(command) : await LoadAsync(command);
                pairs.Add(pair % 2 == 0 ? (first, second) : (second, first));
            }

            return pairs;
        }

        async Task<double> LoadAsync(IReadOnlyList<string> command)
        {
            var figures = await Wrk.RunAsync(turn.Bed, command, turn.Settings.Seconds, stop);
            return figures.Failure is { } failure ? throw new BedException(failure) : figures.RequestsPerSecond;
        }

        async Task<double> TracedLoadAsync(IReadOnlyList<string> command)
        {
            // It ends by itself, with a line that says how much it was.
            var tracer = turn.Bed.Start(turn.Bed.Node, serving.Tracer(turn.Settings.Seconds + 2));
            try
            {
                await Task.Delay(TimeSpan.FromSeconds(0.5), stop);
                double rate = await LoadAsync(command);
                await Poll.UntilAsync(() => Task.FromResult(tracer.HasExited), () => "curl goes on", TimeSpan.FromSeconds(30), stop);
                string[] said = tracer.Log.Trim().Split(' ');
                if (said is not ["200", var size] || !long.TryParse(size, CultureInfo.InvariantCulture, out long read) || read < LeastRead)
                    throw new BedException($"nothing was traced: {tracer.Log}");
                return rate;
            }
            finally
            {
                await turn.Bed.EndAsync(tracer);
            }
        }
    }

    private static double Lost((double Not, double Traced) pair) => 100 * (1 - (pair.Traced / pair.Not));

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }
}
