using BenchmarkDotNet.Attributes;
using UserProxy.Kubernetes.Building;
using UserProxy.Kubernetes.Objects;
using UserProxy.Model;

namespace UserProxy.Microbenchmarks.Building;

/// <summary>
/// What a table costs: of all objects, as at the start and after a lost watch, and of the change of one slice, as all day long. The second is a copy of the
/// list of ports and must not grow much faster.
/// </summary>
[MemoryDiagnoser]
public class TableBuildBenchmark
{
    private readonly EndpointSliceObject[] _versions = [ClusterObjects.Slice(0, 3, unready: 0), ClusterObjects.Slice(0, 3, unready: 1)];
    private ServiceObject[] _services = null!;
    private EndpointSliceObject[] _slices = null!;
    private ClusterCache _cache = null!;
    private long _revision;

    [Params(1_000, 10_000)]
    public int Services { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _services = ClusterObjects.Services(Services);
        _slices = ClusterObjects.Slices(Services);
        _cache = new ClusterCache(ClusterObjects.Options);
        _cache.ReplaceServices(_services);
        _cache.ReplaceSlices(_slices);
        var whole = _cache.ToTable(++_revision);
        if (!whole.Equals(Build())) throw new InvalidOperationException("two ways to one table differ");
        if (whole.Ports.Count != Services || whole.Issues.Count != 0) throw new InvalidOperationException("a Service was left out");
        var changed = Change();
        if (changed.Ports.Count(port => port.ClusterEndpoints.Count == 2) != 1) throw new InvalidOperationException("the change is not in the table");
    }

    [Benchmark(Baseline = true)]
    public ServiceTable Build() => ClusterCache.Build(1, _services, _slices, node: null, ClusterObjects.Options);

    [Benchmark]
    public ServiceTable Change()
    {
        _cache.SetSlice(_versions[++_revision % 2]);
        return _cache.ToTable(_revision);
    }
}
