using System.Diagnostics;
using System.Globalization;
using UserProxy.Scenarios.Backends;
using UserProxy.Scenarios.Bed;
using UserProxy.Scenarios.Load;
using UserProxy.Scenarios.Paths;
using UserProxy.Scenarios.Results;
using UserProxy.Scenarios.Running;

namespace UserProxy.Scenarios.Scenarios;

/// <summary>A new process takes the place of the one that serves, as in an upgrade: what clients notice.</summary>
internal sealed class HandOverScenario : Scenario
{
    private const double Rate = 2000;

    /// <summary>Before the first hand-over and after the last.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromMilliseconds(300);

    public override string Name => "hand-over";

    public override string Title => "A new process takes over while clients connect";

    public override string Group => "Failover";

    public override string Method => string.Create(
        CultureInfo.InvariantCulture,
        $"{Rate:0} new connections a second with one request each, by the clock; first undisturbed, then while new processes take over one after the other: "
            + $"userproxy by its hand-over, HAProxy by -sf and -x (expose-fd listeners), nginx by SIGHUP. The longest gap is that between two answers; failed "
            + $"is refused, reset or cut. A hand-over lasts until the old process (of nginx: the old workers) has ended.");

    public override IReadOnlyList<Metric> Metrics { get; } =
    [
        new("longest gap", "ms", Better.Lower), new("undisturbed", "ms", Better.Lower), new("p99.9", "ms", Better.Lower), new("failed", "%", Better.Lower),
        new("takes", "ms", Better.Lower),
    ];

    public override IReadOnlyList<Tool> Needs => [Tool.Nginx];

    public override bool UsesStanding => false;

    public override bool Asks(TrafficPath path) => path.CanHandOver && path.CanServe(path.Services.Http);

    public override async Task<TurnResult> RunAsync(Turn turn, CancellationToken stop)
    {
        int count = turn.Settings.Size == RunSize.Full ? 5 : 1;
        var service = StandardServices.HttpApart(turn.Path.Order, 3);
        await using var serving = await turn.Path.StartAsync(turn.Bed, new ServiceSet([service]) { WillHandOver = true }, stop);
        await PathCheck.AnswersAsync(turn.Bed, serving, service, stop);
        var undisturbed = await UnderLoadAsync(() => Task.Delay(TimeSpan.FromSeconds(turn.Settings.Seconds), stop));
        var took = TimeSpan.Zero;
        var disturbed = await UnderLoadAsync(async () =>
        {
            for (int i = 0; i < count; i++)
            {
                await Task.Delay(Margin, stop);
                long begun = Stopwatch.GetTimestamp();
                await serving.HandOverAsync(stop);
                took += Stopwatch.GetElapsedTime(begun);
            }

            await Task.Delay(Margin, stop);
        });
        return new TurnResult(
        [
            new("longest gap", disturbed.LongestGap.TotalMilliseconds), new("undisturbed", undisturbed.LongestGap.TotalMilliseconds),
            new("p99.9", disturbed.Latencies.Quantile(0.999)), new("failed", 100.0 * disturbed.Failed / Math.Max(1, disturbed.Failed + disturbed.Answered)),
            new("takes", took.TotalMilliseconds / count),
        ]);

        async Task<ConnectionRateFigures> UnderLoadAsync(Func<Task> happening)
        {
            using var over = CancellationTokenSource.CreateLinkedTokenSource(stop);
            var load = new ConnectionRate("100b") { Address = serving.AddressOf(service), Rate = Rate }.RunAsync(turn.Bed.Client, over.Token);
            try
            {
                await happening();
            }
            finally
            {
                await over.CancelAsync();
                await load;
            }

            return await load;
        }
    }
}
