using System.Runtime.InteropServices;
using System.Text.Json;
using Spectre.Console;
using UserProxy.Scenarios.Bed;
using UserProxy.Scenarios.Report;
using UserProxy.Scenarios.Results;
using UserProxy.Scenarios.Running;

namespace UserProxy.Scenarios;

/// <summary>
/// A run from the terminal's side: on what it measures, what is missing, how far it is, the table and where the report lies. The exit code says whether every
/// answer was right.
/// </summary>
internal static class BenchRun
{
    /// <summary>Ended by Ctrl-C, as shells have it.</summary>
    private const int Interrupted = 130;

    public static async Task<int> RunAsync(RunSettings settings, CancellationToken stop)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(stop);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var hangUp = IsHangUpIgnored() ? null : PosixSignalRegistration.Create(PosixSignal.SIGHUP, Stop); // the terminal was closed
        var talk = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        if (Console.IsErrorRedirected) talk.Profile.Width = 10_000; // a line of a log is a line

        Tool.ExtendPath();
        if (ReportFiles.FindObstacle(settings.Out) is { } obstacle) return Refuse($"--out: {obstacle}");
        if (ReadReport(settings.Compare, out var before) is { } unreadable) return Refuse($"--compare: {unreadable}");
        if (settings.From is not null)
        {
            if (ReadReport(settings.From, out var drawn) is { } defect) return Refuse($"--from: {defect}");
            return Finish(drawn!, before, settings, talk, wrong: false);
        }

        var selection = Selection.Make(settings);
        if (selection.Paths.Count == 0 || selection.Scenarios.Count == 0)
        {
            foreach (string note in selection.Notes) talk.WriteLine(note);
            talk.WriteLine("nothing is left to run");
            return 1;
        }

        if (settings.IsResumed && ObstacleToResume(settings, selection) is { } other) return Refuse($"--resume: {other}");
        TurnLog? log = null;
        try
        {
            var (report, wrong) = await MeasureAsync(settings, selection, talk, now => log = LogOf(settings, now, talk), end.Token);
            int code = Finish(report, before, settings, talk, wrong);
            log?.Delete();
            return code;
        }
        catch (OperationCanceledException)
        {
            talk.WriteLine(Kept(log, settings) is { } kept ? $"stopped; {kept}" : "stopped; nothing is left behind");
            return Interrupted;
        }
        catch (BedException e)
        {
            talk.WriteLine(e.Message);
            if (Kept(log, settings) is { } kept) talk.WriteLine(kept);
            return 1;
        }

        int Refuse(string why)
        {
            talk.WriteLine(why);
            return BenchCommand.BadUsage;
        }

        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true;
            end.Cancel();
        }
    }

    /// <summary>By nohup: the run is meant to go on. The mask has a bit for each signal, SIGHUP's is the first.</summary>
    private static bool IsHangUpIgnored() =>
        File.ReadLines("/proc/self/status").FirstOrDefault(line => line.StartsWith("SigIgn:", StringComparison.Ordinal)) is { Length: > 0 } line
            && (Convert.ToInt32(line[^1..], 16) & 1) == 1;

    /// <summary>What is wrong with it; null for nothing, and for no file.</summary>
    private static string? ReadReport(string? file, out BenchReport? report)
    {
        report = null;
        if (file is null) return null;
        try
        {
            report = ReportFiles.Read(file);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return $"{file}: {e.Message}";
        }
    }

    /// <summary>What the command line says otherwise than the run that is to go on. Machine, tools and builds are looked at when they are known.</summary>
    private static string? ObstacleToResume(RunSettings settings, Selection selection)
    {
        if (TurnLog.Find(settings.Out) is not { } log) return $"{settings.Out} has no interrupted run";
        string[] differences = [.. log.Head.Shape.DifferencesFrom(RunShape.Of(settings, selection))];
        return differences.Length == 0 ? null : $"not the same run: {string.Join("; ", differences)}. It was: {log.Head.Command}";
    }

    private static TurnLog LogOf(RunSettings settings, RunHead now, IAnsiConsole talk)
    {
        if (!settings.IsResumed)
        {
            if (TurnLog.Find(settings.Out) is { Rounds.Count: > 0 } left)
                talk.WriteLine($"{settings.Out} has {left.Rounds.Count} finished rounds of an interrupted run: they are now in {TurnLog.AsideName}");
            return TurnLog.Begin(settings.Out, now);
        }

        var log = TurnLog.Find(settings.Out) ?? throw new BedException($"--resume: {settings.Out} has no interrupted run");
        string[] differences = [.. log.Head.DifferencesFrom(now)];
        if (differences.Length > 0) throw new BedException($"--resume: not the same run: {string.Join("; ", differences)}");
        talk.WriteLine($"{log.Rounds.Count} finished rounds are there, and are not measured again");
        return log;
    }

    /// <summary>Null where nothing is worth keeping; the file goes then.</summary>
    private static string? Kept(TurnLog? log, RunSettings settings)
    {
        if (log is null) return null;
        string file = Path.Combine(settings.Out, TurnLog.FileName);
        if (log.Rounds.Count > 0) return $"{log.Rounds.Count} finished rounds are kept in {file}: --resume goes on with them";
        log.Delete();
        return null;
    }

    private static int Finish(BenchReport report, BenchReport? before, RunSettings settings, IAnsiConsole talk, bool wrong)
    {
        var sound = SoundReport.Of(report);
        var comparison = before is null ? null : Comparison.Of(before, sound);
        Summary.Print(AnsiConsole.Console, sound, comparison);
        foreach (string failure in Failures(report)) talk.WriteLine(failure);
        Console.WriteLine(Write(report, settings.Out, comparison, talk));
        return wrong ? 1 : 0;
    }

    /// <summary>
    /// To a folder of its own among the temporary ones, when the one that was asked for has become full or read-only meanwhile: half an hour is not thrown away
    /// for that.
    /// </summary>
    private static string Write(BenchReport report, string folder, Comparison? comparison, IAnsiConsole talk)
    {
        try
        {
            return ReportFiles.Write(report, folder, comparison);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            talk.WriteLine($"--out: {e.Message}");
            return ReportFiles.Write(report, Directory.CreateTempSubdirectory("bench-report-").FullName, comparison);
        }
    }

    private static async Task<(BenchReport Report, bool Wrong)> MeasureAsync(
        RunSettings settings, Selection selection, IAnsiConsole talk, Func<RunHead, TurnLog> log, CancellationToken stop)
    {
        // Before the publish: what the run itself is busy with is no fault of the machine.
        var machine = await MachineFacts.ReadAsync(stop);
        foreach (string dead in Leftovers.OfDeadRuns()) await Leftovers.DeleteAsync(dead);
        await using var bed = await TestBed.CreateAsync(stop);
        machine = machine with { CongestionControl = bed.CongestionControl };
        talk.WriteLine(Wording.Bed(machine));
        foreach (string flaw in MachineFacts.Flaws(machine)) talk.WriteLine(flaw);
        // Figures of the smallest form mean nothing anywhere.
        if (!settings.AllowsAnyCongestionControl && settings.Size != RunSize.Smoke && MachineFacts.Refusal(machine) is { } why) throw new BedException(why);
        foreach (string note in selection.Notes) talk.WriteLine(note);
        if (!settings.IsJit)
        {
            talk.WriteLine("publishing the native executable");
            await NativeProgram.PublishAsync(stop);
        }

        if (!talk.Profile.Capabilities.Interactive || Console.IsErrorRedirected)
        {
            var runner = new Runner(
                bed, selection, settings, (done, total, what) => talk.WriteLine(FormattableString.Invariant($"{done + 1}/{total} {what}")), machine);
            return (await runner.RunAsync(log, stop), runner.IsAnyWrong);
        }

        return await talk.Progress()
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn()).StartAsync(async progress =>
        {
            var bar = progress.AddTask("starting");
            var runner = new Runner(
                bed, selection, settings, (done, total, what) =>
                {
                    bar.MaxValue = total;
                    bar.Value = done;
                    bar.Description = Markup.Escape(what);
                }, machine);
            var report = await runner.RunAsync(log, stop);
            bar.Value = bar.MaxValue;
            return (report, runner.IsAnyWrong);
        });
    }

    private static IEnumerable<string> Failures(BenchReport report) =>
        report.Scenarios.SelectMany(scenario => scenario.Metrics.SelectMany(metric => metric.Points).SelectMany(point => point.Samples)
            .Where(sample => sample.Value.Failure is not null).Select(sample => $"{scenario.Name}: {sample.Key}: {sample.Value.Failure}")).Distinct();
}
