using Spectre.Console;
using UserProxy.Scenarios.Results;

namespace UserProxy.Scenarios.Running;

/// <summary>What the terminal is told at the end: of each scenario the figure that it is about, for every path.</summary>
internal static class Summary
{
    public static void Print(IAnsiConsole console, BenchReport report)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumn("scenario").AddColumn("unit");
        foreach (var path in report.Paths) table.AddColumn(new TableColumn(Markup.Escape(path.Name)).RightAligned());
        foreach (var scenario in report.Scenarios)
        {
            var metric = scenario.Metrics[0];
            foreach (var point in metric.Points)
            {
                string at = metric.Axis is null ? "" : FormattableString.Invariant($" at {point.At:N0} {metric.Axis}");
                table.AddRow(
                    [Markup.Escape($"{scenario.Name}: {metric.Name}{at}"), Markup.Escape(metric.Unit), .. report.Paths.Select(path => Cell(point, path))]);
            }
        }

        console.Write(table);
    }

    private static string Cell(MetricPoint point, PathInfo path) =>
        !point.Samples.TryGetValue(path.Name, out var sample)
            ? ""
            : sample.Values.Count == 0 ? "failed" : FormattableString.Invariant($"{Digits(sample.Median)}{(sample.Failure is null ? "" : " !")}");

    private static string Digits(double value) => Math.Abs(value) switch
    {
        >= 100 => FormattableString.Invariant($"{value:N0}"),
        >= 1 => FormattableString.Invariant($"{value:0.00}"),
        _ => FormattableString.Invariant($"{value:0.000}"),
    };
}
