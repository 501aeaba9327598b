using UserProxy.Scenarios.Results;

namespace UserProxy.Scenarios.Report;

/// <summary>
/// A report of which every value is a number, so that those who write it need not ask. A tool that prints "nan" or divides by nothing must not cost the rest
/// of a run of an hour: the value is left out, and the sample says so.
/// </summary>
internal static class SoundReport
{
    public static BenchReport Of(BenchReport report) => report with { Scenarios = [.. report.Scenarios.Select(Of)] };

    private static ScenarioResult Of(ScenarioResult scenario) => scenario with { Metrics = [.. scenario.Metrics.Select(Of)] };

    private static MetricResult Of(MetricResult metric) => metric with { Points = [.. metric.Points.Where(point => double.IsFinite(point.At)).Select(Of)] };

    private static MetricPoint Of(MetricPoint point) => point with { Samples = point.Samples.ToDictionary(pair => pair.Key, pair => Of(pair.Value)) };

    private static Sample Of(Sample sample)
    {
        int unsound = sample.Values.Count(value => !double.IsFinite(value));
        if (unsound == 0) return sample.Values.Count == 0 && sample.Failure is null ? new Sample([], "no value") : sample;
        string lost = $"no number in {unsound} of {sample.Values.Count} values";
        return new Sample(
            unsound == sample.Values.Count ? [] : [.. sample.Turns.Select(value => value is { } number && double.IsFinite(number) ? value : null)],
            sample.Failure is null ? lost : $"{sample.Failure}; {lost}");
    }
}
