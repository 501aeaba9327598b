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

    /// <summary>
    /// Rounds of a scenario that are finished are not measured again, one that was interrupted is, as a whole: its turns stand next to each other.
    /// </summary>
    [Fact]
    public async Task InterruptedRun_GoesOnWithTheRoundThatItWasIn()
    {
        RunTraces.SkipUnlessAble();
        var folder = Directory.CreateTempSubdirectory("userproxy-resume-");
        try
        {
            using var stop = new CancellationTokenSource();
            TrafficPath[] paths = [new DirectPath(), new IptablesPath()];
            var asked = new List<string>();
            Counting[] Scenarios() => [new Counting("a") { Log = asked }, new Counting("b") { Log = asked, StopAt = ("iptables", 1), Stop = stop }];
            await Should.ThrowAsync<OperationCanceledException>(
                () => RunAsync(paths, Settings, head => TurnLog.Begin(folder.FullName, head), stop.Token, Scenarios()));
            asked.ShouldBe(["a direct", "a iptables", "b direct", "b iptables", "a direct", "a iptables", "b direct"]);
            asked.Clear();
            var log = TurnLog.Find(folder.FullName).ShouldNotBeNull();
            log.Rounds.Count.ShouldBe(3);

            var (report, runner) = await RunAsync(
                paths, Settings, _ => log, TestContext.Current.CancellationToken, new Counting("a") { Log = asked }, new Counting("b") { Log = asked });

            asked.ShouldBe(["b direct", "b iptables"]);
            runner.IsAnyWrong.ShouldBeFalse();
            foreach (var scenario in report.Scenarios)
            {
                var samples = scenario.Metrics.Single().Points.Single().Samples;
                samples.Keys.ShouldBe(["direct", "iptables"], ignoreOrder: true);
                foreach (var sample in samples.Values) sample.Turns.ShouldBe([1, 1]);
            }

            report.StartedAt.ShouldBe(log.Head.StartedAt);
            report.Duration.ShouldBeGreaterThan(TimeSpan.FromSeconds(log.Rounds[2].Seconds));
            report.Notes.ShouldContain("The run was interrupted and gone on with: 2 sittings.");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>What is in every packet's way is there for the path's own turns alone, also when a turn has failed.</summary>
    [Fact]
    public async Task PathThatStays_IsAwakeInItsTurnsAlone()
    {
        RunTraces.SkipUnlessAble();
        var sleeper = new SleepingPath();
        var awake = new List<string>();
        var scenario = new Counting { Dies = "sleeper", DiesAt = 0, Visit = path => awake.Add($"{path}: {(sleeper.IsAwake ? "awake" : "asleep")}") };

        await RunAsync([new DirectPath(), sleeper], Settings, scenario);

        awake.ShouldBe(["direct: asleep", "sleeper: awake", "direct: asleep", "sleeper: awake"]);
        sleeper.IsAwake.ShouldBeFalse();
    }

    private static Task<(BenchReport, Runner)> RunAsync(IReadOnlyList<TrafficPath> paths, Scenario scenario) => RunAsync(paths, Settings, scenario);

    private static Task<(BenchReport, Runner)> RunAsync(IReadOnlyList<TrafficPath> paths, RunSettings settings, params Scenario[] scenarios) =>
        RunAsync(paths, settings, log: null, TestContext.Current.CancellationToken, scenarios);

    private static async Task<(BenchReport, Runner)> RunAsync(
        IReadOnlyList<TrafficPath> paths, RunSettings settings, Func<RunHead, TurnLog>? log, CancellationToken stop, params Scenario[] scenarios)
    {
        await using var bed = await TestBed.CreateAsync(TestContext.Current.CancellationToken);
        var runner = new Runner(bed, new Selection(paths, scenarios, []), settings, (_, _, _) => { });
        return (await runner.RunAsync(log, stop), runner);
    }

    /// <summary>Stays, and is not to be met outside its turns.</summary>
    private sealed class SleepingPath() : TrafficPath(50, new PathInfo("sleeper", "Sleeper", PathKind.Own, ""))
    {
        public bool IsAwake { get; private set; }

        public override bool CanServe(Service service) => true;

        public override async Task<RunningPath> StartAsync(TestBed bed, ServiceSet set, CancellationToken stop)
        {
            var running = new Running(this, await new DirectPath().StartAsync(bed, set, stop));
            await running.WakeAsync(stop);
            return running;
        }

        private sealed class Running(SleepingPath path, RunningPath behind) : RunningPath
        {
            public override IPEndPoint AddressOf(Service service) => behind.AddressOf(service);

            public override Task WakeAsync(CancellationToken stop)
            {
                path.IsAwake = true;
                return Task.CompletedTask;
            }

            public override Task RestAsync()
            {
                path.IsAwake = false;
                return Task.CompletedTask;
            }

            public override ValueTask DisposeAsync() => behind.DisposeAsync();
        }
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

        /// <summary>Told each path whose turn it is.</summary>
        public Action<string> Visit { get; init; } = _ => { };

        /// <summary>At which path in which turn the run is stopped, and by what.</summary>
        public (string Path, int Turn)? StopAt { get; init; }

        public CancellationTokenSource? Stop { get; init; }

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
            Visit(turn.Path.Name);
            if (StopAt == (turn.Path.Name, number))
            {
                Stop!.Cancel();
                Stop.Token.ThrowIfCancellationRequested();
            }

            if (!DiesBefore && turn.Path.Name == Dies && number == (DiesAt ?? number)) throw new KeyNotFoundException("died");
            Asked.Add(turn.Path.Name);
            Log.Add($"{Name} {turn.Path.Name}");
            return Task.FromResult(new TurnResult([new Measurement("turns", 1)], IsWrong ? "wrong" : null, IsWrong));
        }
    }
}
