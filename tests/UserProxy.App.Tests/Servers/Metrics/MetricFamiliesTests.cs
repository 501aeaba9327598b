using Prometheus;
using UserProxy.App.Servers.Metrics;
using UserProxy.Counting;

namespace UserProxy.App.Tests.Servers.Metrics;

/// <summary>How the package writes what we give it: another version that does it otherwise is noticed here.</summary>
public sealed class MetricFamiliesTests
{
    [Fact]
    public async Task Text_IsTheGoldenText() => (await ScrapeText.OfAsync(EveryKind())).Text.ShouldBe("""
        # HELP proxy_things_total Things so far.
        # TYPE proxy_things_total counter
        proxy_things_total{namespace="shop",service="web"} 9007199254740992
        proxy_things_total{namespace="shop",service="api"} 0
        # HELP proxy_age_seconds How old.
        # TYPE proxy_age_seconds gauge
        proxy_age_seconds 0.25
        # HELP proxy_none_total None of these.
        # TYPE proxy_none_total counter
        # HELP proxy_wait_seconds Waits.
        # TYPE proxy_wait_seconds histogram
        proxy_wait_seconds_sum{service="web"} 4.25
        proxy_wait_seconds_count{service="web"} 3
        proxy_wait_seconds_bucket{service="web",le="0.5"} 2
        proxy_wait_seconds_bucket{service="web",le="1"} 2
        proxy_wait_seconds_bucket{service="web",le="+Inf"} 3

        """);

    [Fact]
    public async Task OpenMetrics_IsTheGoldenText() => (await ScrapeText.OfAsync(EveryKind(), ExpositionFormat.OpenMetricsText)).Text.ShouldBe("""
        # HELP proxy_things Things so far.
        # TYPE proxy_things counter
        proxy_things_total{namespace="shop",service="web"} 9007199254740992.0
        proxy_things_total{namespace="shop",service="api"} 0.0
        # HELP proxy_age_seconds How old.
        # TYPE proxy_age_seconds gauge
        proxy_age_seconds 0.25
        # HELP proxy_none None of these.
        # TYPE proxy_none counter
        # HELP proxy_wait_seconds Waits.
        # TYPE proxy_wait_seconds histogram
        proxy_wait_seconds_sum{service="web"} 4.25
        proxy_wait_seconds_count{service="web"} 3
        proxy_wait_seconds_bucket{service="web",le="0.5"} 2
        proxy_wait_seconds_bucket{service="web",le="1.0"} 2
        proxy_wait_seconds_bucket{service="web",le="+Inf"} 3
        # EOF

        """);

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("", "")]
    [InlineData("a\"b", "a\\\"b")]
    [InlineData("a\\b", "a\\\\b")]
    [InlineData("a\nb", "a\\nb")]
    [InlineData("\\n", "\\\\n")]
    [InlineData("ünï\u2028{},=", "ünï\u2028{},=")]
    [InlineData("\"} 1\nevil_total 9", "\\\"} 1\\nevil_total 9")]
    public async Task LabelValues_AreEscaped(string value, string expected)
    {
        var registry = Prometheus.Metrics.NewCustomRegistry();
        new MetricFamilies(registry).Gauge("proxy_things", "Things.", "name").WithLabels(value).Set(1);

        (await ScrapeText.OfAsync(registry)).Text.Split('\n')[2].ShouldBe($"proxy_things{{name=\"{expected}\"}} 1");
    }

    private static CollectorRegistry EveryKind()
    {
        var registry = Prometheus.Metrics.NewCustomRegistry();
        var families = new MetricFamilies(registry);
        var things = families.Counter("proxy_things_total", "Things so far.", "namespace", "service");
        things.WithLabels("shop", "web").IncTo(1L << 53);
        things.WithLabels("shop", "api").IncTo(0);
        families.Gauge("proxy_age_seconds", "How old.", () => 0.25);
        families.Counter("proxy_none_total", "None of these.", "reason");
        var waits = new DurationHistogram(new HistogramBounds(0.5, 1));
        foreach (double seconds in (double[])[0.25, 0.5, 3.5]) waits.Add(TimeSpan.FromSeconds(seconds));
        var series = new HistogramSeries(families.Histogram("proxy_wait_seconds", "Waits.", waits.Bounds, "service").WithLabels("web"), waits);
        families.OnCollect(series.Update);
        families.Update();
        return registry;
    }
}
