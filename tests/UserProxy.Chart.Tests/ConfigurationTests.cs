using System.Text.Json.Nodes;
using UserProxy.App;
using UserProxy.App.CommandLine;
using UserProxy.App.Configuration;
using UserProxy.Chart.Tests.Support;
using UserProxy.FakeApiServer;

namespace UserProxy.Chart.Tests;

/// <summary>What the chart hands to <c>userproxy</c> is what <c>userproxy</c> takes: configuration, arguments, and the fields that the schema allows.</summary>
public sealed class ConfigurationTests : IDisposable
{
    /// <summary>Fields of a UserProxyConfiguration that are not the user's: the chart sets them, or they make no sense in a Pod.</summary>
    private static readonly string[] NotForUsers =
        ["manifests", "kubeconfig", "nodeName", "clusterIps", "healthzBindAddress", "metricsBindAddress", "statusPage", "adminSocket", "probeSocket",
            "serveLabel",
            "stateDir"];

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("userproxy-chart-");

    public static TheoryData<string> Cases => ValuesCase.Names;

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task ConfigMap_OfEachCase_PassesCheck(string name)
    {
        var objects = await ChartFolder.ObjectsAsync(new ValuesCase(name).Arguments);
        foreach (var (file, text) in ConfigurationOf(objects))
        {
            string path = Path.Combine(_folder.FullName, file);
            await File.WriteAllTextAsync(path, text);
            var (code, said) = await RunAsync("check", path);
            code.ShouldBe(0, said);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Arguments_OfEachContainer_AreThoseOfTheProgram(string name)
    {
        var objects = await ChartFolder.ObjectsAsync(new ValuesCase(name).Arguments);
        var containers = objects.Select(item => item["kind"]!.GetValue<string>() switch
        {
            "DaemonSet" => item["spec"]!["template"]!["spec"],
            "Pod" => item["spec"],
            _ => null,
        }).OfType<JsonNode>().SelectMany(spec => new[] { spec["initContainers"], spec["containers"] }).OfType<JsonArray>().SelectMany(list => list).ToList();
        containers.ShouldNotBeEmpty();
        foreach (var container in containers)
        {
            // The kubelet puts the address of the test's Service in this place.
            string[] arguments = [
                .. container!.AsObject().Arguments().Select(
                    argument => argument.EndsWith("_TEST_SERVICE_HOST)", StringComparison.Ordinal) ? "10.96.0.7" : argument)];
            CommandTree.Create(Silent()).Parse(arguments).Errors.ShouldBeEmpty(string.Join(' ', arguments));
            var (_, help) = await RunAsync(arguments[0], "--help");
            foreach (string flag in arguments.Where(argument => argument.StartsWith("--", StringComparison.Ordinal))) help.ShouldContain(flag.Split('=')[0]);
        }
    }

    [Theory]
    [InlineData("default", "userproxy", ClusterIPsChoice.On, "0.0.0.0:10356", "127.0.0.1:10349", 5)]
    [InlineData("label-node-ports", "trial", ClusterIPsChoice.Off, "0.0.0.0:10356", "127.0.0.1:10349", 5)]
    [InlineData("all", null, ClusterIPsChoice.On, "0.0.0.0:10256", "127.0.0.1:10249", 90)]
    [InlineData("all-node-ports", null, ClusterIPsChoice.Off, "[::]:10256", "[::1]:10249", 5)]
    [InlineData("monitoring-service", null, ClusterIPsChoice.On, "0.0.0.0:10256", "0.0.0.0:10249", 5)]
    public async Task Run_WithTheContainersArguments_HasTheseSettings(
        string name, string? label, object clusterIps, string health, string metrics, int drainSeconds)
    {
        var objects = await ChartFolder.ObjectsAsync(new ValuesCase(name).Arguments);
        var (file, text) = ConfigurationOf(objects).Single();
        await File.WriteAllTextAsync(Path.Combine(_folder.FullName, file), text);
        var flags = objects.Container().Arguments().Skip(
            1).Select(argument => argument.Replace("/etc/userproxy", _folder.FullName, StringComparison.Ordinal).Split('=', 2))
            .ToDictionary(pair => pair[0], pair => (IReadOnlyList<string>)[pair[1]]);
        var (options, _) = RunOptionsReader.Read(flags, Silent());

        options.ServeLabel.ShouldBe(label);
        options.ClusterIPs.ShouldBe(clusterIps);
        options.HealthzBindAddress!.ToString().ShouldBe(health);
        options.MetricsBindAddress!.ToString().ShouldBe(metrics);
        options.DrainTimeout.ShouldBe(TimeSpan.FromSeconds(drainSeconds));
        var spec = objects.OfKind("DaemonSet")["spec"]!["template"]!["spec"]!;
        TimeSpan.FromSeconds(spec["terminationGracePeriodSeconds"]!.GetValue<long>()).ShouldBeGreaterThan(options.DrainDelay + options.DrainTimeout);
    }

    /// <summary>A setting that the program learns is one that the chart's schema must know, and none that it has lost may stay.</summary>
    [Fact]
    public async Task SchemaOfConfig_HasTheFieldsOfTheProgram()
    {
        var schema = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(ChartFolder.Path, "values.schema.json")))!;
        var config = schema["properties"]!["config"]!["properties"]!.AsObject();
        config.Select(
            field => field.Key).Except([ServiceDefaults.Field]).ShouldBe(Settings.All.Select(setting => setting.Field).Except(NotForUsers), ignoreOrder: true);
        config[ServiceDefaults.Field]!["properties"]!.AsObject().Select(field => field.Key).ShouldBe(ServiceDefaults.Fields.Keys, ignoreOrder: true);
        NotForUsers.Except(Settings.All.Select(setting => setting.Field)).ShouldBeEmpty();
    }

    /// <summary>So that the case which sets everything goes on doing so.</summary>
    [Fact]
    public async Task EverySetting_IsInTheCaseOfThatName()
    {
        var objects = await ChartFolder.ObjectsAsync(new ValuesCase("every-setting").Arguments);
        var set = YamlToJson.Objects(ConfigurationOf(objects).Single().Text).Single();
        set.Select(field => field.Key).Except(
            ["apiVersion", "kind", ServiceDefaults.Field]).ShouldBe(Settings.All.Select(setting => setting.Field).Except(NotForUsers), ignoreOrder: true);
        set[ServiceDefaults.Field]!.AsObject().Select(field => field.Key).ShouldBe(ServiceDefaults.Fields.Keys, ignoreOrder: true);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static IEnumerable<(string File, string Text)> ConfigurationOf(IReadOnlyList<JsonObject> objects) =>
        from item in objects
        where item["kind"]!.GetValue<string>() == "ConfigMap"
        from pair in item["data"]!.AsObject()
        where pair.Key == "userproxy.yaml"
        select (pair.Key, pair.Value!.GetValue<string>());

    private static Surroundings Silent(TextWriter? output = null) =>
        new() { Out = output ?? TextWriter.Null, Error = output ?? TextWriter.Null, Variable = _ => null, HostName = "node-1", IsRoot = false };

    private static async Task<(int Code, string Said)> RunAsync(params string[] arguments)
    {
        var said = new StringWriter();
        return (await CommandTree.InvokeAsync(arguments, Silent(said), TestContext.Current.CancellationToken), said.ToString());
    }
}
