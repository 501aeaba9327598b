using System.Text;
using System.Text.Json;
using UserProxy.App.Servers.Admin.Messages;

namespace UserProxy.App.Migrate;

/// <summary>A plan for a program. Fields are never lost nor renamed; what is not known is null or an empty list.</summary>
internal static class PlanJson
{
    public static string Write(MigrationPlan plan)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("apiVersion", ApiVersion.V1);
            json.WriteString("node", plan.Node);
            json.WriteBoolean("needsDecision", plan.Decisions.Any());
            json.WriteStartArray("needs");
            foreach (string text in plan.Needs) json.WriteStringValue(text);
            json.WriteEndArray();
            json.WriteString("configuration", plan.Configuration);
            json.WriteString("source", plan.Source);
            json.WriteNumber("services", plan.Services);
            json.WriteNumber("tcpListeners", plan.TcpListeners);
            json.WriteNumber("udpListeners", plan.UdpListeners);
            WriteFields(json, plan);
            WriteFindings(json, plan);
            json.WriteStartArray("unseen");
            foreach (string text in plan.Unseen) json.WriteStringValue(text);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    private static void WriteFields(Utf8JsonWriter json, MigrationPlan plan)
    {
        json.WriteStartArray("fields");
        foreach (var field in plan.Fields)
        {
            json.WriteStartObject();
            json.WriteString("name", field.Name);
            json.WriteNumber("line", field.Line);
            json.WriteString("value", field.Value);
            json.WriteBoolean("honoured", field.IsHonoured);
            json.WriteString("why", field.Why);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteFindings(Utf8JsonWriter json, MigrationPlan plan)
    {
        json.WriteStartArray("findings");
        foreach (var finding in plan.Findings)
        {
            json.WriteStartObject();
            json.WriteString("area", finding.Area.ToString().ToLowerInvariant());
            json.WriteBoolean("needsDecision", finding.NeedsDecision);
            json.WriteString("reason", finding.Reason);
            json.WriteString("subject", finding.Subject);
            json.WriteString("message", finding.Message);
            json.WriteString("action", finding.Action);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
