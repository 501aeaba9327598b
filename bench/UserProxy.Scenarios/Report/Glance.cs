using UserProxy.Scenarios.Results;

namespace UserProxy.Scenarios.Report;

/// <summary>
/// One line for a scenario: its first metric, at the far end of its axis, for one path of ours beside what it is compared with. The table that a reader looks
/// at first, on the page and in Markdown.
/// </summary>
/// <param name="Scenario">Which.</param>
/// <param name="Metric">Its first.</param>
/// <param name="Units">In which all the numbers are shown.</param>
/// <param name="Point">What all paths gave.</param>
/// <param name="Own">Of <see cref="OwnPath"/>; null when it gave no value here.</param>
internal sealed record Glance(ScenarioResult Scenario, MetricResult Metric, Units Units, Standings Point, Standing? Own)
{
    /// <summary>What a Pod gets unless its profile lets io_uring in.</summary>
    private const string Default = "userproxy-epoll";

    public static IReadOnlyList<Glance> Of(BenchReport report)
    {
        var own = OwnPath(report);
        return
        [
            .. from scenario in Measured(report)
               let metric = scenario.Metrics[0]
               let point = Standings.Of(report, metric)[^1]
               select new Glance(scenario, metric, Units.For(metric), point, point.All.FirstOrDefault(one => one.Path == own && one.HasValue)),
        ];
    }

    /// <summary>
    /// The path of ours that all lines are about: one, so that no column mixes transports. It is the one that answered the most scenarios, among equals the
    /// default. Null when none of ours ran.
    /// </summary>
    public static PathInfo? OwnPath(BenchReport report)
    {
        var ends = Measured(report).Select(scenario => scenario.Metrics[0].Points.MaxBy(point => point.At)!.Samples).ToList();
        return report.Paths.Where(path => path.Kind == PathKind.Own)
            .OrderByDescending(path => ends.Count(samples => samples.TryGetValue(path.Name, out var sample) && sample.Values.Count > 0))
            .ThenByDescending(path => path.Name == Default)
            .FirstOrDefault();
    }

    private static IEnumerable<ScenarioResult> Measured(BenchReport report) =>
        report.Scenarios.Where(scenario => scenario.Metrics.Count > 0 && scenario.Metrics[0].Points.Count > 0);

    /// <summary>"requests/s", "connect, ms at 10,000 Services".</summary>
    public string What => Units.Caption(Metric) + (Metric.Axis is { } axis ? $" at {Figures.Tick(Point.At)} {axis}" : "");

    /// <summary>With a mark where something failed: a path that answers only some requests may well be fast.</summary>
    public string Text((PathInfo Path, Sample Sample)? one) => one is var (_, sample) ? Text(sample) : "";

    public string Text(Standing? one) => one is { HasValue: true } ? Text(one.Sample) : "";

    /// <summary>With the name of the path, where it is the best of several.</summary>
    public string NamedText((PathInfo Path, Sample Sample)? one) => one is var (path, _) ? $"{Text(one)} ({path.Name})" : "";

    private string Text(Sample sample) => Units.Text(sample.Median) + (sample.Failure is null ? "" : " !");
}
