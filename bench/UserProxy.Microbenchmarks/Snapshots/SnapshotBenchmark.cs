using BenchmarkDotNet.Attributes;
using UserProxy.App.Snapshots;
using UserProxy.Kubernetes.Building;
using UserProxy.Microbenchmarks.Building;

namespace UserProxy.Microbenchmarks.Snapshots;

/// <summary>What the snapshot of a large cluster costs, without a disk: read once at the start, before the first bind, and written in the background.</summary>
[MemoryDiagnoser]
public class SnapshotBenchmark : IDisposable
{
    private readonly MemoryStream _output = new();
    private Snapshot _snapshot = null!;
    private byte[] _bytes = [];

    [Params(10_000)]
    public int Services { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        var slices = Enumerable.Range(0, Services).Select(number => ClusterObjects.Slice(number, endpoints: 15)).ToArray();
        var table = ClusterCache.Build(1, ClusterObjects.Services(Services), slices, node: null, ClusterObjects.Options);
        _snapshot = new Snapshot(SnapshotIdentity.Of(ClusterObjects.Options, "API server"), TimeProvider.System.GetUtcNow(), table);
        SnapshotFormat.Write(_output, _snapshot);
        _bytes = _output.ToArray();
        if (!SnapshotFormat.Read(_bytes).Table.Equals(table)) throw new InvalidOperationException("it does not come back");
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _output.Dispose();
        GC.SuppressFinalize(this);
    }

    [Benchmark]
    public int Read() => SnapshotFormat.Read(_bytes).Table.Ports.Count;

    /// <summary>Returns the bytes written.</summary>
    [Benchmark]
    public long Write()
    {
        _output.Position = 0;
        SnapshotFormat.Write(_output, _snapshot);
        return _output.Position;
    }
}
