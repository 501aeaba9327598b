using BenchmarkDotNet.Attributes;
using Microsoft.Extensions.Logging.Abstractions;
using Prometheus;
using UserProxy.App.Servers.Health;
using UserProxy.App.Servers.Metrics;
using UserProxy.Kubernetes.Building;
using UserProxy.Microbenchmarks.Building;

namespace UserProxy.Microbenchmarks.Metrics;

/// <summary>
/// What a scrape costs of which each Service has been used, without HTTP: a Proxier that runs on sockets that are none is read and written as text.
/// </summary>
[MemoryDiagnoser]
public class ScrapeBenchmark : IDisposable
{
    private readonly CountingWriter _output = new();
    private readonly CancellationTokenSource _stop = new();
    private ProxyMetrics _metrics = null!;
    private Task _running = null!;

    [Params(100, 1_000)]
    public int Services { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        var table = ClusterCache.Build(1, ClusterObjects.Services(Services), ClusterObjects.Slices(Services), node: null, ClusterObjects.Options);
        var proxier = new Proxier(new NoTransport(), new ProxyOptions(), TimeProvider.System, NullLogger<Proxier>.Instance);
        _running = proxier.RunAsync(new OneTable(table), _stop.Token);
        proxier.FirstSync.GetAwaiter().GetResult();
        foreach (var service in proxier.View.ServicesAndLeft()) service.Counters.CountAccepted();
        var syncs = new SyncMetrics(proxier, new SourceChanges(TimeProvider.System.GetUtcNow()), new HealthAnswerCounts(), TimeProvider.System);
        _metrics = new ProxyMetrics(proxier, syncs, cluster: null, logLinesDropped: () => 0);
        // A family with few samples for each would be a few lines.
        if (Scrape() < Services * 4_000) throw new InvalidOperationException("a Service is not in the scrape");
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _stop.Cancel();
        _running.GetAwaiter().GetResult();
        _metrics.Dispose();
        _stop.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Returns the bytes written.</summary>
    [Benchmark]
    public long Scrape()
    {
        long before = _output.Written;
        _metrics.WriteAsync(_output, ExpositionFormat.PrometheusText, CancellationToken.None).GetAwaiter().GetResult();
        return _output.Written - before;
    }
}
