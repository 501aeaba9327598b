using System.Diagnostics;
using System.Globalization;
using System.Net;
using UserProxy.Scenarios.Backends;
using UserProxy.Scenarios.Bed;
using UserProxy.Scenarios.Load;
using UserProxy.Scenarios.Paths;
using UserProxy.Scenarios.Results;
using UserProxy.Scenarios.Running;
using UserProxy.UdpLoad;

namespace UserProxy.Scenarios.Scenarios;

/// <summary>Twenty upgrades in a row under everything at once: what new connections, open ones and datagrams lose by them.</summary>
internal sealed class HandOverRowScenario : Scenario
{
    private const int Connections = 1000, Queries = 10_000, QueryClients = 100;

    private const double NewConnections = 2000, Requests = 1000;

    /// <summary>From the beginning of one hand-over to that of the next.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    /// <summary>Of the load: before the first one, and after the last.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(1);

    public override string Name => "hand-over-row";

    public override string Title => "Hand-overs in a row under TCP and UDP load";

    public override string Group => "Failover";

    public override string Method => string.Create(
        CultureInfo.InvariantCulture,
        $"Twenty hand-overs, one every two seconds. By the clock, at the same time: {NewConnections:0} new connections a second with one request each "
            + $"(NodePort), {Requests:0} requests a second over {Connections} connections that stay open through all of them (ClusterIP), {Queries} DNS "
            + $"queries a second of {QueryClients} ports (NodePort). First as long without a hand-over. A gap is the time between two answers to new "
            + $"connections; failed is refused, reset or cut; an open connection counts as lost when a request of it was not answered.");

    public override IReadOnlyList<Metric> Metrics { get; } =
    [
        new("longest gap", "ms", Better.Lower), new("undisturbed", "ms", Better.Lower), new("failed", "", Better.Lower),
        new("open ones lost", "", Better.Lower), new("queries lost", "", Better.Lower), new("answers wrong", "", Better.Lower),
        new("queries' p99.9", "ms", Better.Lower), new("takes", "ms", Better.Lower),
    ];

    public override IReadOnlyList<Tool> Needs => [Tool.Nginx, Tool.Knot];

    public override bool UsesStanding => false;

    public override bool Asks(TrafficPath path) => path is UserProxyPath;

    public override async Task<TurnResult> RunAsync(Turn turn, CancellationToken stop)
    {
        int count = turn.Settings.Size == RunSize.Full ? 20 : 2;
        var web = StandardServices.HttpApart(turn.Path.Order, 3);
        var open = web with { Name = "web-open", NodePort = 0, ClusterIP = IPAddress.Parse("10.96.200.1") };
        var dns = StandardServices.DnsApart(turn.Path.Order);
        await using var serving = await ((UserProxyPath)turn.Path).RunAsync(turn.Bed, new ServiceSet([web, open, dns]) { WillHandOver = true }, stop);
        await PathCheck.AnswersAsync(turn.Bed, serving, web, stop);
        await PathCheck.AnswersAsync(turn.Bed, serving, open, stop);
        var undisturbed = await UnderLoadAsync(() => Task.CompletedTask);
        var took = TimeSpan.Zero;
        var disturbed = await UnderLoadAsync(async () =>
        {
            long start = Stopwatch.GetTimestamp();
            for (int i = 1; i <= count; i++)
            {
                long begun = Stopwatch.GetTimestamp();
                await serving.TakeOverAsync(stop);
                took += Stopwatch.GetElapsedTime(begun);
                if ((i * Interval) - Stopwatch.GetElapsedTime(start) is var early && early > TimeSpan.Zero) await Task.Delay(early, stop);
            }

            // The rest would have had no load.
            if (Stopwatch.GetElapsedTime(start) > (count * Interval) + Margin) throw new BedException("the hand-overs took longer than the load");
        });
        return new TurnResult(
        [
            new("longest gap", disturbed.New.LongestGap.TotalMilliseconds), new("undisturbed", undisturbed.New.LongestGap.TotalMilliseconds),
            new("failed", disturbed.New.Failed), new("open ones lost", disturbed.Open.Lost), new("queries lost", disturbed.Dns["lost"]),
            new("answers wrong", disturbed.Dns["wrong"]), new("queries' p99.9", disturbed.Dns["p999_ms"]), new("takes", took.TotalMilliseconds / count),
        ]);

        async Task<(ConnectionRateFigures New, FixedRateFigures Open, IReadOnlyDictionary<string, double> Dns)> UnderLoadAsync(Func<Task> happening)
        {
            int seconds = (int)((count * Interval) + (2 * Margin)).TotalSeconds;
            using var over = CancellationTokenSource.CreateLinkedTokenSource(stop);
            var connections = new ConnectionRate("100b") { Address = serving.AddressOf(web), Rate = NewConnections }.RunAsync(turn.Bed.Client, over.Token);
            var requests = new FixedRate
            {
                Address = serving.AddressOf(open),
                Body = "100b",
                Connections = Connections,
                Rate = Requests,
                Measured = TimeSpan.FromSeconds(seconds),
            }.RunAsync(turn.Bed.Client);
            var queries = UdpLoadRun.RunAsync(turn.Bed, UdpLoadRun.Command(serving.AddressOf(dns), seconds, QueryClients, 0, Queries), seconds, stop);
            try
            {
                await Task.Delay(LoadSettings.WarmUp + (Margin / 2), stop);
                await happening();
                await Task.WhenAll(requests, queries);
            }
            finally
            {
                await over.CancelAsync();
                await connections;
            }

            return (await connections, await requests, await queries);
        }
    }
}
