using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using Prometheus;
using UserProxy.App.Servers.Metrics;

namespace UserProxy.App.Tests.Servers.Metrics;

/// <summary>One scrape as text, and its samples: by name and labels, as written; one that is there twice fails the test.</summary>
internal sealed class ScrapeText
{
    public ScrapeText(string text)
    {
        Text = text;
        foreach (string line in text.Split('\n').Where(line => line.Length > 0 && line[0] != '#'))
        {
            int space = line.LastIndexOf(' ');
            Samples.Add(line[..space], double.Parse(line[(space + 1)..].Replace("Inf", "∞", StringComparison.Ordinal), CultureInfo.InvariantCulture));
        }
    }

    public string Text { get; }

    public Dictionary<string, double> Samples { get; } = new(StringComparer.Ordinal);

    public double this[string sample] => Samples[sample];

    public static async Task<ScrapeText> OfAsync(ProxyMetrics metrics, ExpositionFormat format = ExpositionFormat.PrometheusText)
    {
        var body = new MemoryStream();
        var output = PipeWriter.Create(body);
        await metrics.WriteAsync(output, format, TestContext.Current.CancellationToken);
        await output.CompleteAsync();
        return new ScrapeText(Encoding.UTF8.GetString(body.ToArray()));
    }

    public static async Task<ScrapeText> OfAsync(CollectorRegistry registry, ExpositionFormat format = ExpositionFormat.PrometheusText)
    {
        var body = new MemoryStream();
        await registry.CollectAndExportAsTextAsync(body, format, TestContext.Current.CancellationToken);
        return new ScrapeText(Encoding.UTF8.GetString(body.ToArray()));
    }

    /// <summary>Every histogram in it fits together: buckets never fall, and the last one is the count.</summary>
    public void HistogramsShouldFitTogether()
    {
        foreach (var (sample, count) in Samples.Where(sample => sample.Key.Contains("_seconds_count", StringComparison.Ordinal)))
        {
            string series = sample.Replace("_count", "_bucket", StringComparison.Ordinal).TrimEnd('}') + (sample.EndsWith('}') ? "," : "{") + "le=\"";
            double[] buckets = [.. Samples.Where(each => each.Key.StartsWith(series, StringComparison.Ordinal)).Select(each => each.Value)];
            buckets.Length.ShouldBeGreaterThan(1, sample);
            buckets.ShouldBe([.. buckets.Order()], sample);
            buckets[^1].ShouldBe(count, sample);
        }
    }
}
