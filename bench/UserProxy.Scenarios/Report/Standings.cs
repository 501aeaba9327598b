using UserProxy.Scenarios.Results;

namespace UserProxy.Scenarios.Report;

/// <summary>
/// All paths at one point of a metric, in the order of the report, each beside the ceiling, iptables and the best peer. The one place that compares; JSON,
/// Markdown and page show the same.
/// </summary>
internal sealed class Standings
{
    private const string Iptables = "iptables";

    private readonly Better _better;

    public Standings(IReadOnlyList<PathInfo> paths, MetricResult metric, MetricPoint point)
    {
        _better = metric.Better;
        At = point.At;
        var asked = paths.Where(path => point.Samples.ContainsKey(path.Name)).Select(path => (Path: path, Sample: point.Samples[path.Name])).ToList();
        var answered = asked.Where(one => one.Sample.Values.Count > 0).ToList();

        Direct = First(path => path.Kind == PathKind.Direct);
        KubeProxy = First(path => path is { Kind: PathKind.Kernel, Name: Iptables });
        BestPeer = Best(PathKind.Peer);
        BestOwn = Best(PathKind.Own);
        All = [.. asked.Select(one => new Standing(one.Path, one.Sample, Of(one.Path, one.Sample, Direct), Of(one.Path, one.Sample, KubeProxy), Of(one.Path, one.Sample, BestPeer)))];

        (PathInfo, Sample)? First(Func<PathInfo, bool> where) => answered.Where(one => where(one.Path)).Cast<(PathInfo, Sample)?>().FirstOrDefault();

        (PathInfo, Sample)? Best(PathKind kind)
        {
            var those = answered.Where(one => one.Path.Kind == kind);
            var sorted = _better == Better.Higher ? those.OrderByDescending(one => one.Sample.Median) : those.OrderBy(one => one.Sample.Median);
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
    public static IReadOnlyList<Standings> Of(BenchReport report, MetricResult metric) => [.. metric.Points.OrderBy(point => point.At).Select(point => new Standings(report.Paths, metric, point))];

    private Ratio? Of(PathInfo path, Sample sample, (PathInfo Path, Sample Sample)? baseline)
    {
        if (baseline is not var (other, ceiling) || sample.Values.Count == 0 || ceiling.Median == 0) return null;
        return new Ratio(sample.Median / ceiling.Median, path == other ? Verdict.Itself : Judge(sample, ceiling));
    }

    private Verdict Judge(Sample one, Sample other)
    {
        if (one.Values.Count < 2 || other.Values.Count < 2) return Verdict.Once;
        bool above = one.Min > other.Max, below = one.Max < other.Min;
        if (!above && !below) return Verdict.Untold;
        return above == (_better == Better.Higher) ? Verdict.Better : Verdict.Worse;
    }
}
