using System.Text.Json;
using System.Text.RegularExpressions;
using NJsonSchema;
using Spectre.Console;
using UserProxy.App.CommandLine;
using UserProxy.App.Connections;
using UserProxy.App.Demo;
using UserProxy.App.Explain;
using UserProxy.App.Inspect;
using UserProxy.App.Inspect.All;
using UserProxy.App.List;
using UserProxy.App.Migrate;
using UserProxy.App.Servers.Admin.Messages;
using UserProxy.App.Status;
using UserProxy.App.Top;
using UserProxy.App.Trace;
using UserProxy.App.Verify;
using UserProxy.Linux.PortInspection;
using YamlDotNet.RepresentationModel;

namespace UserProxy.App.Tests.CommandLine;

/// <summary>
/// Every output against a golden file in <c>golden/</c>: what people and scripts rely on changes only on purpose. To renew them, delete a file and run the
/// test: it is written, and the test fails once.
/// </summary>
public sealed class PrintedTests
{
    public static TheoryData<string> Outputs => [.. Printers.Keys];

    private static readonly Dictionary<string, Action<TextWriter>> Printers = new()
    {
        ["list.table"] = output => ServiceTables.Listeners(Samples.Services.Services, wide: false).Write(output),
        ["list.wide"] = output => ServiceTables.Listeners(Samples.Services.Services, wide: true).Write(output),
        ["list.stats"] = output => ServiceTables.Endpoints(Samples.Services.Services, wide: false, Samples.Now).Write(output),
        ["list.stats.wide"] = output => ServiceTables.Endpoints(Samples.Services.Services, wide: true, Samples.Now).Write(output),
        ["list.ipvs"] = output => IpvsListing.Write(output, Samples.Services.Services, IpvsColumns.Weights),
        ["list.ipvs.stats"] = output => IpvsListing.Write(output, Samples.Services.Services, IpvsColumns.Totals),
        ["list.ipvs.rate"] = output => IpvsListing.Write(output, Samples.ServicesWithRates, IpvsColumns.Rates),
        ["list.ipvs.connection"] = output => IpvsConnections.Write(output, Samples.Connections.Connections, Samples.Timeouts),
        ["list.ipvs.timeout"] = Samples.Timeouts.Write,
        ["list.stats.rates"] = output => ServiceTables.Endpoints(Samples.ServicesWithRates, wide: false, Samples.Now).Write(output),
        ["top.table"] = output => TopTables.Services(Samples.Glance.Services, withNamespace: true).Write(output),
        ["list.json"] = output => output.Write(Json()),
        ["list.yaml"] = output => YamlText.Write(output, JsonDocument.Parse(Json()).RootElement),
        ["connections.table"] = output => ConnectionTable.Of(Samples.Connections.Connections).Write(output),
        ["connections.json"] = output => output.Write(JsonSerializer.Serialize(Samples.Connections, AdminJson.Default.ConnectionList)),
        ["explain.text"] = output => ExplanationText.Write(output, Samples.Explanation, Samples.Now),
        ["trace.text"] = output => Traced(output, Screen.None),
        ["trace.json"] = output => output.Write(
            string.Concat(TraceSamples.Records.Select(record => JsonSerializer.Serialize(record, AdminJson.Default.TraceRecord) + "\n"))),
        ["verify.text"] = output => new VerifyText(output).Write(Samples.Verified),
        ["verify.json"] = output => output.Write(VerifyJson.Write(Samples.Verified)),
        ["explain.json"] = output => output.Write(JsonSerializer.Serialize(Samples.Explanation, AdminJson.Default.Explanation)),
    };

    /// <summary>What people see on terminals: <c>golden/WIDTH/NAME.txt</c> without colours, <c>NAME.ansi</c> with them.</summary>
    private static readonly Dictionary<string, Action<TextWriter, Screen>> OnTerminals = new()
    {
        ["list"] = (output, screen) => ServiceTables.Listeners(Samples.Services.Services, wide: false).Write(output, screen),
        ["list.wide"] = (output, screen) => ServiceTables.Listeners(Samples.Services.Services, wide: true).Write(output, screen),
        ["list.namespace"] = (output, screen) => ServiceTables.Listeners(
            Samples.Services.Services.Where(service => service.Namespace == "shop"), wide: false).Hide("NAMESPACE").Write(output, screen),
        ["list.stats"] = (output, screen) => ServiceTables.Endpoints(Samples.Services.Services, wide: false, Samples.Now).Write(output, screen),
        ["list.stats.rates"] = (output, screen) => ServiceTables.Endpoints(Samples.ServicesWithRates, wide: false, Samples.Now).Write(output, screen),
        ["top"] = (output, screen) => Topped(new TopState { Cursor = 1, Open = "shop/web:http/TCP/IPv4" }, null, output, screen),
        ["top.gone"] = (output, screen) => Topped(
            new TopState { Sort = "p99", Reverse = true, Filter = "web", Types = true, Paused = true }, "the proxy has ended", output, screen),
        ["top.help"] = (output, screen) => Topped(new TopState { ShowsHelp = true }, null, output, screen),
        ["connections"] = (output, screen) => ConnectionTable.Of(Samples.Connections.Connections).Write(output, screen),
        ["explain"] = (output, screen) => ExplanationText.Write(output, Samples.Explanation, Samples.Now, screen),
        ["list.notserved"] = (output, screen) => ServiceTables.Listeners([Samples.NotServed], wide: true).Write(output, screen),
        ["explain.stale"] = (output, screen) => ExplanationText.Write(output, Samples.Stale, Samples.Now, screen),
        ["inspect.unserved"] = (output, screen) => output.Write(
            new InspectText(UserNames.Read("/nonexistent"), screen).Write(Samples.Handled, Classifier.Judge(Samples.Handled, Samples.Failing))),
        ["inspect.placeholder"] = (output, screen) => output.Write(Inspected(Samples.Placeholder, screen)),
        ["inspect.handled"] = (output, screen) => output.Write(Inspected(Samples.Handled, screen)),
        ["inspect.all"] = (output, screen) => new NodeText(output, screen).Write(Samples.Node),
        ["inspect.all.diff"] = (output, screen) => new NodeText(output, screen).Write(Samples.NodeLater),
        ["inspect.all.well"] = (output, screen) => new NodeText(output, screen).Write(Samples.NodeWell),
        ["status"] = (output, screen) => new StatusText(output, screen).Write(Samples.Status, Samples.Now),
        ["status.refused"] = (output, screen) => new StatusText(output, screen).Write(Samples.StatusRefused, Samples.Now),
        ["migrate.plan"] = (output, screen) => new PlanText(output, screen).Write(Samples.Plan),
        ["migrate.plan.nothing"] = (output, screen) => new PlanText(output, screen).Write(Samples.EmptyPlan),
        ["trace"] = Traced,
        ["verify.failed"] = (output, screen) => new VerifyText(output, screen).Write(Samples.Verified),
        ["verify.well"] = (output, screen) => new VerifyText(output, screen).Write(Samples.VerifiedWell),
        ["verify.leftout"] = (output, screen) => new VerifyText(output, screen).Write(Samples.VerifiedLeftOut),
        ["demo.begins"] = (output, screen) => Drawn(Samples.DemoBegins, output, screen),
        ["demo.killed"] = (output, screen) => Drawn(Samples.DemoKilled, output, screen),
        ["demo.revived"] = (output, screen) => Drawn(Samples.DemoRevived, output, screen),
    };

    public static TheoryData<string, int> Terminals
    {
        get
        {
            var all = new TheoryData<string, int>();
            foreach (string name in OnTerminals.Keys)
            {
                foreach (int width in (int[])[60, 80, 120]) all.Add(name, width);
            }

            return all;
        }
    }

    [Theory]
    [MemberData(nameof(Terminals))]
    public void OnATerminal_FitsAndIsAsBefore(string name, int width)
    {
        var (plain, coloured) = (new StringWriter { NewLine = "\n" }, new StringWriter { NewLine = "\n" });
        OnTerminals[name](plain, new Screen(width, HasColour: false));
        OnTerminals[name](coloured, new Screen(width, HasColour: true));

        Regex.Replace(coloured.ToString(), "\\e\\[[0-9;]*m", "").ShouldBe(plain.ToString(), "colours take no place");
        plain.ToString().Split('\n').ShouldAllBe(line => line.Length <= width);
        ShouldBeGolden(Path.Combine($"{width}", $"{name}.txt"), plain.ToString());
        ShouldBeGolden(Path.Combine($"{width}", $"{name}.ansi"), coloured.ToString());
    }

    [Theory]
    [MemberData(nameof(Outputs))]
    public void Printed_IsAsBefore(string name)
    {
        var output = new StringWriter { NewLine = "\n" };
        Printers[name](output);
        ShouldBeGolden($"{name}.txt", output.ToString());
    }

    private static void Traced(TextWriter output, Screen screen)
    {
        var text = new TraceText(output, screen, withFilters: true);
        foreach (var record in TraceSamples.Records) text.Write(record);
    }

    private static string Inspected(PortFacts facts, Screen screen) =>
        new InspectText(UserNames.Read("/nonexistent"), screen).Write(facts, Classifier.Judge(facts));

    private static void Topped(TopState state, string? trouble, TextWriter output, Screen screen)
    {
        var lines = new TopFrame(screen, height: 24, space: null).Draw(state, Samples.Glance, trouble);
        lines.Count.ShouldBe(24);
        foreach (string line in lines) output.WriteLine(line.Replace("\e[7m", "", StringComparison.Ordinal).Replace("\e[0m", "", StringComparison.Ordinal));
    }

    /// <summary>A frame of the demo, as a terminal shows it.</summary>
    private static void Drawn((IReadOnlyList<DemoRow> Rows, string Caption) frame, TextWriter output, Screen screen)
    {
        var console = AnsiConsole.Create(
            new AnsiConsoleSettings
            {
                Out = new AnsiConsoleOutput(output),
                Ansi = AnsiSupport.Yes,
                ColorSystem = screen.HasColour ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
            });
        console.Profile.Width = screen.Width!.Value;
        console.Write(LiveView.FrameOf(frame.Rows, frame.Caption, screen.Width!.Value));
        output.WriteLine();
    }

    private static void ShouldBeGolden(string name, string output)
    {
        string path = Path.Combine(Repository.Root, "tests", "UserProxy.App.Tests", "Printing", "golden", name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        if (!File.Exists(path))
        {
            File.WriteAllText(path, output);
            Assert.Fail($"{path} was not there; it is now");
        }

        output.ShouldBe(File.ReadAllText(path));
    }

    [Fact]
    public async Task Json_FitsTheSchema()
    {
        var schema = await SchemaAsync();

        schema.Validate(Json()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Json_EveryFieldIsInTheSchemaAndRequired()
    {
        var schema = await SchemaAsync();
        using var json = JsonDocument.Parse(Json());

        ShouldHaveAll(schema, json.RootElement, "list");

        static void ShouldHaveAll(JsonSchema schema, JsonElement value, string where)
        {
            if (value.ValueKind == JsonValueKind.Array)
            {
                foreach (var item in value.EnumerateArray()) ShouldHaveAll(schema.Item!, item, where);
            }

            if (value.ValueKind != JsonValueKind.Object) return;
            schema.RequiredProperties.ShouldBe(value.EnumerateObject().Select(field => field.Name), ignoreOrder: true, where);
            foreach (var field in value.EnumerateObject()) ShouldHaveAll(schema.Properties[field.Name], field.Value, $"{where}.{field.Name}");
        }
    }

    [Theory]
    [InlineData("\"protocol\":\"TCP\"", "\"protocol\":\"SCTP\"")]
    [InlineData("\"revision\":7", "\"revision\":\"7\"")]
    [InlineData("\"used\":true,", "")]
    public async Task Schema_SeesAMistake(string right, string wrong)
    {
        var schema = await SchemaAsync();

        schema.Validate(Json().Replace(right, wrong, StringComparison.Ordinal)).ShouldNotBeEmpty();
    }

    /// <summary>A YAML reader must find the values of the JSON, each as a text or as what is none.</summary>
    [Fact]
    public void Yaml_ReadBack_IsTheJson()
    {
        using var json = JsonDocument.Parse(Json());
        var output = new StringWriter();
        YamlText.Write(output, json.RootElement);
        var stream = new YamlStream();
        stream.Load(new StringReader(output.ToString()));

        ShouldBeSame(stream.Documents.Single().RootNode, json.RootElement);

        static void ShouldBeSame(YamlNode yaml, JsonElement json)
        {
            switch (json.ValueKind)
            {
                case JsonValueKind.Object:
                    foreach (var field in json.EnumerateObject()) ShouldBeSame(((YamlMappingNode)yaml).Children[new YamlScalarNode(field.Name)], field.Value);
                    break;
                case JsonValueKind.Array:
                    ((YamlSequenceNode)yaml).Children.Count.ShouldBe(json.GetArrayLength());
                    foreach (var (item, expected) in ((YamlSequenceNode)yaml).Children.Zip(json.EnumerateArray())) ShouldBeSame(item, expected);
                    break;
                default:
                    var scalar = (YamlScalarNode)yaml;
                    scalar.Value.ShouldBe(
                        json.ToString() is ""
                            && json.ValueKind == JsonValueKind.Null
                            ? "null"
                            : json.ValueKind is JsonValueKind.True or JsonValueKind.False ? json.GetRawText() : json.ToString());
                    bool plain = scalar.Style == YamlDotNet.Core.ScalarStyle.Plain;
                    if (json.ValueKind != JsonValueKind.String) plain.ShouldBeTrue();
                    if (json.ValueKind == JsonValueKind.String && scalar.Value is "80" or "yes" or "") plain.ShouldBeFalse();
                    break;
            }
        }
    }

    private static string Json() => JsonSerializer.Serialize(Samples.Services, AdminJson.Default.ServiceList);

    private static Task<JsonSchema> SchemaAsync() =>
        JsonSchema.FromFileAsync(Path.Combine(Repository.Root, "docs", "schemas", "list.v1.json"), TestContext.Current.CancellationToken);
}
