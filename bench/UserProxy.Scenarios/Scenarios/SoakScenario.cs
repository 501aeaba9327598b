using System.Globalization;
using UserProxy.Scenarios.Backends;
using UserProxy.Scenarios.Bed;
using UserProxy.Scenarios.Load;
using UserProxy.Scenarios.Paths;
using UserProxy.Scenarios.Results;
using UserProxy.Scenarios.Running;

namespace UserProxy.Scenarios.Scenarios;

/// <summary>Whether anything grows that should not, while all that happens on a node goes on and on.</summary>
internal sealed class SoakScenario : Scenario
{
    private const double NewConnections = 400;

    /// <summary>As iperf3 takes it: a tenth of what one stream reaches, so that there is room for all the rest.</summary>
    private const string BulkRate = "1G";

    /// <summary>Times the seconds of a load: half a minute in a usual run, half an hour with <c>--seconds 120</c>.</summary>
    private const int Length = 15;

    private const int Looks = 120;

    private static readonly TimeSpan ChangeInterval = TimeSpan.FromSeconds(1);

    public override string Name => "soak";

    public override string Title => "Connections, changes of endpoints and bulk for long: what grows";

    public override string Group => "Growth";

    public override string Method => string.Create(
        CultureInfo.InvariantCulture,
        $"{NewConnections:0} new connections a second with one request each, one endpoint taken out or put back each second, and one stream of iperf3 held "
            + $"at {BulkRate}bit/s beside it, for {Length} times the seconds of a load: half an hour with --seconds 120. Memory and descriptors of the process "
            + $"are looked at about {Looks} times: the most of the second third of the time, and of the last. What leaks is more in the last.");

    public override IReadOnlyList<Metric> Metrics { get; } =
    [
        new("resident, last third", "B", Better.Lower), new("resident, second third", "B", Better.Lower), new("descriptors, last third", "", Better.Lower),
        new("descriptors, second third", "", Better.Lower), new("failed", "", Better.Lower), new("answered", "", Better.Higher),
        new("changes", "", Better.Higher), new("bulk", "Gbit/s", Better.Higher),
    ];

    public override IReadOnlyList<Tool> Needs => [Tool.Nginx, Tool.Iperf];

    public override bool UsesStanding => false;

    public override int MostRepeats(RunSize size) => 1;

    public override bool Asks(TrafficPath path) => path is UserProxyPath;

    public override async Task<TurnResult> RunAsync(Turn turn, CancellationToken stop)
    {
        int seconds = turn.Settings.Seconds * Length;
        var web = StandardServices.HttpApart(turn.Path.Order, 3);
        var bulk = StandardServices.BulkApart(turn.Path.Order);
        await using var serving = await turn.Path.StartAsync(turn.Bed, new ServiceSet([web, bulk], WillChange: true), stop);
        await PathCheck.AnswersAsync(turn.Bed, serving, web, stop);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var connections = new ConnectionRate("100b") { Address = serving.AddressOf(web), Rate = NewConnections }.RunAsync(turn.Bed.Client, over.Token);
        var changes = ChangeAsync(serving, web, over.Token);
        var looks = LookAsync(serving, TimeSpan.FromSeconds(seconds) / Looks, over.Token);
        var bytes = Iperf.RunAsync(
            turn.Bed, [.. Iperf.Command(serving.AddressOf(bulk), streams: 1, seconds, toClient: true), "-b", BulkRate], seconds, over.Token);
        // Whatever ends first ends the others: a fault is not to be seen half an hour later.
        await Task.WhenAny(bytes, connections, changes, looks);
        await over.CancelAsync();
        await Task.WhenAll(bytes, connections, changes, looks);

        var moved = await bytes;
        var (second, last) = ThirdsOf(await looks);
        return new TurnResult(
        [
            new("resident, last third", last.Resident), new("resident, second third", second.Resident), new("descriptors, last third", last.Descriptors),
            new("descriptors, second third", second.Descriptors), new("failed", (await connections).Failed), new("answered", (await connections).Answered),
            new("changes", await changes), new("bulk", moved.Bytes * 8 / moved.Seconds / 1e9),
        ]);
    }

    /// <summary>The most of the second third of the looks and of the last; the first is what a start leaves to grow.</summary>
    internal static (Look Second, Look Last) ThirdsOf(IReadOnlyList<Look> looks)
    {
        int third = looks.Count / 3;
        return (Most(looks.Skip(third).Take(third)), Most(looks.Skip(2 * third)));

        static Look Most(IEnumerable<Look> some) =>
            some.Aggregate(default(Look), (most, look) => new(Math.Max(most.Resident, look.Resident), Math.Max(most.Descriptors, look.Descriptors)));
    }

    private static async Task<List<Look>> LookAsync(RunningPath serving, TimeSpan interval, CancellationToken over)
    {
        var looks = new List<Look>();
        while (await SleptAsync(interval, over)) looks.Add(new Look(ProcessTree.Resident(serving.ProcessIds), ProcessTree.Descriptors(serving.ProcessIds)));
        return looks;
    }

    private static async Task<int> ChangeAsync(RunningPath serving, Service service, CancellationToken over)
    {
        var less = service with { Endpoints = [.. service.Endpoints.SkipLast(1)] };
        int done = 0;
        // A change that has begun is finished: half a change is no state to leave.
        while (await SleptAsync(ChangeInterval, over)) await serving.ChangeAsync(done++ % 2 == 0 ? less : service, CancellationToken.None);
        return done;
    }

    /// <summary>False when it is over.</summary>
    private static async Task<bool> SleptAsync(TimeSpan time, CancellationToken over)
    {
        await Task.Delay(time, over).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return !over.IsCancellationRequested;
    }

    /// <param name="Resident">Bytes.</param>
    /// <param name="Descriptors">Open.</param>
    internal readonly record struct Look(long Resident, int Descriptors);
}
