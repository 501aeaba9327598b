using System.Runtime.InteropServices;
using Spectre.Console;
using UserProxy.Scenarios.Bed;
using UserProxy.Scenarios.Report;
using UserProxy.Scenarios.Results;
using UserProxy.Scenarios.Running;

namespace UserProxy.Scenarios;

/// <summary>
/// A run from the terminal's side: what is missing, how far it is, the table and where the report lies. The exit code says whether every answer was right.
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

        Tool.ExtendPath();
        if (ReportFiles.FindObstacle(settings.Out) is { } obstacle)
        {
            talk.WriteLine($"--out: {obstacle}");
            return BenchCommand.BadUsage;
        }

        var selection = Selection.Make(settings);
        foreach (string note in selection.Notes) talk.WriteLine(note);
        if (selection.Paths.Count == 0 || selection.Scenarios.Count == 0)
        {
            talk.WriteLine("nothing is left to run");
            return 1;
        }

        try
        {
            if (!settings.IsJit)
            {
                talk.WriteLine("publishing the native executable");
                await NativeProgram.PublishAsync(end.Token);
            }

            foreach (string dead in Leftovers.OfDeadRuns()) await Leftovers.DeleteAsync(dead);
            var (report, wrong) = await MeasureAsync(settings, selection, talk, end.Token);
            Summary.Print(AnsiConsole.Console, report);
            foreach (string failure in Failures(report)) talk.WriteLine(failure);
            Console.WriteLine(Write(report, settings.Out, talk));
            return wrong ? 1 : 0;
        }
        catch (OperationCanceledException)
        {
            talk.WriteLine("stopped; nothing is left behind");
            return Interrupted;
        }
        catch (BedException e)
        {
            talk.WriteLine(e.Message);
            return 1;
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

    /// <summary>
    /// To a folder of its own among the temporary ones, when the one that was asked for has become full or read-only meanwhile: half an hour is not thrown away
    /// for that.
    /// </summary>
    private static string Write(BenchReport report, string folder, IAnsiConsole talk)
    {
        try
        {
            return ReportFiles.Write(report, folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            talk.WriteLine($"--out: {e.Message}");
            return ReportFiles.Write(report, Directory.CreateTempSubdirectory("bench-report-").FullName);
        }
    }

    private static async Task<(BenchReport Report, bool Wrong)> MeasureAsync(
        RunSettings settings, Selection selection, IAnsiConsole talk, CancellationToken stop)
    {
        await using var bed = await TestBed.CreateAsync(stop);
        foreach (string flaw in MachineFacts.Flaws(MachineFacts.Read(), bed.CongestionControl)) talk.WriteLine(flaw);
        if (!talk.Profile.Capabilities.Interactive || Console.IsErrorRedirected)
        {
            var runner = new Runner(bed, selection, settings, (done, total, what) => talk.WriteLine(FormattableString.Invariant($"{done + 1}/{total} {what}")));
            return (await runner.RunAsync(stop), runner.IsAnyWrong);
        }

        return await talk.Progress()
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn()).StartAsync(async progress =>
        {
            var bar = progress.AddTask("starting");
            var runner = new Runner(bed, selection, settings, (done, total, what) =>
            {
                bar.MaxValue = total;
                bar.Value = done;
                bar.Description = Markup.Escape(what);
            });
            var report = await runner.RunAsync(stop);
            bar.Value = bar.MaxValue;
            return (report, runner.IsAnyWrong);
        });
    }

    private static IEnumerable<string> Failures(BenchReport report) =>
        report.Scenarios.SelectMany(scenario => scenario.Metrics.SelectMany(metric => metric.Points).SelectMany(point => point.Samples)
            .Where(sample => sample.Value.Failure is not null).Select(sample => $"{scenario.Name}: {sample.Key}: {sample.Value.Failure}")).Distinct();
}
