using UserProxy.Scenarios.Results;
using UserProxy.Scenarios.Scenarios;

namespace UserProxy.Scenarios.Report;

/// <summary>
/// The table that the question of a Service's cost began with: requests a second and added latency, without a proxy, by each of kube-proxy's modes, the old
/// userspace one among them, and by UserProxy. A mode that this machine does not have keeps its row, and says why.
/// </summary>
/// <param name="Rows">In the order of the paths, peers left out.</param>
internal sealed record Overhead(IReadOnlyList<OverheadRow> Rows)
{
    public const string Title = "Direct, kube-proxy's modes, UserProxy";

    public const string Method =
        "Requests of 100 B over 64 kept connections: how many a second at the path's limit (requests-100b-64), and what the path adds to the latency of direct "
            + "when all are asked at one fixed rate (latency-100b): the difference of turns that stood next to each other, its median, least and most.";

    public static IReadOnlyList<string> Heads { get; } = ["path", "per second, of direct", "p50 adds, ms", "p99 adds, ms"];

    /// <summary>Null for a run without direct, without any mode of kube-proxy, or without requests.</summary>
    public static Overhead? Of(BenchReport report)
    {
        var requests = Metric(report, RequestsScenario.Main, "requests/s");
        if (requests is null || !report.Paths.Any(path => path.Kind is PathKind.Kernel or PathKind.Ancestor)) return null;
        var direct = report.Paths.FirstOrDefault(path => path.Kind == PathKind.Direct && requests.ContainsKey(path.Name));
        if (direct is null) return null;
        var (half, slow) = (Metric(report, LatencyScenario.ScenarioName, "p50"), Metric(report, LatencyScenario.ScenarioName, "p99"));
        return new Overhead(
        [
            .. from path in report.Paths
               where path.Kind != PathKind.Peer && requests.ContainsKey(path.Name)
               let sample = requests[path.Name]
               select new OverheadRow(
                   path.Label, sample, Ratio.Of(sample, requests[direct.Name], Better.Higher), Added.Of(half, path, direct), Added.Of(slow, path, direct),
                   sample.Values.Count == 0 ? sample.Failure : null),
            .. report.LeftOut.Where(one => one.Kind != PathKind.Peer).Select(one => new OverheadRow(one.Title, new Sample([]), null, null, null, one.Reason)),
        ]);
    }

    /// <summary>The cells of each row under <see cref="Heads"/>: four, and each can be broken, so that a phone has room for them.</summary>
    public IEnumerable<IReadOnlyList<string>> Cells() => Rows.Select(
        row => (IReadOnlyList<string>)[row.Label, row.Missing ?? RequestsOf(row), $"{row.AtHalf}", $"{row.AtSlow}"]);

    private static string RequestsOf(OverheadRow row)
    {
        string least = Figures.Text(row.Requests.Min), most = Figures.Text(row.Requests.Max);
        string range = least == most ? "" : $" ({least} to {most})";
        return $"{Figures.Text(row.Requests.Median)}{range}{(row.OfDirect is { } ratio ? $", {ratio.Text}" : "")}";
    }

    private static IReadOnlyDictionary<string, Sample>? Metric(BenchReport report, string scenario, string metric) =>
        report.Scenarios.FirstOrDefault(one => one.Name == scenario)?.Metrics.FirstOrDefault(one => one.Name == metric)?.Points is [var only, ..]
            ? only.Samples
            : null;
}

/// <summary>One path of <see cref="Overhead"/>.</summary>
/// <param name="Label">With its version.</param>
/// <param name="Requests">A second.</param>
/// <param name="OfDirect">Null where there is nothing to divide.</param>
/// <param name="AtHalf">Null where it was not measured, as below.</param>
/// <param name="AtSlow">Of the slowest hundredth.</param>
/// <param name="Missing">Why it has no figure; null for one that has.</param>
internal sealed record OverheadRow(string Label, Sample Requests, Ratio? OfDirect, Added? AtHalf, Added? AtSlow, string? Missing);

/// <summary>What a path adds to the latency of another, in milliseconds.</summary>
internal sealed record Added(double Median, double Least, double Most)
{
    /// <summary>Null for the other itself, and where no turn has both.</summary>
    public static Added? Of(IReadOnlyDictionary<string, Sample>? samples, PathInfo path, PathInfo direct)
    {
        if (samples is null || path == direct || !samples.TryGetValue(path.Name, out var own) || !samples.TryGetValue(direct.Name, out var its)) return null;
        double[] added = [.. own.Turns.Zip(its.Turns, (one, other) => one - other).OfType<double>()];
        return added.Length == 0 ? null : new Added(Sample.MedianOf(added), added.Min(), added.Max());
    }

    public override string ToString() =>
        Least.Equals(Most) ? Signed(Median) : $"{Signed(Median)} ({Signed(Least)} to {Signed(Most)})";

    private static string Signed(double value) => (value > 0 ? "+" : "") + Figures.Text(value);
}
