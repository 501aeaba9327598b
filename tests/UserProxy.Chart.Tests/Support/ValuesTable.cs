using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using UserProxy.FakeApiServer;
using YamlDotNet.RepresentationModel;

namespace UserProxy.Chart.Tests.Support;

/// <summary>Makes a Markdown table of a chart's values: a row for each key with a comment above it that begins with <c># --</c>, with its default.</summary>
internal static class ValuesTable
{
    private const string Mark = "# -- ";

    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Of(string values)
    {
        var table = new StringBuilder("| value | default | is |\n|---|---|---|\n");
        foreach (var (path, description, value) in Rows(values).Where(row => row.Description is not null))
            table.Append(
                System.Globalization.CultureInfo.InvariantCulture,
                $"| `{path}` | `{value?.ToJsonString(Plain) ?? "null"}` | {description!.Replace("|", "\\|", StringComparison.Ordinal)} |\n");
        return table.ToString();
    }

    /// <summary>Values that no comment describes, nor one of a key above them.</summary>
    public static IReadOnlyList<string> Undescribed(string values) => [.. Rows(values).Where(row => row.Description is null).Select(row => row.Path)];

    public static IEnumerable<(string Path, string Description)> Descriptions(string values) =>
        Rows(values).Where(row => row.Description is not null).Select(row => (row.Path, row.Description!));

    private static IEnumerable<(string Path, string? Description, JsonNode? Value)> Rows(string values)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(values));
        return Rows((YamlMappingNode)stream.Documents[0].RootNode, YamlToJson.Objects(values).Single(), "", values.ReplaceLineEndings("\n").Split('\n'));
    }

    private static IEnumerable<(string Path, string? Description, JsonNode? Value)> Rows(YamlMappingNode map, JsonObject json, string above, string[] lines)
    {
        foreach (var (key, node) in map.Children)
        {
            string name = ((YamlScalarNode)key).Value!;
            string path = above + name;
            string? description = DescriptionAbove((int)key.Start.Line - 1, lines);
            if (description is null && node is YamlMappingNode { Children.Count: > 0 } inner)
            {
                foreach (var row in Rows(inner, json[name]!.AsObject(), $"{path}.", lines)) yield return row;
                continue;
            }

            yield return (path, description, json[name]);
            // What is described as a whole may have parts that are described, too.
            if (node is not YamlMappingNode parts) continue;
            foreach (var row in Rows(parts, json[name]!.AsObject(), $"{path}.", lines).Where(row => row.Description is not null)) yield return row;
        }
    }

    /// <summary>The comment lines right above a line, from the one with the mark on.</summary>
    private static string? DescriptionAbove(int line, string[] lines)
    {
        int first = line;
        while (first > 0 && lines[first - 1].TrimStart().StartsWith('#')) first--;
        var comment = lines[first..line].Select(text => text.Trim()).SkipWhile(text => !text.StartsWith(Mark, StringComparison.Ordinal)).ToList();
        return comment.Count == 0 ? null : string.Join(' ', comment.Select((text, at) => at == 0 ? text[Mark.Length..] : text.TrimStart('#').Trim()));
    }
}
