using System.Diagnostics;
using System.Globalization;
using UserProxy.Scenarios.Backends;
using UserProxy.Scenarios.Bed;
using UserProxy.Scenarios.Load;
using UserProxy.Scenarios.Paths;
using UserProxy.Scenarios.Results;
using UserProxy.Scenarios.Running;

namespace UserProxy.Scenarios.Scenarios;

/// <summary>One of three Pods falls silent and nobody has told: what clients notice.</summary>
internal sealed class FailoverScenario : Scenario
{
    private const int Rate = 100;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(3), Slow = TimeSpan.FromMilliseconds(250), Tidy = TimeSpan.FromSeconds(5);

    public override string Name => "failover";

    public override string Title => "One of three Pods blackholed";

    public override string Group => "Failover";

    public override string Method =>
        $"A fresh instance of the path; the third Pod answers nothing any more, not even a reset, and stays declared. 100 requests a second, each on a new "
            + $"connection and begun by the clock whatever became of the others; failed is refused, cut or without an answer after {Limit.TotalSeconds} s, "
            + $"slow is over {Slow.TotalMilliseconds} ms or failed.";

    public override IReadOnlyList<Metric> Metrics { get; } = [new("failed", "%", Better.Lower), new("slow", "%", Better.Lower), new("p90", "ms", Better.Lower)];

    public override IReadOnlyList<Tool> Needs => [Tool.Nginx];

    public override RunSize From => RunSize.Smoke;

    public override bool UsesStanding => false;

    public override int MostRepeats(RunSize size) => size == RunSize.Full ? 3 : 1;

    public override bool Asks(TrafficPath path) => path.Info.Kind != PathKind.Direct && path.CanServe(path.Services.Http);

    public override async Task<TurnResult> RunAsync(Turn turn, CancellationToken stop)
    {
        int seconds = turn.Settings.Size switch { RunSize.Smoke => 1, RunSize.Quick => 2, _ => 10 };
        var service = StandardServices.HttpApart(turn.Path.Order, 1);
        await using var serving = await turn.Path.StartAsync(turn.Bed, new ServiceSet([service]), stop);
        await PathCheck.AnswersAsync(turn.Bed, serving, service, stop);
        using var sockets = new ClientSockets(turn.Bed.Client);
        string pod = turn.Bed.Pods[^1];
        await RouteAsync("add");
        try
        {
            var address = serving.AddressOf(service);
            var asked = new List<Task<TimeSpan?>>();
            for (var watch = Stopwatch.StartNew(); asked.Count < seconds * Rate;)
            {
                var ahead = TimeSpan.FromSeconds((double)asked.Count / Rate) - watch.Elapsed;
                if (ahead > TimeSpan.Zero) await Task.Delay(ahead, stop);
                var socket = await sockets.NextAsync();
                asked.Add(Task.Run(async () =>
                {
                    long start = Stopwatch.GetTimestamp();
                    return await HttpAnswer.GetAsync(socket, address, "100b", Limit, stop) is null ? (TimeSpan?)null : Stopwatch.GetElapsedTime(start);
                }, stop));
            }

            var took = await Task.WhenAll(asked);
            var p90 = took.Select(each => each ?? Limit).Order().ElementAt((int)(0.9 * (took.Length - 1)));
            return new TurnResult(
            [
                new("failed", 100.0 * took.Count(each => each is null) / took.Length),
                    new("slow", 100.0 * took.Count(each => each is null || each > Slow) / took.Length), new("p90", p90.TotalMilliseconds),
            ]);
        }
        finally
        {
            await RouteAsync("delete");
        }

        // Its answers get no further than its own routing table; ARP goes on, as for a Pod that hangs.
        async Task RouteAsync(string verb) =>
            (await Child.RunAsync(["ip", "-n", pod, "route", verb, "blackhole", TestBed.NodePodIP + "/32"], Tidy, CancellationToken.None)).Expect(
                string.Create(CultureInfo.InvariantCulture, $"ip route {verb} blackhole"));
    }
}
