using UserProxy.Scenarios.Results;

namespace UserProxy.Scenarios.Report;

/// <summary>
/// All paths at one point of a metric, in the order of the report, each beside the ceiling, iptables and the best peer. The one place that compares; JSON,
/// Markdown and page show the same.
/// </summary>
internal sealed class Standings
{
    private const string Iptables = "iptables";

    public Standings(IReadOnlyList<PathInfo> paths, MetricResult metric, MetricPoint point)
    {
        At = point.At;
        var asked = paths.Where(path => point.Samples.ContainsKey(path.Name)).Select(path => (Path: path, Sample: point.Samples[path.Name])).ToList();
        var answered = asked.Where(one => one.Sample.Values.Count > 0).ToList();

        Direct = First(path => path.Kind == PathKind.Direct);
        KubeProxy = First(path => path is { Kind: PathKind.Kernel, Name: Iptables });
        BestPeer = Best(PathKind.Peer);
        BestOwn = Best(PathKind.Own);
        All = [.. asked.Select(one => new Standing(one.Path, one.Sample, Of(one.Sample, Direct), Of(one.Sample, KubeProxy), Of(one.Sample, BestPeer)))];

        Ratio? Of(Sample sample, (PathInfo Path, Sample Sample)? baseline) => baseline is var (_, other) ? Ratio.Of(sample, other, metric.Better) : null;

        (PathInfo, Sample)? First(Func<PathInfo, bool> where) => answered.Where(one => where(one.Path)).Cast<(PathInfo, Sample)?>().FirstOrDefault();

        (PathInfo, Sample)? Best(PathKind kind)
        {
            var those = answered.Where(one => one.Path.Kind == kind);
            var sorted = metric.Better == Better.Higher ? those.OrderByDescending(one => one.Sample.Median) : those.OrderBy(one => one.Sample.Median);
            return sorted.Cast<(PathInfo, Sample)?>().FirstOrDefault();
        }
    }

    /// <summary>On the axis of the metric; 0 without one.</summary>
    public double At { get; }

    /// <summary>Null when it gave no value, as below.</summary>
    public (PathInfo Path, Sample Sample)? Direct { get; }

    public (PathInfo Path, Sample Sample)? KubeProxy { get; }

    public (PathInfo Path, Sample Sample)? BestPeer { get; }

    public (PathInfo Path, Sample Sample)? BestOwn { get; }

    /// <summary>Those that were asked, also without a value.</summary>
    public IReadOnlyList<Standing> All { get; }

    /// <summary>For each point, in order.</summary>
    public static IReadOnlyList<Standings> Of(BenchReport report, MetricResult metric) =>
        [.. metric.Points.OrderBy(point => point.At).Select(point => new Standings(report.Paths, metric, point))];
}
