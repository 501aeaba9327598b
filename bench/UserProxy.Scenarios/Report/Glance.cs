using UserProxy.Scenarios.Results;

namespace UserProxy.Scenarios.Report;

/// <summary>
/// One line for a scenario: its first metric, at the far end of its axis, for the best of ours beside what it is compared with. The table that a reader looks
/// at first, on the page, in Markdown and in the terminal.
/// </summary>
/// <param name="Scenario">Which.</param>
/// <param name="Metric">Its first.</param>
/// <param name="Units">In which all the numbers are shown.</param>
/// <param name="Point">What all paths gave.</param>
/// <param name="Own">Null when none of ours gave a value.</param>
internal sealed record Glance(ScenarioResult Scenario, MetricResult Metric, Units Units, Standings Point, Standing? Own)
{
    public static IReadOnlyList<Glance> Of(BenchReport report) =>
    [
        .. from scenario in report.Scenarios
           where scenario.Metrics.Count > 0 && scenario.Metrics[0].Points.Count > 0
           let metric = scenario.Metrics[0]
           let point = Standings.Of(report, metric)[^1]
           select new Glance(scenario, metric, Units.For(metric), point, point.All.FirstOrDefault(one => one.Path == point.BestOwn?.Path)),
    ];

    /// <summary>"requests/s", "connect, ms at 10,000 Services".</summary>
    public string What => Units.Caption(Metric) + (Metric.Axis is { } axis ? $" at {Figures.Tick(Point.At)} {axis}" : "");

    /// <summary>With a mark where something failed: a path that answers only some requests may well be fast.</summary>
    public string Text((PathInfo Path, Sample Sample)? one) => one is var (_, sample) ? Units.Text(sample.Median) + (sample.Failure is null ? "" : " !") : "";

    /// <summary>With the name of the path, where it is the best of several.</summary>
    public string NamedText((PathInfo Path, Sample Sample)? one) => one is var (path, _) ? $"{Text(one)} ({path.Name})" : "";
}
