using UserProxy.App.Tests.Demo;
using UserProxy.App.Tests.Inspect;
using UserProxy.App.Tests.Run;
using UserProxy.App.Tests.Servers.Http;
using UserProxy.App.Tests.Servers.Metrics;
using UserProxy.Tests;

namespace UserProxy.App.Tests;

/// <summary>Those that take four seconds and more.</summary>
public sealed class LongestFirst()
    : CollectionOrder(
        nameof(DemoCommandTests), nameof(HeldHttpPortTests), nameof(InspectCommandTests), nameof(LogLinesTests), nameof(HistogramSeriesTests),
        nameof(ProxyMetricsTests));
