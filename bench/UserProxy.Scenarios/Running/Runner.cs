using System.Diagnostics;
using System.Reflection;
using UserProxy.Scenarios.Backends;
using UserProxy.Scenarios.Bed;
using UserProxy.Scenarios.Load;
using UserProxy.Scenarios.Paths;
using UserProxy.Scenarios.Results;
using UserProxy.Scenarios.Scenarios;

namespace UserProxy.Scenarios.Running;

/// <summary>
/// One run: backends, then each path checked and warmed, then, round by round, in each scenario the paths in turn. Called by the command line; what it starts
/// belongs to the <see cref="TestBed"/>.
/// </summary>
/// <param name="bed">The topology.</param>
/// <param name="selection">What takes part.</param>
/// <param name="settings">How large.</param>
/// <param name="report">Told before every step: how many are done, of how many, and what comes.</param>
/// <param name="known">The machine as it was before anything was started; null to look now.</param>
internal sealed class Runner(TestBed bed, Selection selection, RunSettings settings, Action<int, int, string> report, Machine? known = null)
{
    private readonly Ledger _ledger = new();
    private readonly Dictionary<TrafficPath, RunningPath> _standing = [];
    private readonly Dictionary<TrafficPath, string> _broken = [];
    private readonly List<Child> _backends = [];
    private readonly int _steps = selection.Paths.Count
        + selection.Scenarios.Sum(scenario => Repeats(scenario, settings) * selection.AskedBy(scenario).Count());
    private readonly int _others = Leftovers.OfOtherRuns().Count;
    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private int _done;
    private TurnLog? _log;
    private int _sitting = 1;
    private TimeSpan _before;

    /// <summary>Whether any path answered wrongly, did not come up, or gave no figures.</summary>
    public bool IsAnyWrong { get; private set; }

    public Task<BenchReport> RunAsync(CancellationToken stop) => RunAsync(log: null, stop);

    /// <param name="log">Makes, of what this run is, the log that keeps its rounds; null to keep none.</param>
    /// <param name="stop">Ends it; what its log has is kept.</param>
    public async Task<BenchReport> RunAsync(Func<RunHead, TurnLog>? log, CancellationToken stop)
    {
        var machine = (known ?? await MachineFacts.ReadAsync(stop)) with { CongestionControl = bed.CongestionControl };
        var before = ProcessorTimes.Read();
        var head = new RunHead(
            TimeProvider.System.GetUtcNow(), settings.Command, RunShape.Of(settings, selection), machine, await VersionsAsync(stop),
            BuildIdentity.Of(settings, selection));
        _log = log?.Invoke(head);
        if (_log is { Rounds.Count: > 0 })
        {
            (head, _sitting, _before) = (_log.Head, _log.Sittings + 1, _log.Elapsed);
            _ledger.Restore(_log.Rounds[^1].Ledger);
        }

        try
        {
            await StartBackendsAsync(stop);
            foreach (var path in selection.Paths) await StartAsync(path, stop);
            var results = await AskAllAsync(stop);
            machine = machine with { StealPercent = (ProcessorTimes.Read() - before).StealPercent };
            return new BenchReport(
                head.StartedAt, _before + _watch.Elapsed, settings.Command, settings.Repeats, machine, head.Tools,
                [.. selection.Paths.Select(path => path.Info with { Version = path.Peer is { } peer ? Tool.NumberOf(head.Tools[peer.Label]) : "" })],
                results, Notes(machine))
            {
                LeftOut = selection.LeftOut,
            };
        }
        finally
        {
            foreach (var serving in _standing.Values) await serving.DisposeAsync();
        }
    }

    private static bool IsDebugBuild => typeof(Runner).Assembly.GetCustomAttribute<DebuggableAttribute>()?.IsJITOptimizerDisabled == true;

    private bool NeedsDns => selection.Scenarios.Any(scenario => scenario.Needs.Contains(Tool.Knot));

    private static int Repeats(Scenario scenario, RunSettings settings) => Math.Min(settings.Repeats, scenario.MostRepeats(settings.Size));

    private async Task StartBackendsAsync(CancellationToken stop)
    {
        _backends.AddRange(await HttpBackends.StartAsync(bed, stop));
        if (selection.Scenarios.Any(scenario => scenario.Needs.Contains(Tool.Iperf))) _backends.Add(BulkBackend.Start(bed));
        if (NeedsDns) _backends.AddRange(await DnsBackends.StartAsync(bed, stop));
    }

    /// <summary>A path that does not come up, or answers wrongly, takes no further part; the others go on.</summary>
    private async Task StartAsync(TrafficPath path, CancellationToken stop)
    {
        report(_done++, _steps, $"check {path.Name}");
        try
        {
            await WithStandingAsync(path, async serving =>
            {
                await PathCheck.AnswersAsync(bed, serving, path.Services.Http, stop);
                if (await PathCheck.FindWrongAsync(bed, path, serving, NeedsDns, stop) is { } wrong) throw new BedException(wrong);
                // Warm: caches, compiled code.
                if (path.Stays && serving.ProcessIds.Count > 0 && Tool.Wrk.IsInstalled && settings.Size != RunSize.Smoke)
                    await Wrk.RunAsync(bed, Wrk.Command(serving.AddressOf(path.Services.Http), "100b", 64, 1), 1, stop);
            }, stop);
        }
        catch (Exception e) when (IsOfOnePath(e))
        {
            Exclude(path, e);
        }
    }

    private void Exclude(TrafficPath path, Exception e)
    {
        _broken[path] = e.Message;
        IsAnyWrong = true;
    }

    /// <summary>
    /// Round by round: the turns of a path in one scenario are spread over the whole run, so that they have the machine's own changes in them (another tenant,
    /// the clock of the processor), which take minutes and move all paths by a tenth and more; paths are divided turn by turn (<see cref="Report.Ratio"/>).
    /// </summary>
    private async Task<IReadOnlyList<ScenarioResult>> AskAllAsync(CancellationToken stop)
    {
        var all = selection.Scenarios.Select(scenario => (Scenario: scenario, Collected: new Collected(scenario))).ToList();
        for (int round = 0; round < settings.Repeats; round++)
        {
            if (round > 0) await RecoverAsync(stop);
            foreach (var (scenario, collected) in all)
            {
                if (!IsTurn(round, Repeats(scenario, settings), settings.Repeats)) continue;
                if (_log?.Finished(round, scenario.Name) is { } finished)
                {
                    _done += selection.AskedBy(scenario).Count();
                    IsAnyWrong |= finished.Turns.Any(turn => turn.Result.IsWrong);
                    collected.Add(finished);
                    continue;
                }

                var record = await RoundAsync(round, scenario, stop);
                collected.Add(record);
                _log?.Add(record);
            }
        }

        return [.. all.Select(each => each.Collected.Result())];
    }

    /// <summary>Fewer turns than rounds are spread, from the first round to the last.</summary>
    internal static bool IsTurn(int round, int turns, int rounds) =>
        Enumerable.Range(0, turns).Any(turn => turn * (rounds - 1) / Math.Max(1, turns - 1) == round);

    /// <summary>What the last scenario of a round has done to a Pod is over for all that stay, or they take no further part.</summary>
    private async Task RecoverAsync(CancellationToken stop)
    {
        foreach (var (path, serving) in _standing.Where(each => !_broken.ContainsKey(each.Key)))
        {
            try
            {
                await AwakeAsync(serving, () => PathCheck.ReachesAllAsync(bed, serving, path.Services.Http, stop), stop);
            }
            catch (Exception e) when (IsOfOnePath(e))
            {
                Exclude(path, e);
            }
        }
    }

    /// <summary>A turn of each path.</summary>
    private async Task<RoundRecord> RoundAsync(int round, Scenario scenario, CancellationToken stop)
    {
        var turns = new List<TurnRecord>();
        List<TrafficPath> asked = [.. selection.AskedBy(scenario)];
        foreach (var path in asked.Where(_broken.ContainsKey)) Fail(turns, path, _broken[path]);
        List<TrafficPath> sound = [.. asked.Except(_broken.Keys)];
        if (sound.Count > 0) await scenario.PrepareAsync(turn => ForEachAsync(sound, turn, turns, stop), _ledger, sound, stop);
        string command = "";
        foreach (var path in asked)
        {
            report(_done++, _steps, $"{scenario.Name}: {path.Name}");
            if (_broken.ContainsKey(path)) continue;
            string said = await TurnAsync(scenario, path, turns, stop);
            if (command == "" && (path.Info.Kind == PathKind.Own || path == selection.Paths[^1])) command = said;
        }

        return new RoundRecord(round, scenario.Name, _sitting, (_before + _watch.Elapsed).TotalSeconds, command, turns, _ledger.Save());
    }

    /// <summary>The load's command line; empty for none.</summary>
    private async Task<string> TurnAsync(Scenario scenario, TrafficPath path, List<TurnRecord> turns, CancellationToken stop)
    {
        string command = "";
        try
        {
            ExpectBackends();
            if (scenario.UsesStanding)
            {
                await WithStandingAsync(path, async serving =>
                {
                    var turn = new Turn(bed, path, serving, settings, _ledger);
                    command = scenario.Command(turn);
                    Take(await scenario.RunAsync(turn, stop));
                }, stop);
            }
            else
            {
                Take(await scenario.RunAsync(new Turn(bed, path, null, settings, _ledger), stop));
            }
        }
        catch (Exception e) when (IsOfOnePath(e))
        {
            Fail(turns, path, e.Message);
        }

        return command;

        void Take(TurnResult result)
        {
            ExpectBackends();
            turns.Add(new TurnRecord(path.Name, result));
            IsAnyWrong |= result.IsWrong;
        }
    }

    /// <summary>With a Pod less, figures are those of another question, for every path.</summary>
    private void ExpectBackends()
    {
        if (_backends.Find(backend => backend.HasExited) is { } dead) throw new BedException($"the server of a Pod has ended: {dead.Log.Trim()}");
    }

    private async Task ForEachAsync(IEnumerable<TrafficPath> paths, Func<Turn, Task> visit, List<TurnRecord> turns, CancellationToken stop)
    {
        foreach (var path in paths)
        {
            try
            {
                await WithStandingAsync(path, serving => visit(new Turn(bed, path, serving, settings, _ledger)), stop);
            }
            catch (Exception e) when (IsOfOnePath(e))
            {
                Fail(turns, path, e.Message);
            }
        }
    }

    /// <summary>Without any figure in this turn.</summary>
    private void Fail(List<TurnRecord> turns, TrafficPath path, string failure)
    {
        turns.Add(new TurnRecord(path.Name, new TurnResult([], failure, IsWrong: true)));
        IsAnyWrong = true;
    }

    /// <summary>
    /// All but Ctrl-C: whatever has gone wrong with one turn of one path, the figures of the others, maybe of half an hour, are not thrown away.
    /// </summary>
    private static bool IsOfOnePath(Exception e) => e is not OperationCanceledException;

    /// <summary>The path on its standard Services: kept from turn to turn, or made for this one.</summary>
    private async Task WithStandingAsync(TrafficPath path, Func<RunningPath, Task> visit, CancellationToken stop)
    {
        if (_standing.TryGetValue(path, out var standing))
        {
            await AwakeAsync(standing, () => visit(standing), stop);
            return;
        }

        var serving = await path.StartAsync(bed, new ServiceSet([.. path.Services.All.Where(path.CanServe)]), stop);
        if (path.Stays)
        {
            _standing[path] = serving;
            try
            {
                await visit(serving);
            }
            finally
            {
                await serving.RestAsync();
            }

            return;
        }

        await using (serving) await visit(serving);
    }

    /// <summary>For one turn. What it has in every packet's way goes with the turn, also when that has failed.</summary>
    private static async Task AwakeAsync(RunningPath serving, Func<Task> visit, CancellationToken stop)
    {
        try
        {
            await serving.WakeAsync(stop);
            await visit();
        }
        finally
        {
            await serving.RestAsync();
        }
    }

    private async Task<IReadOnlyDictionary<string, string>> VersionsAsync(CancellationToken stop)
    {
        var versions = new Dictionary<string, string>();
        foreach (var tool in selection.Paths.SelectMany(
            path => path.Needs).Concat(selection.Scenarios.SelectMany(scenario => scenario.Needs)).Append(Tool.Ip).DistinctBy(tool => tool.Label))
            versions[tool.Label] = await tool.VersionAsync(stop);
        var own = await Child.RunAsync([settings.Executable, "version"], TimeSpan.FromSeconds(10), stop);
        versions["userproxy"] = own.Output.Split('\n')[0].Trim();
        return versions;
    }

    private List<string> Notes(Machine machine) =>
    [
        .. MachineFacts.Flaws(machine),
        .. selection.Notes,
        .. _sitting > 1 ? new[] { $"The run was interrupted and gone on with: {_sitting} sittings." } : [],
        .. _broken.Select(entry => $"{entry.Key.Name} took no part, or none from then on: {entry.Value}"),
        settings.IsJit ? "UserProxy is compiled while it runs (--jit); what is shipped is a native executable." : "UserProxy is the native executable.",
        .. IsDebugBuild ? new[] { "A Debug build of UserProxy: slower than what people run. Measure with -c Release." } : [],
        .. _others > 0 ? new[] { "Another run of this harness was at work on this machine." } : [],
        $"TCP's congestion control is {bed.CongestionControl} in every namespace.",
        "Client, node, Pods and load share this machine: compare figures of one run, not of two machines.",
        .. machine.Cores <= 2
        ? new[] { "On so few processors the load and the backends take most of the time, and paths lie closer together than they would on a large machine." }
        : [],
    ];
}
