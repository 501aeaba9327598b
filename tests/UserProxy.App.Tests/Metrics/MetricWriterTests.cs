using System.IO.Pipelines;
using System.Text;
using UserProxy.App.Metrics;
using UserProxy.Counting;

namespace UserProxy.App.Tests.Metrics;

public sealed class MetricWriterTests
{
    private static readonly Labels Web = Labels.Of(("namespace", "shop"), ("service", "web"));

    [Fact]
    public async Task Text_IsTheGoldenText() => (await WriteAsync(MetricFormat.Text, EveryKindAsync)).ShouldBe("""
        # HELP proxy_things_total Things so far, "all" of them.
        # TYPE proxy_things_total counter
        proxy_things_total 7
        proxy_things_total{namespace="shop",service="web"} 9223372036854775807
        proxy_things_total{namespace="shop",service="web",reason="gone"} 0
        # HELP proxy_age_seconds How old.
        # TYPE proxy_age_seconds gauge
        proxy_age_seconds 0.25
        proxy_age_seconds{kind="a"} +Inf
        proxy_age_seconds{kind="b"} NaN
        proxy_age_seconds{kind="c"} -3
        # HELP proxy_odd_total A gauge by another's name.
        # TYPE proxy_odd_total untyped
        proxy_odd_total 1
        # HELP proxy_wait_seconds Waits.
        # TYPE proxy_wait_seconds histogram
        proxy_wait_seconds_bucket{namespace="shop",service="web",le="0.5"} 2
        proxy_wait_seconds_bucket{namespace="shop",service="web",le="1"} 2
        proxy_wait_seconds_bucket{namespace="shop",service="web",le="+Inf"} 3
        proxy_wait_seconds_sum{namespace="shop",service="web"} 4.25
        proxy_wait_seconds_count{namespace="shop",service="web"} 3

        """);

    [Fact]
    public async Task OpenMetrics_IsTheGoldenText() => (await WriteAsync(MetricFormat.OpenMetrics, EveryKindAsync)).ShouldBe("""
        # HELP proxy_things Things so far, \"all\" of them.
        # TYPE proxy_things counter
        proxy_things_total 7
        proxy_things_total{namespace="shop",service="web"} 9223372036854775807
        proxy_things_total{namespace="shop",service="web",reason="gone"} 0
        # HELP proxy_age_seconds How old.
        # TYPE proxy_age_seconds gauge
        proxy_age_seconds 0.25
        proxy_age_seconds{kind="a"} +Inf
        proxy_age_seconds{kind="b"} NaN
        proxy_age_seconds{kind="c"} -3
        # HELP proxy_odd_total A gauge by another's name.
        # TYPE proxy_odd_total unknown
        proxy_odd_total 1
        # HELP proxy_wait_seconds Waits.
        # TYPE proxy_wait_seconds histogram
        proxy_wait_seconds_bucket{namespace="shop",service="web",le="0.5"} 2
        proxy_wait_seconds_bucket{namespace="shop",service="web",le="1.0"} 2
        proxy_wait_seconds_bucket{namespace="shop",service="web",le="+Inf"} 3
        proxy_wait_seconds_sum{namespace="shop",service="web"} 4.25
        proxy_wait_seconds_count{namespace="shop",service="web"} 3
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
        string text = await WriteAsync(MetricFormat.Text, async writer =>
        {
            await writer.FamilyAsync("proxy_things", MetricKind.Gauge, "Things.");
            writer.Sample(Labels.Of("name", value), 1);
        });

        text.Split('\n')[2].ShouldBe($"proxy_things{{name=\"{expected}\"}} 1");
    }

    [Theory]
    [InlineData(0, "a \\\\ b\\nc \"d\"")]
    [InlineData(1, "a \\\\ b\\nc \\\"d\\\"")]
    public async Task Help_IsEscaped(int format, string expected)
    {
        string text = await WriteAsync((MetricFormat)format, async writer => await writer.FamilyAsync("proxy_things", MetricKind.Gauge, "a \\ b\nc \"d\""));

        text.Split('\n')[0].ShouldBe($"# HELP proxy_things {expected}");
    }

    /// <summary>Larger than any buffer of the way out.</summary>
    [Fact]
    public async Task ManyLines_AreAllWritten()
    {
        var labels = Labels.Of("name", new string('x', 500));
        string text = await WriteAsync(MetricFormat.Text, async writer =>
        {
            for (int family = 0; family < 20; family++)
            {
                await writer.FamilyAsync($"proxy_things_{family}", MetricKind.Gauge, "Things.");
                for (int i = 0; i < 1000; i++) writer.Sample(labels, i);
            }
        });

        text.Count(letter => letter == '\n').ShouldBe(20 * 1002);
    }

    private static async Task EveryKindAsync(MetricWriter writer)
    {
        await writer.FamilyAsync("proxy_things_total", MetricKind.Counter, "Things so far, \"all\" of them.");
        writer.Sample(7L);
        writer.Sample(Web, long.MaxValue);
        writer.Sample(Web, Labels.Of("reason", "gone"), 0);
        await writer.FamilyAsync("proxy_age_seconds", MetricKind.Gauge, "How old.");
        writer.Sample(0.25);
        writer.Sample(Labels.Of("kind", "a"), double.PositiveInfinity);
        writer.Sample(Labels.Of("kind", "b"), double.NaN);
        writer.Sample(Labels.Of("kind", "c"), -3.0);
        await writer.FamilyAsync("proxy_odd_total", MetricKind.Unknown, "A gauge by another's name.");
        writer.Sample(1L);
        await writer.FamilyAsync("proxy_wait_seconds", MetricKind.Histogram, "Waits.");
        var histogram = new DurationHistogram(new HistogramBounds(0.5, 1));
        foreach (double seconds in (double[])[0.25, 0.5, 3.5]) histogram.Add(TimeSpan.FromSeconds(seconds));
        writer.Sample(Web, histogram.Read());
    }

    private static async Task<string> WriteAsync(MetricFormat format, Func<MetricWriter, Task> write)
    {
        var stream = new MemoryStream();
        var output = PipeWriter.Create(stream);
        var writer = new MetricWriter(output, format, CancellationToken.None);
        await write(writer);
        await writer.EndAsync();
        await output.CompleteAsync();
        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
