using System.Globalization;
using UserProxy.Scenarios.Results;

namespace UserProxy.Scenarios.Report;

/// <summary>Sentences that Markdown and page share.</summary>
internal static class Wording
{
    public const string Title = "UserProxy beside the kernel and its peers";

    public static IReadOnlyList<string> HowToRead { get; } =
    [
        "Every number is the median of its turns, with the least and the most beside it. Compare the rows of one table: absolute figures are those of one "
            + "machine at one time.",
        "direct is the client talking to the Pods with nothing in between but routing: the ceiling (where lower is better, the floor) of everything else. "
            + "The best peer is the user-space proxy that did best in that very row. A column holds one transport of UserProxy and no other.",
        "x1.14 is this path divided by the other, turn by turn as they stood next to each other: the median, and with it the least and the most. ▲ is "
            + "better and ▼ worse in every turn; with ~ not in all, so that another run may say the opposite; without a sign there was one turn. With ! "
            + "something failed: see the scenario.",
    ];

    public static string When(BenchReport report) => string.Create(
        CultureInfo.InvariantCulture, $"{report.StartedAt.UtcDateTime:yyyy-MM-dd HH:mm} UTC, {Length(report.Duration)}, {Repeats(report)}");

    private static string Repeats(BenchReport report)
    {
        if (report.Repeats == 1) return "each path once: nothing is known of the spread";
        var fewer = report.Scenarios.GroupBy(TurnsOf).Where(group => group.Key > 0 && group.Key < report.Repeats).OrderByDescending(group => group.Key)
            .Select(
                group => $"; {string.Join(", ", group.Select(scenario => scenario.Name))}: {(group.Key == 1 ? "once" : $"{Figures.Tick(group.Key)} times")}");
        return $"each path {Figures.Tick(report.Repeats)} times, in turn, round by round{string.Concat(fewer)}";
    }

    private static int TurnsOf(ScenarioResult scenario) =>
        scenario.Metrics.SelectMany(
            metric => metric.Points).SelectMany(point => point.Samples.Values).Select(sample => sample.Turns.Count).DefaultIfEmpty().Max();

    /// <summary>Of a chart or a table: a whole sentence.</summary>
    /// <param name="units">Of the metric.</param>
    /// <param name="metric">Which.</param>
    /// <param name="at">"at 10,000 Services"; empty for the whole axis, or none.</param>
    /// <param name="more">"the dashed line is direct"; null for nothing.</param>
    public static string Caption(Units units, MetricResult metric, string at = "", string? more = null) =>
        $"Shown is {units.Caption(metric).Replace(", ", " in ", StringComparison.Ordinal)}{(at.Length == 0 ? "" : $" {at}")}; {Direction(metric.Better)}"
            + $"{(more is null ? "" : $", {more}")}.";

    /// <summary>Of the first chart.</summary>
    public static string HeadlineCaption(PathInfo own) =>
        $"One scenario of each kind: what {own.Title} gave, divided by what the best other proxy gave (circles) and by what iptables gave (squares), with the "
            + "least and the most of the turns; right of the dashed line it is ahead.";

    public static string Direction(Better better) => better == Better.Higher ? "higher is better" : "lower is better";

    public static string Cores(int cores) => cores == 1 ? "1 core" : $"{Figures.Tick(cores)} cores";

    /// <summary>On what it was measured, in one line: what a reader of a figure asks first.</summary>
    public static string Bed(Machine machine) => string.Join(", ", new[]
    {
        machine.Processor, Cores(machine.Cores), $"Linux {machine.Kernel}",
        machine.CongestionControl.Length > 0 ? $"TCP {machine.CongestionControl}" : "",
        string.Create(CultureInfo.InvariantCulture, $"load average {machine.LoadAverage:0.0} before"),
        machine.BusyPercent is { } busy ? string.Create(CultureInfo.InvariantCulture, $"{busy:0} % busy") : "",
        machine.StealPercent is { } steal ? string.Create(CultureInfo.InvariantCulture, $"{steal:0.0} % stolen by the host") : "",
        machine.ClockGovernor.Length > 0 ? $"clock governor {machine.ClockGovernor}" : "",
    }.Where(fact => fact.Length > 0));

    public static IReadOnlyList<(string Name, string Value)> Facts(Machine machine) =>
    [
        ("Processor", machine.Processor),
        ("Cores", Figures.Tick(machine.Cores)),
        ("Memory", $"{Figures.Text(machine.MemoryBytes / (double)(1L << 30))} GiB"),
        ("Kernel", machine.Kernel),
        ("System", machine.System),
        (".NET", machine.Runtime),
        ("Load average before", Figures.Text(machine.LoadAverage)),
        ("TCP's congestion control", machine.CongestionControl),
        ("Busy before", Percent(machine.BusyPercent)),
        ("Steal", Percent(machine.StealPercent)),
        ("Clock governor", machine.ClockGovernor),
        ("A system call", string.Create(CultureInfo.InvariantCulture, $"{machine.CallNanoseconds:0} ns")),
    ];

    private static string Percent(double? value) => value is { } known ? $"{Figures.Text(Math.Round(known, 1))} %" : "";

    private static string Length(TimeSpan duration) => duration.TotalSeconds < 120
        ? string.Create(CultureInfo.InvariantCulture, $"{duration.TotalSeconds:0} s")
        : string.Create(CultureInfo.InvariantCulture, $"{duration.TotalMinutes:0} min");
}
