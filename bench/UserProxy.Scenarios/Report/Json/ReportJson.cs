using System.Text.Json.Serialization;
using UserProxy.Scenarios.Results;

namespace UserProxy.Scenarios.Report.Json;

/// <summary>Reads and writes report.json without reflection. A null is written: a field that is there is there always.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    WriteIndented = true,
    IndentSize = 1,
    NewLine = "\n",
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    Converters = [typeof(CamelCaseEnums<PathKind>), typeof(CamelCaseEnums<Better>)])]
[JsonSerializable(typeof(ReportDocument))]
internal sealed partial class ReportJson : JsonSerializerContext;
