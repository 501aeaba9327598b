using System.Text.Json.Nodes;
using UserProxy.Chart.Tests.Support;
using UserProxy.FakeApiServer;

namespace UserProxy.Chart.Tests;

/// <summary>Alerts and dashboards: whatever lies in the chart's <c>files</c> becomes an object, untouched.</summary>
public sealed class RulesTests : IDisposable
{
    private const string Rules = """
        groups:
          - name: one
            interval: 30s
            rules:
              - alert: First
                expr: rate(userproxy_connections_total{job="userproxy"}[5m]) > 0
                for: 5m
                labels: {severity: warning}
                annotations: {summary: "{{ $labels.instance }} has {{ printf \"%.0f\" $value }}"}
              - alert: Second
                expr: up == 0
          - name: two
            rules:
              - alert: Third
                expr: up == 1
              - record: userproxy:recorded
                expr: sum(up)
        """;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("userproxy-chart-");

    [Fact]
    public async Task PrometheusRule_OfAFile_HasItsGroups_WithoutTheAlertsThatAreDisabled()
    {
        string chart = CopyWith("rules/sample.yaml", Rules);
        var rule = (await ObjectsAsync(
            chart, "--set",
            "prometheus.prometheusRule.enabled=true,prometheus.prometheusRule.disabled={Second,Third},prometheus.prometheusRule.additionalLabels.release=p"))
                .OfKind("PrometheusRule");

        rule["metadata"]!["name"]!.GetValue<string>().ShouldBe("userproxy-sample");
        rule["metadata"]!["labels"]!["release"]!.GetValue<string>().ShouldBe("p");
        var groups = rule["spec"]!["groups"]!.AsArray();
        groups.Select(group => group!["name"]!.GetValue<string>()).ShouldBe(["one", "two"]);
        groups[0]!["interval"]!.GetValue<string>().ShouldBe("30s");
        var first = groups[0]!["rules"]!.AsArray().Single()!;
        first["expr"]!.GetValue<string>().ShouldBe("rate(userproxy_connections_total{job=\"userproxy\"}[5m]) > 0");
        first["annotations"]!["summary"]!.GetValue<string>().ShouldBe("{{ $labels.instance }} has {{ printf \"%.0f\" $value }}");
        groups[1]!["rules"]!.AsArray().Single()!["record"]!.GetValue<string>().ShouldBe("userproxy:recorded");
        (await KubernetesSchemas.CheckAsync([rule])).ShouldBe("");
    }

    /// <summary>Of the chart as it is: each alert says where its runbook is, and the page is there.</summary>
    [Theory]
    [InlineData("")]
    [InlineData("https://docs.example.com/userproxy/runbooks")]
    [InlineData("https://docs.example.com/userproxy/runbooks/")]
    public async Task Runbook_OfEachAlert_IsThatOfTheBaseUrl(string baseUrl)
    {
        var objects = await ChartFolder.ObjectsAsync("--set", $"prometheus.prometheusRule.enabled=true,prometheus.runbookBaseUrl={baseUrl}");
        var alerts = objects.OfKind("PrometheusRule")["spec"]!["groups"]!.AsArray().SelectMany(group => group!["rules"]!.AsArray()).ToList();

        alerts.Count.ShouldBeGreaterThan(20);
        foreach (var alert in alerts)
        {
            string name = alert!["alert"]!.GetValue<string>();
            alert["annotations"]!["runbook"]!.GetValue<string>().ShouldBe($"userproxy runbook {name}");
            string? link = alert["annotations"]!["runbook_url"]?.GetValue<string>();
            link.ShouldBe(baseUrl.Length == 0 ? null : $"{baseUrl.TrimEnd('/')}/{name}.md");
            File.Exists(Path.Combine(Repository.Root, "docs", "runbooks", $"{name}.md")).ShouldBeTrue(name);
        }

        (await KubernetesSchemas.CheckAsync(objects)).ShouldBe("");
    }

    /// <summary>What has no name has no page, and an alert without annotations gets one.</summary>
    [Fact]
    public async Task RunbookUrl_OfAFile_IsForAlertsAlone()
    {
        string chart = CopyWith("rules/sample.yaml", Rules);
        var rule = (await ObjectsAsync(
            chart, "--set", "prometheus.prometheusRule.enabled=true,prometheus.runbookBaseUrl=https://docs.example.com")).OfKind("PrometheusRule");

        var rules = rule["spec"]!["groups"]!.AsArray().SelectMany(group => group!["rules"]!.AsArray()).ToList();
        rules.Select(item => item!["annotations"]?["runbook_url"]?.GetValue<string>()).ShouldBe(
            ["https://docs.example.com/First.md", "https://docs.example.com/Second.md", "https://docs.example.com/Third.md", null]);
        rules[0]!["annotations"]!["summary"]!.GetValue<string>().ShouldBe("{{ $labels.instance }} has {{ printf \"%.0f\" $value }}");
    }

    [Fact]
    public async Task PrometheusRule_WithEveryAlertDisabled_IsNotMade()
    {
        string chart = CopyWith("rules/sample.yaml", "groups: [{name: one, rules: [{alert: First, expr: up == 0}]}]\n");
        var objects = await ObjectsAsync(chart, "--set", "prometheus.prometheusRule.enabled=true,prometheus.prometheusRule.disabled={First}");
        objects.ShouldNotContain(item => item["kind"]!.GetValue<string>() == "PrometheusRule");
    }

    [Fact]
    public async Task Dashboard_OfAFile_IsInAConfigMap_ByteByByte()
    {
        const string Dashboard = "{\n  \"title\": \"{{ not a template }}\",\n  \"uid\": \"x\"\n}\n";
        string chart = CopyWith("dashboards/sample.json", Dashboard);
        var objects = await ObjectsAsync(chart, "--set", "prometheus.dashboards.enabled=true,prometheus.dashboards.annotations.folder=Network");
        var map = objects.Single(item => item["metadata"]!["name"]!.GetValue<string>() == "userproxy-dashboard-sample");

        map["kind"]!.GetValue<string>().ShouldBe("ConfigMap");
        map["metadata"]!["labels"]!["grafana_dashboard"]!.GetValue<string>().ShouldBe("1");
        map["metadata"]!["annotations"]!["folder"]!.GetValue<string>().ShouldBe("Network");
        map["data"]!["sample.json"]!.GetValue<string>().TrimEnd().ShouldBe(Dashboard.TrimEnd());
        (await KubernetesSchemas.CheckAsync([map])).ShouldBe("");
    }

    /// <summary>A link that leads nowhere is worse than none: without an address the panels name their runbooks in words.</summary>
    [Theory]
    [InlineData("", 0, "")]
    [InlineData("https://wiki.example/runbooks", 1, "https://wiki.example/runbooks/")]
    [InlineData("https://wiki.example/runbooks/", 1, "https://wiki.example/runbooks/")]
    public async Task Dashboard_Runbooks_AreLinkedWhereTheyAre(string address, int links, string expected)
    {
        Helm.SkipWithout();
        const string Dashboard = """
            {
              "links": [
                {
                  "title": "kept"
                }
              ],
              "panels": [
                {
                  "description": "Runbook: `userproxy runbook UserProxyAbsent`.",
                  "links": [
                    {
                      "title": "userproxy runbook UserProxyAbsent",
                      "url": "${runbooks}UserProxyAbsent.md"
                    }
                  ]
                }
              ],
              "runbooks": {
                "query": "docs/runbooks/"
              }
            }

            """;
        string chart = CopyWith("dashboards/sample.json", Dashboard);
        File.Delete(Path.Combine(chart, "values.schema.json")); // the template alone
        var objects = await ObjectsAsync(chart, "--set", $"prometheus.dashboards.enabled=true,prometheus.runbookBaseUrl={address}");

        var map = objects.Single(item => item["metadata"]!["name"]!.GetValue<string>() == "userproxy-dashboard-sample");
        var board = JsonNode.Parse(map["data"]!["sample.json"]!.GetValue<string>())!;
        board["links"]!.AsArray().Count.ShouldBe(1);
        board["panels"]![0]!["links"]!.AsArray().Count.ShouldBe(links);
        board["panels"]![0]!["description"]!.GetValue<string>().ShouldContain("userproxy runbook UserProxyAbsent");
        if (links > 0) board["runbooks"]!["query"]!.GetValue<string>().ShouldBe(expected);
    }

    /// <summary>Of the chart as it is: no file is forgotten, and none is made unless it is asked for.</summary>
    [Fact]
    public async Task FilesOfTheChart_AreAllThere_WhenTheyAreWanted()
    {
        Helm.SkipWithout();
        var wanted = await ChartFolder.ObjectsAsync("--set", "prometheus.prometheusRule.enabled=true,prometheus.dashboards.enabled=true");
        var names = wanted.Select(item => item["metadata"]!["name"]!.GetValue<string>()).ToList();
        names.Where(name => name.StartsWith("userproxy-dashboard-", StringComparison.Ordinal)).ShouldBe(
            Files("dashboards", "*.json").Select(file => $"userproxy-dashboard-{file}"), ignoreOrder: true);
        wanted.Where(item => item["kind"]!.GetValue<string>() == "PrometheusRule").Select(item => item["metadata"]!["name"]!.GetValue<string>())
            .ShouldBe(Files("rules", "*.yaml").Select(file => $"userproxy-{file}"), ignoreOrder: true);
        (await ChartFolder.ObjectsAsync()).ShouldNotContain(
            item => item["kind"]!.GetValue<string>() == "PrometheusRule" || item["metadata"]!["name"]!.GetValue<string>().Contains("dashboard"));
        (await KubernetesSchemas.CheckAsync(wanted)).ShouldBe("");
    }

    /// <summary>
    /// The operator labels each target with its namespace and service. Prometheus would keep those, and rename ours to <c>exported_namespace</c>: alerts and
    /// dashboards would then speak of the namespace of the chart.
    /// </summary>
    [Theory]
    [InlineData("podMonitor", "PodMonitor", "podMetricsEndpoints")]
    [InlineData("serviceMonitor", "ServiceMonitor", "endpoints")]
    public async Task Monitor_LabelsOfTheMetrics_WinOverThoseOfTheTarget(string value, string kind, string list)
    {
        var monitor = (await ChartFolder.ObjectsAsync("--set", $"prometheus.{value}.enabled=true")).OfKind(kind);
        monitor["spec"]![list]!.AsArray().Single()!["honorLabels"]!.GetValue<bool>().ShouldBeTrue();
    }

    public void Dispose() => _folder.Delete(recursive: true);

    /// <summary>Those that are meant for the cluster; unit tests of the rules lie beside them.</summary>
    private static IEnumerable<string> Files(string folder, string pattern)
    {
        string path = Path.Combine(ChartFolder.Path, "files", folder);
        return !Directory.Exists(path)
            ? []
            : Directory.GetFiles(
                path, pattern).Select(file => Path.GetFileNameWithoutExtension(file)!).Where(name => !name.EndsWith("test", StringComparison.Ordinal));
    }

    private static async Task<IReadOnlyList<JsonObject>> ObjectsAsync(string chart, params string[] arguments)
    {
        var ran = await ChartFolder.TemplateOfAsync(chart, arguments);
        ran.ExitCode.ShouldBe(0, ran.Error);
        return [.. YamlToJson.Objects(ran.Output)];
    }

    /// <summary>The chart with this as its only file.</summary>
    private string CopyWith(string name, string text)
    {
        foreach (string file in Directory.GetFiles(ChartFolder.Path, "*", SearchOption.AllDirectories))
        {
            string relative = Path.GetRelativePath(ChartFolder.Path, file);
            if (relative.StartsWith($"files{Path.DirectorySeparatorChar}", StringComparison.Ordinal)) continue;
            string copy = Path.Combine(_folder.FullName, relative);
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }

        string added = Path.Combine(_folder.FullName, "files", name);
        Directory.CreateDirectory(Path.GetDirectoryName(added)!);
        File.WriteAllText(added, text);
        return _folder.FullName;
    }
}
