using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.FunctionalTests.Monitoring;

/// <summary>The alerts and dashboards that the chart ships: true to what a run says of itself, complete, and as promtool wants them.</summary>
[Collection(nameof(LiveScrapeGroup))]
[StartsProgram]
public sealed partial class MonitoringTests(LiveScrape scrape)
{
    /// <summary>Made by Prometheus for each target.</summary>
    private const string OfPrometheus = "up";

    /// <summary>
    /// What the dashboard "Kubernetes / Proxy" and the alerts of kubernetes-mixin ask a kube-proxy for, with the labels that they select or group by. Their
    /// panel of goroutines stays empty: docs/metrics.md.
    /// </summary>
    private static readonly (string Name, string[] Labels)[] OfTheMixin =
    [
        ("kubeproxy_sync_proxy_rules_duration_seconds_count", []), ("kubeproxy_sync_proxy_rules_duration_seconds_bucket", ["le"]),
        ("kubeproxy_network_programming_duration_seconds_count", []), ("kubeproxy_network_programming_duration_seconds_bucket", ["le"]),
        ("rest_client_requests_total", ["code"]), ("rest_client_request_duration_seconds_bucket", ["verb", "le"]),
        ("process_resident_memory_bytes", []), ("process_cpu_seconds_total", []),
    ];

    [Fact]
    public void Rules_EverySelector_FindsASampleOfALiveScrape()
    {
        var missing = MonitoringFiles.Alerts().SelectMany(alert => Missing(alert.Name, alert.Expression));

        missing.ShouldBeEmpty();
    }

    [Fact]
    public void Dashboards_EverySelector_FindsASampleOfALiveScrape()
    {
        var boards = MonitoringFiles.Dashboards();
        var queries = boards.SelectMany(board => board.Queries.Select(query => (query.Panel, query.Expression))
            .Concat(board.VariableQueries.Select(query => ($"{board.FileName}: a variable", LabelValues().Match(query).Groups["selector"].Value)))).ToList();

        queries.Count.ShouldBeGreaterThan(60);
        queries.SelectMany(query => Missing(query.Item1, query.Item2)).ShouldBeEmpty();
    }

    /// <summary>A name that is not among the labels gives an empty group, or <c>{{name}}</c> in a legend, and nobody says so.</summary>
    [Fact]
    public void Dashboards_GroupsAndLegends_AreLabelsOfTheirMetrics()
    {
        var wrong =
            from board in MonitoringFiles.Dashboards()
            from query in board.Queries
            let known = LabelsOf(query.Expression)
            from label in PromQuery.Labels(query.Expression).Concat(Legend().Matches(query.Legend).Select(match => match.Groups[1].Value))
            where !known.Contains(label)
            select $"{query.Panel}: {label}";

        wrong.ShouldBeEmpty();
    }

    [Fact]
    public void KubernetesMixin_FindsItsMetrics()
    {
        var missing = OfTheMixin.Where(metric => !scrape.Samples.Any(sample => sample.Name == metric.Name && metric.Labels.All(sample.Labels.ContainsKey)));
        string[] codes = [.. Values("rest_client_requests_total", "code")], verbs = [.. Values("rest_client_request_duration_seconds_bucket", "verb")];

        missing.ShouldBeEmpty();
        codes.ShouldContain(code => code.StartsWith('2'));
        verbs.ShouldBeSubsetOf(["GET", "POST"]);
        verbs.Length.ShouldBe(2);
    }

    [Fact]
    public async Task Rules_PromtoolChecksAndTestsThem_AndIsContent()
    {
        Tool.SkipUnlessInstalled("promtool");

        string check = await Tool.RunAsync("promtool", "check", "rules", "--lint=all", "--lint-fatal", MonitoringFiles.Rules);
        string test = await Tool.RunAsync("promtool", "test", "rules", MonitoringFiles.RuleTests);

        check.ShouldContain($"SUCCESS: {MonitoringFiles.Alerts().Count} rules found");
        test.ShouldContain("SUCCESS");
    }

    /// <summary>Each query as a recording rule, with its variables as Grafana would fill them in.</summary>
    [Fact]
    public async Task Dashboards_EveryQuery_IsPromQL()
    {
        Tool.SkipUnlessInstalled("promtool");
        string[] queries = [.. MonitoringFiles.Dashboards().SelectMany(board => board.Queries.Select(query => query.Expression))];
        using var file = new TempFile();
        var rules = queries.Select(
            (query, at) =>
                new JsonObject
                {
                    ["record"] = $"query:{at}",
                    ["expr"] = Variable().Replace(query.Replace("$__rate_interval", "5m", StringComparison.Ordinal), ".+")
                });
        await File.WriteAllTextAsync(
            file.Path, new JsonObject
            {
                ["groups"] = new JsonArray(
                new JsonObject { ["name"] = "queries", ["rules"] = new JsonArray([.. rules]) })
            }.ToJsonString(), TestContext.Current.CancellationToken);

        string output = await Tool.RunAsync("promtool", "check", "rules", file.Path);

        output.ShouldContain($"SUCCESS: {queries.Length} rules found");
    }

    [Fact]
    public void Alerts_EachHasItsTexts_AndARunbook()
    {
        string index = File.ReadAllText(Path.Combine(MonitoringFiles.Root, "docs", "runbooks", "README.md"));
        var alerts = MonitoringFiles.Alerts();

        alerts.Select(alert => alert.Name).ShouldBeUnique();
        foreach (var alert in alerts)
        {
            alert.Name.ShouldStartWith("UserProxy");
            alert.Labels["severity"].ShouldBeOneOf("critical", "warning", "info");
            alert.Annotations.Keys.ShouldBe(["summary", "description", "runbook"], ignoreOrder: true);
            alert.Annotations["summary"].ShouldEndWith(".");
            alert.Annotations["runbook"].ShouldBe($"userproxy runbook {alert.Name}");
            string page = File.ReadAllText(Path.Combine(MonitoringFiles.Root, "docs", "runbooks", $"{alert.Name}.md"));
            page.Split('\n').Where(line => line.StartsWith('#')).ShouldBe([$"# {alert.Name}", "## Meaning", "## What users feel", "## Look", "## Do"]);
            index.ShouldContain($"| [{alert.Name}]({alert.Name}.md) | {alert.Labels["severity"]} |");
        }

        Directory.GetFiles(Path.Combine(MonitoringFiles.Root, "docs", "runbooks")).Length.ShouldBe(alerts.Count + 1);
    }

    [Fact]
    public void Alerts_EachIsTestedToFireAndToStayQuiet_AndFiresWithTheLabelsOfItsTexts()
    {
        var cases = MonitoringFiles.Cases().ToLookup(item => item.Alert);
        foreach (var alert in MonitoringFiles.Alerts())
        {
            string[] firing = [.. cases[alert.Name].Where(item => item.Firing is not null).Select(item => item.Firing!)];
            firing.ShouldNotBeEmpty(alert.Name);
            cases[alert.Name].ShouldContain(item => item.Firing == null, alert.Name);
            foreach (string series in firing)
            {
                series.ShouldContain($"alertname=\"{alert.Name}\"");
                foreach (Match label in TextLabel().Matches(string.Concat(alert.Annotations.Values)))
                    series.ShouldContain($"{label.Groups[1].Value}=\"", Case.Sensitive, alert.Name);
            }
        }
    }

    [Fact]
    public void Dashboards_CanBeImported()
    {
        var boards = MonitoringFiles.Dashboards();
        boards.Select(board => board.Json["uid"]!.GetValue<string>()).ShouldBe(["userproxy-control-plane", "userproxy-node", "userproxy-overview"]);
        foreach (var board in boards)
        {
            board.Json["uid"]!.GetValue<string>().ShouldBe(board.FileName);
            board.Json["id"].ShouldBeNull("Grafana gives it");
            board.Variables.First()["type"]!.GetValue<string>().ShouldBe("datasource");
            var panels = board.Panels.ToList();
            panels.Select(panel => panel["id"]!.GetValue<int>()).ShouldBeUnique();
            panels.Select(panel => panel["title"]!.GetValue<string>()).ShouldBeUnique();
            ShouldNotOverlap(panels);
            foreach (var panel in panels.Where(panel => panel["type"]!.GetValue<string>() != "row"))
            {
                panel["fieldConfig"]!["defaults"]!["unit"].ShouldNotBeNull();
                panel["datasource"]!["uid"]!.GetValue<string>().ShouldBe("${datasource}");
                panel["targets"]!.AsArray().ShouldAllBe(target => target!["datasource"]!["uid"]!.GetValue<string>() == "${datasource}");
            }
        }
    }

    private static void ShouldNotOverlap(List<JsonObject> panels)
    {
        var cells = new HashSet<(int X, int Y)>();
        foreach (var panel in panels)
        {
            var at = panel["gridPos"]!.Deserialize<Dictionary<string, int>>()!;
            (at["x"] + at["w"]).ShouldBeLessThanOrEqualTo(24);
            for (int x = at["x"]; x < at["x"] + at["w"]; x++)
            {
                for (int y = at["y"]; y < at["y"] + at["h"]; y++) cells.Add((x, y)).ShouldBeTrue($"{panel["title"]} lies on another panel");
            }
        }
    }

    private IEnumerable<string> Missing(string where, string expression)
    {
        var selectors = PromQuery.Selectors(expression).ToList();
        selectors.ShouldNotBeEmpty(where);
        return from selector in selectors
               where selector.Name != OfPrometheus && !scrape.Samples.Any(sample => selector.Fits(sample.Name, sample.Labels))
               select $"{where}: {selector.Name}{{{string.Join(", ", selector.Conditions)}}}";
    }

    private HashSet<string> LabelsOf(string expression) =>
    [
        "cluster", "job", "instance",
        .. from selector in PromQuery.Selectors(expression)
        from sample in scrape.Samples where sample.Name == selector.Name from label in sample.Labels.Keys select label,
    ];

    private IEnumerable<string> Values(string name, string label) =>
        scrape.Samples.Where(sample => sample.Name == name).Select(sample => sample.Labels[label]).Distinct();

    [GeneratedRegex(@"^label_values\((?<selector>.+), \w+\)$")]
    private static partial Regex LabelValues();

    [GeneratedRegex(@"\{\{(\w+)\}\}")]
    private static partial Regex Legend();

    [GeneratedRegex(@"\$labels\.(\w+)")]
    private static partial Regex TextLabel();

    [GeneratedRegex(@"\$\w+")]
    private static partial Regex Variable();
}
