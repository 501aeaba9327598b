using UserProxy.Scenarios.Results;

namespace UserProxy.Scenarios.Report.Json;

/// <inheritdoc cref="ScenarioResult"/>
internal sealed record ScenarioDocument(string Name, string Title, string Group, string Method, string Command, IReadOnlyList<MetricDocument> Metrics)
{
    public static ScenarioDocument Of(BenchReport report, ScenarioResult scenario) => new(
        scenario.Name, scenario.Title, scenario.Group, scenario.Method, scenario.Command,
        [.. scenario.Metrics.Select(metric => MetricDocument.Of(report, metric))]);

    public ScenarioResult ToScenario() => new(Name, Title, Group, Method, Command, [.. Metrics.Select(metric => metric.ToMetric())]);
}

/// <inheritdoc cref="MetricResult"/>
internal sealed record MetricDocument(string Name, string Unit, Better Better, string? Axis, IReadOnlyList<PointDocument> Points)
{
    public static MetricDocument Of(BenchReport report, MetricResult metric) => new(
        metric.Name, metric.Unit, metric.Better, metric.Axis, [.. Standings.Of(report, metric).Select(PointDocument.Of)]);

    public MetricResult ToMetric() => new(Name, Unit, Better, [.. Points.Select(point => point.ToPoint())], Axis);
}

/// <summary>A metric at one place of its axis.</summary>
/// <param name="At">On the axis; 0 without one.</param>
/// <param name="BestPeer">The path that the last ratio is of; null when no peer gave a value.</param>
/// <param name="Samples">In the order of the paths.</param>
internal sealed record PointDocument(double At, string? BestPeer, IReadOnlyList<SampleDocument> Samples)
{
    public static PointDocument Of(Standings point) => new(point.At, point.BestPeer?.Path.Name, [.. point.All.Select(SampleDocument.Of)]);

    public MetricPoint ToPoint() => new(At, Samples.ToDictionary(sample => sample.Path, sample => new Sample(sample.Values, sample.Failure)));
}

/// <summary>What one path gave; what is not known is null.</summary>
internal sealed record SampleDocument(
    string Path,
    IReadOnlyList<double?> Values,
    double? Median,
    double? Min,
    double? Max,
    string? Failure,
    double? OfDirect,
    IReadOnlyList<double>? OfDirectRange,
    double? OfIptables,
    IReadOnlyList<double>? OfIptablesRange,
    double? OfBestPeer,
    IReadOnlyList<double>? OfBestPeerRange)
{
    public static SampleDocument Of(Standing standing)
    {
        var sample = standing.Sample;
        return new SampleDocument(
            standing.Path.Name,
            sample.Turns,
            standing.HasValue ? sample.Median : null,
            standing.HasValue ? sample.Min : null,
            standing.HasValue ? sample.Max : null,
            sample.Failure,
            standing.OfDirect?.Value,
            RangeOf(standing.OfDirect),
            standing.OfIptables?.Value,
            RangeOf(standing.OfIptables),
            standing.OfBestPeer?.Value,
            RangeOf(standing.OfBestPeer));
    }

    private static double[]? RangeOf(Ratio? ratio) => ratio is var (_, least, most, _) ? [least, most] : null;
}
