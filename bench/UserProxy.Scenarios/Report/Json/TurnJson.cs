using System.Text.Json.Serialization;
using UserProxy.Scenarios.Running;

namespace UserProxy.Scenarios.Report.Json;

/// <summary>The lines of a <see cref="TurnLog"/>. A tool may have said "nan": the report leaves that out, the log does not.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    Converters = [typeof(CamelCaseEnums<RunSize>)])]
[JsonSerializable(typeof(RunHead))]
[JsonSerializable(typeof(RoundRecord))]
internal sealed partial class TurnJson : JsonSerializerContext;
