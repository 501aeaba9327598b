using System.Buffers;
using System.Text;
using System.Text.Json;

namespace UserProxy.App.Configuration;

/// <summary>
/// The settings in force, as a configuration file that would give them again (JSON is YAML): the answer of <c>/configz</c>. A test reads it back and compares.
/// There is no secret among the settings: files are named, not shown.
/// </summary>
internal static class EffectiveSettings
{
    public static string ToJson(RunOptions options)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("apiVersion", UserProxyFile.ApiVersion);
            json.WriteString("kind", UserProxyFile.Kind);
            foreach (var setting in Settings.All) Write(json, setting.Field, setting.Show(options));
            json.WriteStartObject(ServiceDefaults.Field);
            foreach (var (field, setting) in ServiceDefaults.Fields) Write(json, field, setting.Show(options.Defaults));
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static void Write(Utf8JsonWriter json, string field, object? value)
    {
        switch (value)
        {
            case null:
                break;
            case bool truth:
                json.WriteBoolean(field, truth);
                break;
            case int number:
                json.WriteNumber(field, number);
                break;
            case string[] texts:
                json.WriteStartArray(field);
                foreach (string text in texts) json.WriteStringValue(text);
                json.WriteEndArray();
                break;
            default:
                json.WriteString(field, (string)value);
                break;
        }
    }
}
