using Spectre.Console;
using UserProxy.Scenarios.Report;
using UserProxy.Scenarios.Results;

namespace UserProxy.Scenarios.Running;

/// <summary>
/// What the terminal is told at the end: of each scenario the figure that it is about, for every path, with its ratios; the best way but the direct one is
/// marked. Eighty columns are enough.
/// </summary>
internal static class Summary
{
    private const int Width = 80, NameWidth = 25, ValueWidth = 9, RangeWidth = 15, RatioWidth = 8;

    public static void Print(IAnsiConsole console, BenchReport report, Comparison? comparison = null)
    {
        Line(
            console,
            $"  {"",-NameWidth}{"median",ValueWidth}  {"least-most",-RangeWidth}{"of direct",RatioWidth + 1}{"iptables",RatioWidth + 1}{"peer",RatioWidth + 1}",
            "grey");
        foreach (var scenario in report.Scenarios.Where(scenario => scenario.Metrics.Count > 0))
        {
            var metric = scenario.Metrics[0];
            foreach (var point in Standings.Of(report, metric)) Block(console, scenario, metric, point);
        }

        Line(console, "* the best but direct; ▲ better, ▼ worse in every turn, ~ not in all; ! failures", "grey");
        PrintOverhead(console, report);
        if (comparison is not null) PrintComparison(console, comparison);
    }

    private static void Block(IAnsiConsole console, ScenarioResult scenario, MetricResult metric, Standings point)
    {
        var units = Units.For(metric);
        string at = metric.Axis is null ? "" : $" at {Figures.Tick(point.At)} {metric.Axis}";
        Line(console, $"{scenario.Name}: {units.Caption(metric)}{at}, {Wording.Direction(metric.Better)}", "bold");
        var best = Best(metric, point.All);
        foreach (var row in point.All)
        {
            string head = $"{(row == best ? "*" : " ")} {Cut(row.Path.Label, NameWidth - 1),-NameWidth}";
            if (!row.HasValue)
            {
                Line(console, $"{head} {Cut(row.Sample.Failure ?? "no value", Width - head.Length - 2)}", "grey");
                continue;
            }

            double median = row.Sample.Median / units.PerShown, least = row.Sample.Min / units.PerShown, most = row.Sample.Max / units.PerShown;
            string value = Figures.Short(median) + (row.Sample.Failure is null ? "" : " !");
            string range = row.Sample.Values.Count > 1 ? Figures.ShortRange(least, most) : "";
            Line(
                console,
                $"{head}{value,ValueWidth}  {Cut(range, RangeWidth),-RangeWidth}{Cell(row.OfDirect)} {Cell(row.OfIptables)} {Cell(row.OfBestPeer)}".TrimEnd(),
                row == best ? "green" : row.Path.Kind == PathKind.Own ? "bold" : null);
        }
    }

    /// <summary>Null where nothing stands beside it. A path that failed some is the best only where all did.</summary>
    private static Standing? Best(MetricResult metric, IReadOnlyList<Standing> all)
    {
        var those = all.Where(row => row.HasValue && row.Path.Kind != PathKind.Direct).ToList();
        if (those.Count < 2) return null;
        var sound = those.Where(row => row.Sample.Failure is null).ToList();
        var from = sound.Count > 0 ? sound : those;
        return metric.Better == Better.Higher ? from.MaxBy(row => row.Sample.Median) : from.MinBy(row => row.Sample.Median);
    }

    private static void PrintOverhead(IAnsiConsole console, BenchReport report)
    {
        if (Overhead.Of(report) is not { } overhead) return;
        Line(console, "");
        Line(console, $"{Overhead.Title}: 100 B, and latency beyond direct's", "bold");
        Line(console, $"  {"",-NameWidth}{"requests/s",ValueWidth + 1}{"of direct",11}{"+ p50, ms",13}{"+ p99, ms",13}", "grey");
        foreach (var row in overhead.Rows)
        {
            string head = $"  {Cut(row.Label, NameWidth - 1),-NameWidth}";
            string cells = $"{Figures.Short(row.Requests.Median),ValueWidth + 1}{row.OfDirect?.Text ?? "",11}{Text(row.AtHalf),13}{Text(row.AtSlow),13}";
            Line(console, head + (row.Missing is { } missing ? $" {Cut(missing, Width - head.Length - 2)}" : cells.TrimEnd()));
        }

        static string Text(Added? added) => added is null ? "" : Figures.Text(added.Median);
    }

    private static void PrintComparison(IAnsiConsole console, Comparison comparison)
    {
        Line(console, "");
        Line(console, comparison.Title, "bold");
        string scenario = "";
        foreach (var row in comparison.Rows.Where(row => row.IsFirst))
        {
            string what = $"{row.Scenario.Name}: {row.What}";
            if (what != scenario) Line(console, what, "bold");
            scenario = what;
            string change = row.Change is { Range.Length: > 0 } one ? $"{one} ({one.Range})" : $"{row.Change}";
            Line(
                console, $"  {Cut(row.Path.Name, 20),-20}{Short(row, row.Before),15}{Short(row, row.Now),15}   {change}".TrimEnd(),
                row.Change?.Verdict switch { Verdict.Better => "green", Verdict.Worse => "red", _ => null });
        }

        foreach (string sentence in comparison.Sentences()) console.WriteLine(sentence);

        static string Short(ComparedRow row, Sample sample) =>
            sample.Values.Count == 0 ? "-" : Figures.Short(sample.Median / Units.For(row.Metric).PerShown) + (sample.Failure is null ? "" : " !");
    }

    /// <summary>A sign is one letter wide and stands behind its number.</summary>
    private static string Cell(Ratio? ratio) => $"{(ratio is { } one ? one.ToString() : ""),RatioWidth}";

    private static string Cut(string text, int width) => text.Length <= width ? text : text[..Math.Max(0, width - 1)] + "…";

    private static void Line(IAnsiConsole console, string text, string? style = null) =>
        console.Write(new Text(text + Environment.NewLine, style is null ? Style.Plain : Style.Parse(style)));
}
