using System.Text.Json;
using System.Text.Json.Nodes;
using YamlDotNet.RepresentationModel;

namespace UserProxy.FunctionalTests.Monitoring;

/// <summary>The rules and dashboards that the chart ships, their unit tests and their runbooks.</summary>
internal static class MonitoringFiles
{
    public static string Root { get; } = FindRoot();

    public static string Rules { get; } = Path.Combine(Root, "charts", "userproxy", "files", "rules", "userproxy.yaml");

    public static string RuleTests { get; } = Path.Combine(Root, "tests", "UserProxy.FunctionalTests", "Monitoring", "alerts.test.yaml");

    public static IReadOnlyList<Alert> Alerts() =>
    [
        .. from file in Items(Load(Rules)["groups"])
           from rule in Items(file["rules"])
           select new Alert(Text(rule["alert"]), Text(rule["expr"]), Texts(rule["labels"]), Texts(rule["annotations"])),
    ];

    public static IReadOnlyList<AlertCase> Cases() => [.. Items(Load(RuleTests)["tests"]).Select(AlertCase.Of)];

    public static IReadOnlyList<Dashboard> Dashboards() =>
    [
        .. Directory.GetFiles(Path.Combine(Root, "charts", "userproxy", "files", "dashboards"), "*.json").Order(StringComparer.Ordinal)
            .Select(file => new Dashboard(Path.GetFileNameWithoutExtension(file), JsonNode.Parse(File.ReadAllText(file))!.AsObject())),
    ];

    private static YamlNode Load(string file)
    {
        var stream = new YamlStream();
        using var reader = new StreamReader(file);
        stream.Load(reader);
        return stream.Documents.Single().RootNode;
    }

    private static YamlSequenceNode Items(YamlNode node) => (YamlSequenceNode)node;

    private static string Text(YamlNode node) => ((YamlScalarNode)node).Value!;

    private static Dictionary<string, string> Texts(YamlNode node) => ((YamlMappingNode)node).ToDictionary(pair => Text(pair.Key), pair => Text(pair.Value));

    private static string FindRoot()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "UserProxy.sln"))) folder = Path.GetDirectoryName(folder);
        return folder ?? throw new InvalidOperationException("the tests do not run inside a checkout");
    }

    internal sealed record Alert(string Name, string Expression, IReadOnlyDictionary<string, string> Labels, IReadOnlyDictionary<string, string> Annotations);

    /// <summary>A case of the rules' unit tests: named "ALERT: WHAT", with the one series of ALERTS that fires then, or none.</summary>
    internal sealed record AlertCase(string Alert, string Name, string? Firing)
    {
        public static AlertCase Of(YamlNode node)
        {
            string name = Text(node["name"]);
            var samples = Items(Items(node["promql_expr_test"]).Single()["exp_samples"]);
            return new(name.Split(':')[0], name, samples.Children.Count == 0 ? null : Text(samples.Single()["labels"]));
        }
    }

    internal sealed record Dashboard(string FileName, JsonObject Json)
    {
        public IEnumerable<JsonObject> Panels => Json["panels"]!.AsArray().Select(panel => panel!.AsObject());

        public IEnumerable<JsonObject> Variables => Json["templating"]!["list"]!.AsArray().Select(variable => variable!.AsObject());

        public IEnumerable<(string Panel, string Expression, string Legend)> Queries =>
            from panel in Panels
            from target in panel["targets"]?.AsArray() ?? []
            select ($"{FileName}: {panel["title"]}", target!["expr"]!.GetValue<string>(), target["legendFormat"]!.GetValue<string>());

        /// <summary>Of variables: <c>label_values(SELECTOR, LABEL)</c>.</summary>
        public IEnumerable<string> VariableQueries =>
            Variables.Where(
                variable => variable["query"]!.GetValueKind() == JsonValueKind.Object).Select(variable => variable["query"]!["query"]!.GetValue<string>());
    }
}
