using System.Net;
using UserProxy.Scenarios.Backends;
using UserProxy.Scenarios.Bed;
using UserProxy.Scenarios.Paths;
using UserProxy.Scenarios.Report;
using UserProxy.Scenarios.Results;
using UserProxy.Scenarios.Running;
using UserProxy.Scenarios.Scenarios;
using UserProxy.Scenarios.Tests.Runs;

namespace UserProxy.Scenarios.Tests.Running;

/// <summary>What the runner makes of paths that are not sound, and the order of turns; on a real topology.</summary>
public sealed class RunnerTests
{
    private static readonly RunSettings Settings = new() { Size = RunSize.Smoke, Repeats = 2, Seconds = 1, Out = "", IsJit = true };

    [Fact]
    public async Task PathThatReachesOnePodOfThree_IsNotTimed_AndTheOthersAre()
    {
        RunTraces.SkipUnlessAble();
        var counting = new Counting();

        var (report, runner) = await RunAsync([new DirectPath(), new OnePodPath()], counting);

        runner.IsAnyWrong.ShouldBeTrue();
        counting.Asked.ShouldBe(["direct", "direct"]);
        var samples = report.Scenarios.Single().Metrics.Single().Points.Single().Samples;
        samples["one-pod"].Values.ShouldBeEmpty();
        samples["one-pod"].Failure.ShouldNotBeNull().ShouldContain("pod1");
        samples["direct"].Values.ShouldBe([1, 1]);
        report.Notes.ShouldContain(note => note.Contains("one-pod took no part", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Paths_TakeTurns()
    {
        RunTraces.SkipUnlessAble();
        var counting = new Counting();

        var (report, runner) = await RunAsync([new DirectPath(), new IptablesPath()], counting);

        runner.IsAnyWrong.ShouldBeFalse(string.Join('\n', report.Notes));
        counting.Asked.ShouldBe(["direct", "iptables", "direct", "iptables"]);
    }

    /// <summary>So that the turns of a path are spread over the run, those of a scenario that takes fewer as well.</summary>
    [Fact]
    public async Task Scenarios_AreAskedRoundByRound()
    {
        RunTraces.SkipUnlessAble();
        var asked = new List<string>();

        var (report, _) = await RunAsync(
            [new DirectPath(), new IptablesPath()], Settings with { Repeats = 3 }, new Counting("a") { Log = asked },
            new Counting("b") { Log = asked, Most = 1 }, new Counting("c") { Log = asked });

        asked.ShouldBe([
            "a direct", "a iptables", "b direct", "b iptables", "c direct", "c iptables",
            "a direct", "a iptables", "c direct", "c iptables",
            "a direct", "a iptables", "c direct", "c iptables",
        ]);
        Wording.When(report).ShouldEndWith("each path 3 times, in turn, round by round; b: once");
    }

    [Theory]
    [InlineData(3, 5, "0, 2, 4")]
    [InlineData(1, 1, "0")]
    [InlineData(3, 3, "0, 1, 2")]
    [InlineData(3, 100, "0, 49, 99")]
    public void Turns_FewerThanRounds_AreSpread(int turns, int rounds, string expected) =>
        string.Join(", ", Enumerable.Range(0, rounds).Where(round => Runner.IsTurn(round, turns, rounds))).ShouldBe(expected);

    [Fact]
    public async Task WrongAnswerOfATurn_IsKnownAtTheEnd()
    {
        RunTraces.SkipUnlessAble();

        var (report, runner) = await RunAsync([new DirectPath()], new Counting { IsWrong = true });

        runner.IsAnyWrong.ShouldBeTrue();
        report.Scenarios.Single().Metrics.Single().Points.Single().Samples["direct"].Failure.ShouldBe("wrong");
    }

    /// <summary>An exception that nobody foresaw, in the turns of a path or before them, must not throw away what the others have measured.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task TurnThatThrows_CostsOnlyItsPath(bool before)
    {
        RunTraces.SkipUnlessAble();
        var counting = new Counting { Dies = "iptables", DiesBefore = before };

        var (report, runner) = await RunAsync([new DirectPath(), new IptablesPath()], counting);

        runner.IsAnyWrong.ShouldBeTrue();
        var samples = report.Scenarios.Single().Metrics.Single().Points.Single().Samples;
        samples["direct"].ShouldSatisfyAllConditions(sample => sample.Values.ShouldBe([1, 1]), sample => sample.Failure.ShouldBeNull());
        samples["iptables"].Failure.ShouldBe("died");
    }

    /// <summary>Its other turns keep their places beside those of the other paths.</summary>
    [Fact]
    public async Task OneTurnThatThrows_LeavesAHole()
    {
        RunTraces.SkipUnlessAble();

        var (report, _) = await RunAsync([new DirectPath(), new IptablesPath()], Settings with { Repeats = 3 }, new Counting { Dies = "iptables", DiesAt = 1 });

        var samples = report.Scenarios.Single().Metrics.Single().Points.Single().Samples;
        samples["direct"].Turns.ShouldBe([1, 1, 1]);
        samples["iptables"].ShouldSatisfyAllConditions(sample => sample.Turns.ShouldBe([1, null, 1]), sample => sample.Failure.ShouldBe("died"));
    }

    private static Task<(BenchReport, Runner)> RunAsync(IReadOnlyList<TrafficPath> paths, Scenario scenario) => RunAsync(paths, Settings, scenario);

    private static async Task<(BenchReport, Runner)> RunAsync(IReadOnlyList<TrafficPath> paths, RunSettings settings, params Scenario[] scenarios)
    {
        await using var bed = await TestBed.CreateAsync(TestContext.Current.CancellationToken);
        var runner = new Runner(bed, new Selection(paths, scenarios, []), settings, (_, _, _) => { });
        return (await runner.RunAsync(TestContext.Current.CancellationToken), runner);
    }

    /// <summary>A path that shares out nothing.</summary>
    private sealed class OnePodPath() : TrafficPath(50, new PathInfo("one-pod", "One Pod", PathKind.Own, ""))
    {
        public override bool CanServe(Service service) => true;

        public override Task<RunningPath> StartAsync(TestBed bed, ServiceSet set, CancellationToken stop) => Task.FromResult<RunningPath>(new Running());

        private sealed class Running : RunningPath
        {
            public override IPEndPoint AddressOf(Service service) => service.Endpoints[0];

            public override ValueTask DisposeAsync() => default;
        }
    }

    /// <summary>Asks nothing, and remembers whom.</summary>
    private sealed class Counting(string name = "counting") : Scenario
    {
        private readonly Dictionary<string, int> _turns = [];

        public List<string> Asked { get; } = [];

        /// <summary>Shared by several scenarios, whose names are in it, too.</summary>
        public List<string> Log { get; init; } = [];

        public int Most { get; init; } = int.MaxValue;

        public bool IsWrong { get; init; }

        /// <summary>At which path; null for none.</summary>
        public string? Dies { get; init; }

        public bool DiesBefore { get; init; }

        /// <summary>In which turn alone; null for all of them.</summary>
        public int? DiesAt { get; init; }

        public override string Name => name;

        public override int MostRepeats(RunSize size) => Most;

        public override string Title => Name;

        public override string Group => "Requests";

        public override string Method => "";

        public override IReadOnlyList<Metric> Metrics { get; } = [new("turns", "1/s", Better.Higher)];

        public override bool Asks(TrafficPath path) => true;

        public override Task PrepareAsync(Func<Func<Turn, Task>, Task> everyone, Ledger ledger, IReadOnlyList<TrafficPath> paths, CancellationToken stop) =>
            everyone(turn => DiesBefore && turn.Path.Name == Dies ? throw new KeyNotFoundException("died") : Task.CompletedTask);

        public override Task<TurnResult> RunAsync(Turn turn, CancellationToken stop)
        {
            int number = _turns[turn.Path.Name] = _turns.GetValueOrDefault(turn.Path.Name, -1) + 1;
            if (!DiesBefore && turn.Path.Name == Dies && number == (DiesAt ?? number)) throw new KeyNotFoundException("died");
            Asked.Add(turn.Path.Name);
            Log.Add($"{Name} {turn.Path.Name}");
            return Task.FromResult(new TurnResult([new Measurement("turns", 1)], IsWrong ? "wrong" : null, IsWrong));
        }
    }
}
