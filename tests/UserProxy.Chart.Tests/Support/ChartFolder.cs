using System.Text.Json.Nodes;
using UserProxy.FakeApiServer;

namespace UserProxy.Chart.Tests.Support;

/// <summary>The chart in the checkout, and what helm makes of it.</summary>
internal static class ChartFolder
{
    public const string Release = "userproxy";
    public const string Namespace = "kube-system";

    /// <summary>The newest that the chart is tested with.</summary>
    public const string NewestKubernetes = "1.35.0";

    public static string Path { get; } = System.IO.Path.Combine(Repository.Root, "charts", "userproxy");

    /// <summary>Set to anything, expectations and the generated part of the chart's README are written anew; read the diff.</summary>
    public static bool Update { get; } = Environment.GetEnvironmentVariable("USERPROXY_UPDATE_CHART") is { Length: > 0 };

    public static Task<Ran> TemplateAsync(params IEnumerable<string> arguments) => TemplateOfAsync(Path, arguments);

    /// <summary>The registry that an installation must name. Values that come later win.</summary>
    public static IReadOnlyList<string> Installable { get; } =
        ["--values", System.IO.Path.Combine(Repository.Root, "tests", "UserProxy.Chart.Tests", "testassets", "installable.yaml")];

    public static Task<Ran> TemplateOfAsync(string chart, params IEnumerable<string> arguments) =>
        TemplateAsTypedAsync(chart, [.. Installable, .. arguments]);

    /// <summary>With these values and no others, as somebody would type them.</summary>
    public static Task<Ran> TemplateAsTypedAsync(string chart, params IEnumerable<string> arguments) =>
        Helm.RunAsync(["template", Release, chart, "--namespace", Namespace, "--kube-version", NewestKubernetes, .. arguments]);

    /// <summary>The text, of values that must be right.</summary>
    public static async Task<string> RenderAsync(params IEnumerable<string> arguments)
    {
        var ran = await TemplateAsync(arguments);
        ran.ExitCode.ShouldBe(0, ran.Error);
        return ran.Output;
    }

    public static async Task<IReadOnlyList<JsonObject>> ObjectsAsync(params IEnumerable<string> arguments) =>
        [.. YamlToJson.Objects(await RenderAsync(arguments))];

    public static JsonObject OfKind(this IEnumerable<JsonObject> objects, string kind) => objects.First(item => item["kind"]!.GetValue<string>() == kind);

    /// <summary>The only container of the DaemonSet, of the one that serves where there are two.</summary>
    public static JsonObject Container(this IEnumerable<JsonObject> objects) =>
        objects.OfKind("DaemonSet")["spec"]!["template"]!["spec"]!["containers"]!.AsArray().Single()!.AsObject();

    public static string[] Arguments(this JsonObject container) => [.. container["args"]!.AsArray().Select(argument => argument!.GetValue<string>())];
}
