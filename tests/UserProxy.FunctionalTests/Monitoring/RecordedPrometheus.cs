using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.FunctionalTests.Monitoring;

/// <summary>
/// A real Prometheus that holds recorded scrapes, a quarter of a minute apart, and scrapes nothing itself: what it answers is what a dashboard gets. Each
/// scrape is there three times: of clusters <c>east</c> and <c>west</c>, which name their nodes alike, and of one whose Prometheus gives no label cluster.
/// </summary>
internal sealed class RecordedPrometheus : IAsyncDisposable
{
    private const int Apart = 15;

    private static readonly string[] Targets =
    [
        "cluster=\"east\",job=\"userproxy\",instance=\"node-1\"", "cluster=\"west\",job=\"userproxy\",instance=\"node-1\"", "job=\"other\",instance=\"node-1\"",
    ];

    private readonly HttpClient _http = new();
    private readonly DirectoryInfo _folder;
    private readonly Tool _server;
    private readonly long _first;
    private readonly long _last;

    private RecordedPrometheus(DirectoryInfo folder, Tool server, int port, long first, long last)
    {
        _folder = folder;
        _server = server;
        _first = first;
        _last = last;
        _http.BaseAddress = new Uri($"http://127.0.0.1:{port}");
    }

    public static void SkipUnlessInstalled() => Tool.SkipUnlessInstalled("promtool", "prometheus");

    public static async Task<RecordedPrometheus> StartAsync(IReadOnlyList<Scrape> recorded)
    {
        var folder = Directory.CreateTempSubdirectory("userproxy-prometheus-");
        string text = Path.Combine(folder.FullName, "recorded"), data = Path.Combine(folder.FullName, "data");
        string settings = Path.Combine(folder.FullName, "settings");
        long first = DateTimeOffset.UtcNow.ToUnixTimeSeconds() / Apart * Apart;
        await File.WriteAllTextAsync(text, OpenMetrics(recorded, first));
        await File.WriteAllTextAsync(settings, "");
        await Tool.RunAsync("promtool", "tsdb", "create-blocks-from", "openmetrics", text, data);

        int port = FreePort.Next();
        var server = Tool.Start(
            "prometheus", $"--config.file={settings}", $"--storage.tsdb.path={data}", $"--web.listen-address=127.0.0.1:{port}", "--log.level=error");
        var prometheus = new RecordedPrometheus(folder, server, port, first, first + ((recorded.Count - 1) * Apart));
        await Eventually.IsTrue(prometheus.IsReadyAsync, "Prometheus is ready");
        return prometheus;
    }

    /// <summary>From the second scrape to the last: a rate needs two.</summary>
    public Task<IReadOnlyList<Series>> RangeAsync(string query) => AskAsync(
        string.Create(
            CultureInfo.InvariantCulture, $"/api/v1/query_range?query={Uri.EscapeDataString(query)}&start={_first + Apart}&end={_last}&step={Apart}"),
        "values");

    /// <summary>At the last scrape.</summary>
    public Task<IReadOnlyList<Series>> InstantAsync(string query) =>
        AskAsync(string.Create(CultureInfo.InvariantCulture, $"/api/v1/query?query={Uri.EscapeDataString(query)}&time={_last}"), "value");

    public async Task<IReadOnlyList<string>> LabelValuesAsync(string selector, string label)
    {
        using var answer = await GetAsync(
            string.Create(CultureInfo.InvariantCulture, $"/api/v1/label/{label}/values?match[]={Uri.EscapeDataString(selector)}&start={_first}&end={_last}"));
        return [.. answer.RootElement.GetProperty("data").EnumerateArray().Select(value => value.GetString()!)];
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _server.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private static string OpenMetrics(IReadOnlyList<Scrape> recorded, long first)
    {
        var text = new StringBuilder();
        for (int i = 0; i < recorded.Count; i++)
        {
            foreach (var (sample, value) in recorded[i].Samples)
            {
                string name = sample.Split('{')[0];
                string labels = sample.Length == name.Length ? "" : "," + sample[(name.Length + 1)..^1];
                string number = double.IsInfinity(value) ? "+Inf" : value.ToString("R", CultureInfo.InvariantCulture);
                foreach (string target in Targets)
                    text.Append(CultureInfo.InvariantCulture, $"{name}{{{target}{labels}}} {number} {first + (i * Apart)}\n");
            }
        }

        return text.Append("# EOF\n").ToString();
    }

    private async Task<bool> IsReadyAsync()
    {
        if (_server.HasExited) throw new InvalidOperationException("Prometheus has ended");
        try
        {
            using var answer = await _http.GetAsync(new Uri("/-/ready", UriKind.Relative));
            return answer.StatusCode == HttpStatusCode.OK;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private async Task<IReadOnlyList<Series>> AskAsync(string path, string values)
    {
        using var answer = await GetAsync(path);
        return
        [
            .. from one in answer.RootElement.GetProperty("data").GetProperty("result").EnumerateArray()
               let points = values == "value" ? [one.GetProperty(values)] : one.GetProperty(values).EnumerateArray().ToArray()
               select new Series(
                   one.GetProperty("metric").EnumerateObject().ToDictionary(label => label.Name, label => label.Value.GetString()!),
                   [.. points.Select(point => Number(point[1].GetString()!))]),
        ];
    }

    /// <summary>As Prometheus writes one: <c>+Inf</c> too.</summary>
    internal static double Number(string text) => text == "+Inf" ? double.PositiveInfinity : double.Parse(text, CultureInfo.InvariantCulture);

    private async Task<JsonDocument> GetAsync(string path)
    {
        using var answer = await _http.GetAsync(new Uri(path, UriKind.Relative));
        string text = await answer.Content.ReadAsStringAsync();
        return answer.IsSuccessStatusCode ? JsonDocument.Parse(text) : throw new InvalidOperationException($"{Uri.UnescapeDataString(path)}: {text}");
    }

    /// <summary>One series of an answer.</summary>
    internal sealed record Series(IReadOnlyDictionary<string, string> Labels, IReadOnlyList<double> Values)
    {
        /// <summary>Something that a panel can show.</summary>
        public bool HasValue => Values.Any(double.IsFinite);
    }
}
