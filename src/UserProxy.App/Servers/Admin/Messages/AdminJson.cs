using System.Text.Json.Serialization;

namespace UserProxy.App.Servers.Admin.Messages;

/// <summary>Reads and writes the messages without reflection. A null is written: a field that is there is there always.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ServiceList))]
[JsonSerializable(typeof(ConnectionList))]
[JsonSerializable(typeof(Explanation))]
[JsonSerializable(typeof(ProcessStatus))]
[JsonSerializable(typeof(GlanceAnswer))]
[JsonSerializable(typeof(HistoryAnswer))]
[JsonSerializable(typeof(AdminError))]
[JsonSerializable(typeof(SettingsAnswer))]
[JsonSerializable(typeof(TraceRecord))]
internal sealed partial class AdminJson : JsonSerializerContext;
