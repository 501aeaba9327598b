using System.Text.Json;
using System.Text.Json.Serialization;
using UserProxy.Scenarios.Results;

namespace UserProxy.Scenarios.Report.Json;

/// <summary>
/// report.json, as docs/schemas/bench-report.schema.json describes it: the whole report, and what follows from it, for programs that do not want to compute.
/// What has a default here is not in the reports of earlier builds.
/// </summary>
internal sealed record ReportDocument(
    string ApiVersion,
    string Kind,
    DateTimeOffset StartedAt,
    double DurationSeconds,
    string Command,
    int Repeats,
    Machine Machine,
    IReadOnlyDictionary<string, string> Tools,
    IReadOnlyList<PathDocument> Paths,
    IReadOnlyList<ScenarioDocument> Scenarios,
    IReadOnlyList<string> Notes,
    IReadOnlyList<LeftOut>? LeftOut = null)
{
    private const string Version = "userproxy.io/v1";
    private const string ReportKind = "BenchReport";

    public static ReportDocument Of(BenchReport report) => new(
        Version,
        ReportKind,
        report.StartedAt.ToUniversalTime(),
        report.Duration.TotalSeconds,
        report.Command,
        report.Repeats,
        report.Machine,
        report.Tools.OrderBy(tool => tool.Key, StringComparer.Ordinal).ToDictionary(tool => tool.Key, tool => tool.Value),
        [.. report.Paths.Select(path => new PathDocument(path.Name, path.Title, path.Kind, path.Setup, path.Version))],
        [.. report.Scenarios.Select(scenario => ScenarioDocument.Of(report, scenario))],
        report.Notes,
        report.LeftOut);

    public BenchReport ToReport()
    {
        if (ApiVersion != Version || Kind != ReportKind) throw new JsonException($"{ApiVersion} {Kind} is not {Version} {ReportKind}");
        return new BenchReport(
            StartedAt,
            TimeSpan.FromSeconds(DurationSeconds),
            Command,
            Repeats,
            Machine,
            Tools,
            [.. Paths.Select(path => new PathInfo(path.Name, path.Title, path.Kind, path.Setup, path.Version))],
            [.. Scenarios.Select(scenario => scenario.ToScenario())],
            Notes)
        {
            LeftOut = LeftOut ?? [],
        };
    }
}

/// <inheritdoc cref="PathInfo"/>
internal sealed record PathDocument(string Name, string Title, PathKind Kind, string Setup, string Version = "");

/// <summary>Writes enums in camelCase, as all names of the document are.</summary>
internal sealed class CamelCaseEnums<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.CamelCase, allowIntegerValues: false)
    where T : struct, Enum;
