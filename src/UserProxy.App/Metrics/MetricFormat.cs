namespace UserProxy.App.Metrics;

/// <summary>How a scrape is written.</summary>
internal enum MetricFormat
{
    /// <summary>Prometheus text format 0.0.4.</summary>
    Text,

    /// <summary>OpenMetrics 1.0.</summary>
    OpenMetrics,
}
