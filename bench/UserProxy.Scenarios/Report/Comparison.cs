using System.Globalization;
using UserProxy.Scenarios.Results;

namespace UserProxy.Scenarios.Report;

/// <summary>
/// This run beside an earlier one, row by row. A difference is one where the turns of both lie apart, not where two medians differ: most medians do.
/// </summary>
internal sealed class Comparison
{
    private readonly BenchReport _before;
    private readonly BenchReport _now;

    private Comparison(BenchReport before, BenchReport now, IReadOnlyList<ComparedRow> rows, int gone, int added)
    {
        (_before, _now) = (before, now);
        (Rows, Gone, Added) = (rows, gone, added);
    }

    public static IReadOnlyList<string> Heads { get; } = ["scenario", "what", "path", "before", "now", "now / before"];

    /// <summary>In the order of this run.</summary>
    public IReadOnlyList<ComparedRow> Rows { get; }

    /// <summary>Rows that only the earlier run has.</summary>
    public int Gone { get; }

    /// <summary>Rows that only this run has.</summary>
    public int Added { get; }

    public string Title => string.Create(CultureInfo.InvariantCulture, $"Beside the run of {_before.StartedAt.UtcDateTime:yyyy-MM-dd HH:mm} UTC");

    public static Comparison Of(BenchReport before, BenchReport now)
    {
        var old = Keyed(before).ToDictionary(row => row.Key, row => row.Sample);
        var all = Keyed(now).ToList();
        List<ComparedRow> rows = [
            .. from row in all
               where old.ContainsKey(row.Key)
               select new ComparedRow(row.Scenario, row.Metric, row.Point.At, row.Path, old[row.Key], row.Sample, row.Metric == row.Scenario.Metrics[0])];
        return new Comparison(before, now, rows, old.Count - rows.Count, all.Count - rows.Count);
    }

    /// <summary>What a reader needs to judge the rows by.</summary>
    public IEnumerable<string> Sentences()
    {
        int better = Rows.Count(row => row.Change?.Verdict == Verdict.Better), worse = Rows.Count(row => row.Change?.Verdict == Verdict.Worse);
        yield return string.Create(
            CultureInfo.InvariantCulture,
            $"Of {Rows.Count} rows {better} {(better == 1 ? "is" : "are")} better ▲ and {worse} worse ▼ in every turn of the one than in every turn of the "
                + $"other; the others differ by less than their own spread ~, or were measured once. By chance alone some {ByChance():0} would lie apart.");
        double[] moved = [
            .. Rows.Where(row => row is { IsFirst: true, Path.Kind: PathKind.Direct, Metric.Better: Better.Higher })
                .Select(row => row.Change?.Value).OfType<double>()];
        if (moved.Length > 0)
        {
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"Direct, which is none of ours, did x{Sample.MedianOf(moved):0.00} of before: that much of each rate is the machine's.");
        }

        if (Gone + Added > 0) yield return string.Create(CultureInfo.InvariantCulture, $"{Gone} rows are in that run alone, {Added} in this one alone.");
        if (MachinesDiffer() is { Length: > 0 } differs) yield return $"Another machine ({differs}): compare ratios within each run, not these rows.";
    }

    /// <summary>The cells of each row under <see cref="Heads"/>.</summary>
    public static IEnumerable<IReadOnlyList<string>> Cells(IEnumerable<ComparedRow> rows) => rows.Select(row => (IReadOnlyList<string>)[
        row.Scenario.Name, row.What, row.Path.Name, row.Text(row.Before), row.Text(row.Now),
        row.Change is { Range.Length: > 0 } change ? $"{change} ({change.Range})" : $"{row.Change}"]);

    /// <summary>Two sets of n and m turns of one thing lie apart in 2 of (n + m over n) cases.</summary>
    private double ByChance() => Rows.Where(row => row.Change is { Verdict: not Verdict.Once }).Sum(row =>
    {
        double ways = 1;
        int n = row.Before.Values.Count, m = row.Now.Values.Count;
        for (int i = 1; i <= n; i++) ways = ways * (m + i) / i;
        return 2 / ways;
    });

    private string MachinesDiffer()
    {
        var (one, other) = (_before.Machine, _now.Machine);
        return string.Join(", ", new[]
        {
            one.Processor == other.Processor ? "" : $"{one.Processor}, now {other.Processor}",
            one.Cores == other.Cores ? "" : $"{Wording.Cores(one.Cores)}, now {Wording.Cores(other.Cores)}",
            one.Kernel == other.Kernel ? "" : $"Linux {one.Kernel}, now {other.Kernel}",
        }.Where(text => text.Length > 0));
    }

    private static IEnumerable<Row> Keyed(BenchReport report) =>
        from scenario in report.Scenarios
        from metric in scenario.Metrics
        from point in metric.Points
        from path in report.Paths
        where point.Samples.ContainsKey(path.Name)
        let key = string.Create(CultureInfo.InvariantCulture, $"{scenario.Name}\n{metric.Name}\n{metric.Unit}\n{point.At}\n{path.Name}")
        select new Row(key, scenario, metric, point, path, point.Samples[path.Name]);

    private sealed record Row(string Key, ScenarioResult Scenario, MetricResult Metric, MetricPoint Point, PathInfo Path, Sample Sample);
}

/// <summary>One path at one point of a metric, in two runs.</summary>
/// <param name="Scenario">Of this run.</param>
/// <param name="Metric">Of this run.</param>
/// <param name="At">On its axis.</param>
/// <param name="Path">Of this run.</param>
/// <param name="Before">In the earlier run.</param>
/// <param name="Now">In this one.</param>
/// <param name="IsFirst">Whether the scenario is about this metric.</param>
internal sealed record ComparedRow(ScenarioResult Scenario, MetricResult Metric, double At, PathInfo Path, Sample Before, Sample Now, bool IsFirst)
{
    private readonly Units _units = Units.For(Metric);

    /// <summary>"requests/s", "programming, ms at 10,000 Services".</summary>
    public string What => _units.Caption(Metric) + (Metric.Axis is { } axis ? $" at {Figures.Tick(At)} {axis}" : "");

    /// <summary>Of the medians; its range is that of any turn by any other. Null where there is nothing to divide.</summary>
    public Ratio? Change
    {
        get
        {
            if (Before.Values.Count == 0 || Now.Values.Count == 0 || Before.Min <= 0) return null;
            double least = Now.Min / Before.Max, most = Now.Max / Before.Min;
            return new Ratio(Now.Median / Before.Median, least, most, Judge());

            Verdict Judge()
            {
                if (Before.Values.Count == 1 || Now.Values.Count == 1) return Verdict.Once;
                if (least <= 1 && most >= 1) return Verdict.Untold;
                return least > 1 == (Metric.Better == Better.Higher) ? Verdict.Better : Verdict.Worse;
            }
        }
    }

    public string Text(Sample sample)
    {
        if (sample.Values.Count == 0) return "-";
        string median = _units.Text(sample.Median), range = _units.Range(sample);
        return (range == median ? median : $"{median} ({range})") + (sample.Failure is null ? "" : " !");
    }
}
