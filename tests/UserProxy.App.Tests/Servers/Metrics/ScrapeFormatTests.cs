using Prometheus;
using UserProxy.App.Servers.Metrics;

namespace UserProxy.App.Tests.Servers.Metrics;

public sealed class ScrapeFormatTests
{
    [Theory]
    [InlineData("", false)]
    [InlineData("*/*", false)]
    [InlineData("text/plain", false)]
    [InlineData("application/json", false)]
    [InlineData("not a header;;;", false)]
    [InlineData("application/openmetrics-text", true)]
    [InlineData("application/openmetrics-text; version=1.0.0; charset=utf-8", true)]
    [InlineData("application/openmetrics-text; version=\"1.0.0\"", true)]
    [InlineData("application/openmetrics-text; version=0.0.1", false)]
    [InlineData("application/openmetrics-text; version=2.0.0", false)]
    [InlineData("application/openmetrics-text; q=0", false)]
    // Prometheus 2.42 and 3.
    [InlineData("application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1", true)]
    [InlineData("text/plain;version=0.0.4;q=0.9,application/openmetrics-text;version=1.0.0;q=0.5", false)]
    [InlineData("text/plain;version=0.0.4;q=0.5,application/openmetrics-text;version=1.0.0;q=0.5", true)]
    public void Choose_IsWhatTheScraperPrefers(string accept, bool openMetrics) =>
        ScrapeFormat.Choose(accept).ShouldBe(openMetrics ? ExpositionFormat.OpenMetricsText : ExpositionFormat.PrometheusText);

    [Fact]
    public void Choose_WithoutHeader_IsText() => ScrapeFormat.Choose(default).ShouldBe(ExpositionFormat.PrometheusText);
}
