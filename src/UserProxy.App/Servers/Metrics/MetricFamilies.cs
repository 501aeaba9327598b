using Prometheus;
using UserProxy.Counting;

namespace UserProxy.App.Servers.Metrics;

/// <summary>
/// Where each part of the metrics declares its families, and what carries their values over before a collection. Filled at the start; the updates run for one
/// collection at a time (<see cref="ProxyMetrics"/>).
/// </summary>
internal sealed class MetricFamilies
{
    private readonly MetricFactory _factory;
    private readonly List<Action> _updates = [];

    public MetricFamilies(CollectorRegistry registry)
    {
        _factory = Prometheus.Metrics.WithCustomRegistry(registry);
        // By default each observation looks for a trace that it belongs to. There are none here.
        _factory.ExemplarBehavior = ExemplarBehavior.NoExemplars();
    }

    public Counter Counter(string name, string help, params string[] labels) => _factory.CreateCounter(name, help, labels);

    /// <summary>Without labels.</summary>
    public void Counter(string name, string help, Func<double> read)
    {
        var family = Counter(name, help);
        OnCollect(() => family.IncTo(read()));
    }

    public Gauge Gauge(string name, string help, params string[] labels) => _factory.CreateGauge(name, help, labels);

    /// <summary>Without labels.</summary>
    public void Gauge(string name, string help, Func<double> read)
    {
        var family = Gauge(name, help);
        OnCollect(() => family.Set(read()));
    }

    public Histogram Histogram(string name, string help, HistogramBounds bounds, params string[] labels) =>
        _factory.CreateHistogram(name, help, labels, new HistogramConfiguration { Buckets = [.. bounds.Seconds] });

    public void OnCollect(Action update) => _updates.Add(update);

    public void Update()
    {
        foreach (var update in _updates) update();
    }
}
