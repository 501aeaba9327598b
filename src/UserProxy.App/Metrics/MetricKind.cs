namespace UserProxy.App.Metrics;

/// <summary>The type of a family.</summary>
internal enum MetricKind
{
    /// <summary>Its name ends in <c>_total</c>.</summary>
    Counter,
    Gauge,
    Histogram,

    /// <summary>For a gauge that others have given the name of a counter: called a gauge, linters would complain of the name.</summary>
    Unknown,
}
