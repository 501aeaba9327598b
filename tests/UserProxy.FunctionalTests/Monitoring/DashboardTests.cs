using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.FunctionalTests.Monitoring;

/// <summary>What every panel shows of scrapes of a real run, asked of a real Prometheus: a panel that shows nothing, or one thing twice, is a defect.</summary>
[Collection(nameof(LiveScrapeGroup))]
[StartsProgram]
public sealed partial class DashboardTests(LiveScrape scrape)
{
    private const string All = ".*";

    /// <summary>What is chosen at the top: everything; a cluster beside one whose nodes have the same names; one whose Prometheus gives no label.</summary>
    public static TheoryData<string, string> Choices => new() { { All, All }, { "east", All }, { All, "other" } };

    [Theory]
    [MemberData(nameof(Choices))]
    public async Task Panels_EachQuery_ShowsValues_AndLegendsTellThemApart(string cluster, string job)
    {
        RecordedPrometheus.SkipUnlessInstalled();
        await using var prometheus = await RecordedPrometheus.StartAsync(scrape.Recorded);
        var wrong = new List<string>();
        foreach (var board in MonitoringFiles.Dashboards())
        {
            var drawn = new Dictionary<string, IReadOnlyList<(string, RecordedPrometheus.Series)>>();
            foreach (var panel in board.Panels.Where(panel => panel["targets"] is not null))
            {
                string title = panel["title"]!.GetValue<string>(), type = panel["type"]!.GetValue<string>();
                string where = $"{board.FileName}: {title}";
                var shown = new List<(string Legend, RecordedPrometheus.Series Series)>();
                foreach (var target in panel["targets"]!.AsArray().Select(target => target!.AsObject()))
                {
                    var series = await AskAsync(prometheus, target, cluster, job);
                    if (!series.Any(one => one.HasValue)) wrong.Add($"{where}: nothing of {target["refId"]}");
                    if (cluster != All && series.Any(one => one.Labels.GetValueOrDefault("cluster", cluster) != cluster))
                        wrong.Add($"{where}: another cluster");
                    wrong.AddRange(
                        from match in Label().Matches(target["legendFormat"]!.GetValue<string>())
                        let label = match.Groups[1].Value
                        where label != "cluster" && series.Any(one => !one.Labels.ContainsKey(label))
                        select $"{where}: a legend without {label}");
                    shown.AddRange(series.Where(one => one.HasValue).Select(one => (Legend(target, one), one)));
                }

                if (type == "stat" && shown.Count != 1) wrong.Add($"{where}: {shown.Count} numbers");
                if (type is "timeseries" or "heatmap")
                    wrong.AddRange(shown.GroupBy(one => one.Legend).Where(same => same.Count() > 1).Select(same => $"{where}: twice '{same.Key}'"));
                drawn[title] = shown;
            }

            Keep($"{board.FileName}-{cluster}-{job}.svg".Replace(All, "all", StringComparison.Ordinal), board, drawn);
        }

        wrong.ShouldBeEmpty();
    }

    [Fact]
    public async Task WorstServices_TheOneThatTurnsClientsAway_IsAmongThem_WithAllColumns()
    {
        RecordedPrometheus.SkipUnlessInstalled();
        await using var prometheus = await RecordedPrometheus.StartAsync(scrape.Recorded);
        var table = MonitoringFiles.Dashboards().SelectMany(board => board.Panels).Single(panel => panel["type"]!.GetValue<string>() == "table");

        var columns = new Dictionary<string, double>();
        foreach (var target in table["targets"]!.AsArray().Select(target => target!.AsObject()))
        {
            var rows = await AskAsync(prometheus, target, "east", All);
            rows.ShouldAllBe(row => row.Labels.Keys.ToHashSet().SetEquals(new[] { "cluster", "namespace", "service" }));
            columns[target["refId"]!.GetValue<string>()] = rows.Single(row => row.Labels["service"] == "down").Values.Single();
        }

        columns.Keys.ShouldBe(["A", "B", "C", "D", "E"]);
        columns["A"].ShouldBeGreaterThan(0);
        columns["B"].ShouldBeGreaterThan(0);
        columns["D"].ShouldBe(1);
        columns["E"].ShouldBeGreaterThan(0);
        var renamed = table["transformations"]!.AsArray().Single(one => one!["id"]!.GetValue<string>() == "organize")!["options"]!["renameByName"]!.AsObject();
        foreach (string column in columns.Keys) renamed.ContainsKey($"Value #{column}").ShouldBeTrue();
        string[] names = [.. renamed.Select(pair => pair.Value!.GetValue<string>())];
        table["fieldConfig"]!["overrides"]!.AsArray().Select(one => one!["matcher"]!["options"]!.GetValue<string>()).ShouldBeSubsetOf(names);
        table["options"]!["sortBy"]!.AsArray().Select(one => one!["displayName"]!.GetValue<string>()).ShouldBeSubsetOf(names);
    }

    [Fact]
    public async Task Variables_OfferValues_AndAnnotations_AreTimes()
    {
        RecordedPrometheus.SkipUnlessInstalled();
        await using var prometheus = await RecordedPrometheus.StartAsync(scrape.Recorded);
        foreach (var board in MonitoringFiles.Dashboards())
        {
            board.Variables.Select(variable => variable["name"]!.GetValue<string>()).Take(4).ShouldBe(["datasource", "cluster", "job", "instance"]);
            foreach (string query in board.VariableQueries)
            {
                var match = LabelValues().Match(query);
                (await prometheus.LabelValuesAsync(Fill(match.Groups["selector"].Value, All, All), match.Groups["label"].Value)).ShouldNotBeEmpty(query);
            }

            var annotations = board.Json["annotations"]!["list"]!.AsArray().Select(one => one!.AsObject()).ToList();
            annotations.Select(one => one["name"]!.GetValue<string>()).ShouldBe(["Restarts", "Syncs"]);
            foreach (var annotation in annotations)
            {
                annotation["useValueForTime"]!.GetValue<string>().ShouldBe("on");
                var series = await prometheus.RangeAsync(Fill(annotation["expr"]!.GetValue<string>(), All, All));
                series.ShouldNotBeEmpty();
                var now = DateTimeOffset.UtcNow;
                foreach (double time in series.SelectMany(one => one.Values))
                    DateTimeOffset.FromUnixTimeMilliseconds((long)time).ShouldBeInRange(now.AddHours(-1), now.AddMinutes(1));
            }
        }
    }

    /// <summary>Whoever is called at night by an alert finds its runbook beside what shows it.</summary>
    [Fact]
    public void Links_LeadToRunbooks_AndEveryAlertHasAPanel()
    {
        var boards = MonitoringFiles.Dashboards();
        string[] urls =
        [
            .. boards.SelectMany(board => board.Panels).SelectMany(panel => panel["links"]?.AsArray() ?? []).Select(link => link!["url"]!.GetValue<string>()),
        ];
        string[] alerts = [.. MonitoringFiles.Alerts().Select(alert => alert.Name)];

        urls.Distinct().ShouldBe(alerts.Select(alert => $"${{runbooks}}{alert}.md"), ignoreOrder: true);
        foreach (var board in boards)
        {
            var variable = board.Variables.Single(one => one["name"]!.GetValue<string>() == "runbooks");
            variable["type"]!.GetValue<string>().ShouldBe("constant");
            // As in the rules: the chart puts an address in its place.
            variable["query"]!.GetValue<string>().ShouldBe("docs/runbooks/");
        }
    }

    private static Task<IReadOnlyList<RecordedPrometheus.Series>> AskAsync(RecordedPrometheus prometheus, JsonObject target, string cluster, string job)
    {
        string query = Fill(target["expr"]!.GetValue<string>(), cluster, job);
        return target["instant"]!.GetValue<bool>() ? prometheus.InstantAsync(query) : prometheus.RangeAsync(query);
    }

    /// <summary>As Grafana fills a query in; the interval of four scrapes.</summary>
    private static string Fill(string query, string cluster, string job) => Variable().Replace(
        query.Replace("$__rate_interval", "1m", StringComparison.Ordinal),
        variable => variable.Value switch { "$cluster" => cluster, "$job" => job, _ => All });

    private static string Legend(JsonObject target, RecordedPrometheus.Series series)
    {
        string format = target["legendFormat"]!.GetValue<string>();
        return format.Length > 0
            ? Label().Replace(format, match => series.Labels.GetValueOrDefault(match.Groups[1].Value, "")).Trim()
            : string.Join(' ', series.Labels.OrderBy(label => label.Key, StringComparer.Ordinal).Select(label => label.Value));
    }

    /// <summary>Into the folder that USERPROXY_DRAW_BOARDS names: to look at.</summary>
    private static void Keep(
        string name, MonitoringFiles.Dashboard board, IReadOnlyDictionary<string, IReadOnlyList<(string Legend, RecordedPrometheus.Series Series)>> shown)
    {
        string picture = new DrawnBoard(board).Draw(shown);
        foreach (var panel in board.Panels) picture.ShouldContain(System.Net.WebUtility.HtmlEncode(panel["title"]!.GetValue<string>()));
        picture.ShouldNotContain("{{");
        if (Environment.GetEnvironmentVariable("USERPROXY_DRAW_BOARDS") is { Length: > 0 } folder)
            File.WriteAllText(Path.Combine(Directory.CreateDirectory(folder).FullName, name), picture);
    }

    [GeneratedRegex(@"\$\w+")]
    private static partial Regex Variable();

    [GeneratedRegex(@"\{\{(\w+)\}\}")]
    private static partial Regex Label();

    [GeneratedRegex(@"^label_values\((?<selector>.+), (?<label>\w+)\)$")]
    private static partial Regex LabelValues();
}
