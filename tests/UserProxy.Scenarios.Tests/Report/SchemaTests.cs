using System.Text.Json;
using NJsonSchema;
using UserProxy.Scenarios.Report;
using UserProxy.Scenarios.Report.Json;
using UserProxy.Scenarios.Results;

namespace UserProxy.Scenarios.Tests.Report;

/// <summary>report.json is what docs/schemas/bench-report.schema.json says, field for field.</summary>
public sealed class SchemaTests
{
    public static TheoryData<string> Reports => [.. Samples.All.Keys];

    [Theory]
    [MemberData(nameof(Reports))]
    public async Task Json_FitsTheSchema(string name)
    {
        var schema = await SchemaAsync();

        schema.Validate(Json(Samples.All[name])).ShouldBeEmpty();
    }

    [Fact]
    public async Task Json_EveryFieldIsInTheSchemaAndRequired()
    {
        var schema = await SchemaAsync();
        using var json = JsonDocument.Parse(Json(Samples.Full));
        int seen = 0;

        ShouldHaveAll(schema, json.RootElement, "report");
        seen.ShouldBeGreaterThan(100);

        void ShouldHaveAll(JsonSchema schema, JsonElement value, string where)
        {
            if (value.ValueKind == JsonValueKind.Array && schema.Item is not null)
            {
                foreach (var item in value.EnumerateArray()) ShouldHaveAll(schema.Item, item, where);
            }

            if (value.ValueKind != JsonValueKind.Object || schema.AdditionalPropertiesSchema is not null) return;
            seen++;
            schema.RequiredProperties.ShouldBe(value.EnumerateObject().Select(field => field.Name), ignoreOrder: true, where);
            foreach (var field in value.EnumerateObject()) ShouldHaveAll(schema.Properties[field.Name], field.Value, $"{where}.{field.Name}");
        }
    }

    [Theory]
    [InlineData("\"kind\": \"peer\"", "\"kind\": \"Peer\"")]
    [InlineData("\"better\": \"lower\"", "\"better\": 1")]
    [InlineData("\"repeats\": 5", "\"repeats\": \"5\"")]
    [InlineData("\"ofDirect\": null", "\"ofDirect\": \"NaN\"")]
    [InlineData("\"bestPeer\": null,", "")]
    public async Task Schema_SeesAMistake(string right, string wrong)
    {
        var schema = await SchemaAsync();
        string json = Json(Samples.Full);
        json.ShouldContain(right);

        schema.Validate(json.Replace(right, wrong, StringComparison.Ordinal)).ShouldNotBeEmpty();
    }

    private static string Json(BenchReport report) => JsonSerializer.Serialize(ReportDocument.Of(SoundReport.Of(report)), ReportJson.Default.ReportDocument);

    private static Task<JsonSchema> SchemaAsync() =>
        JsonSchema.FromFileAsync(Path.Combine(Repository.Root, "docs", "schemas", "bench-report.schema.json"), TestContext.Current.CancellationToken);
}
