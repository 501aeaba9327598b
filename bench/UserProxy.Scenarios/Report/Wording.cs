using System.Globalization;
using UserProxy.Scenarios.Results;

namespace UserProxy.Scenarios.Report;

/// <summary>Sentences that Markdown and page share.</summary>
internal static class Wording
{
    public const string Title = "UserProxy beside the kernel and its peers";

    public static IReadOnlyList<string> HowToRead { get; } =
    [
        "Every number is the median of its repeats, with the least and the most beside it. Compare the rows of one table: absolute figures belong to this machine and this hour.",
        "direct is the client talking to the Pods with nothing in between but routing: the ceiling (where lower is better, the floor) of everything else. The best peer is the user-space proxy that did best in that very row.",
        "x1.14 is this number divided by the other. ▲ is better and ▼ worse beyond the spread of both; with ~ the spreads overlap, so that another run may say the opposite; without a sign it was measured once. With ! something failed: see the scenario.",
    ];

    public static string When(BenchReport report) => string.Create(
        CultureInfo.InvariantCulture, $"{report.StartedAt.UtcDateTime:yyyy-MM-dd HH:mm} UTC, {Length(report.Duration)}, {Repeats(report.Repeats)}");

    public static string Repeats(int repeats) => repeats == 1 ? "each path once: nothing is known of the spread" : $"each path {Figures.Tick(repeats)} times, in turn, round by round";

    public static string Direction(Better better) => better == Better.Higher ? "higher is better" : "lower is better";

    public static string Cores(int cores) => cores == 1 ? "1 core" : $"{Figures.Tick(cores)} cores";

    public static IReadOnlyList<(string Name, string Value)> Facts(Machine machine) =>
    [
        ("Processor", machine.Processor),
        ("Cores", Figures.Tick(machine.Cores)),
        ("Memory", $"{Figures.Text(machine.MemoryBytes / (double)(1L << 30))} GiB"),
        ("Kernel", machine.Kernel),
        ("System", machine.System),
        (".NET", machine.Runtime),
        ("Load average before", Figures.Text(machine.LoadAverage)),
    ];

    private static string Length(TimeSpan duration) => duration.TotalSeconds < 120
        ? string.Create(CultureInfo.InvariantCulture, $"{duration.TotalSeconds:0} s")
        : string.Create(CultureInfo.InvariantCulture, $"{duration.TotalMinutes:0} min");
}
