using System.Text;
using System.Text.Json;
using UserProxy.App.Servers.Admin.Messages;

namespace UserProxy.App.Verify;

/// <summary>A verification for a program. Fields are never lost nor renamed; what is not known is null or an empty list.</summary>
internal static class VerifyJson
{
    public static string Write(Verification verification)
    {
        var facts = verification.Facts;
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("apiVersion", ApiVersion.V1);
            json.WriteString("node", facts.Node);
            json.WriteString("namespace", facts.Service.Namespace);
            json.WriteString("name", facts.Service.Name);
            json.WriteString("port", facts.Service.Port);
            json.WriteString("from", facts.Request.From?.ToString());
            json.WriteString("source", facts.Source);
            json.WriteString("declared", facts.Declared.Source);
            json.WriteString("verdict", verification.FirstCause is not null ? "failed" : verification.LeftOut is not null ? "notServed" : "ok");
            json.WritePropertyName("firstCause");
            if (verification.FirstCause is { } cause) Write(json, cause);
            else json.WriteNullValue();
            json.WriteStartArray("steps");
            foreach (var step in verification.Steps) Write(json, step);
            json.WriteEndArray();
            json.WriteNumber("elapsedMilliseconds", Math.Round(facts.Elapsed.TotalMilliseconds, 1));
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    private static void Write(Utf8JsonWriter json, VerifiedStep step)
    {
        json.WriteStartObject();
        json.WriteNumber("number", step.Number);
        json.WriteString("step", step.Name);
        json.WriteString("verdict", JsonNamingPolicy.CamelCase.ConvertName(step.Finding.Verdict.ToString()));
        json.WriteString("says", step.Finding.Says);
        json.WriteStartArray("evidence");
        foreach (string line in step.Finding.Evidence.Concat(step.Finding.Details)) json.WriteStringValue(line);
        json.WriteEndArray();
        json.WriteString("next", step.Finding.Next);
        json.WriteEndObject();
    }
}
