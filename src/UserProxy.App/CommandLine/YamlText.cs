using System.Text.Json;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace UserProxy.App.CommandLine;

/// <summary>JSON written as YAML, field by field, for <c>-o yaml</c>.</summary>
internal static partial class YamlText
{
    public static void Write(TextWriter output, JsonElement json)
    {
        var stream = new YamlStream(new YamlDocument(ToNode(json)));
        var text = new StringWriter();
        stream.Save(text, assignAnchors: false);
        // The library ends a document with "...", which kubectl does not.
        output.Write(text.ToString().Replace("\r\n", "\n", StringComparison.Ordinal).TrimEnd().TrimEnd('.').TrimEnd() + "\n");
    }

    /// <summary>A text as YAML has it, on one line.</summary>
    public static string Scalar(string text) =>
        Plain().IsMatch(text) && !Reserved().IsMatch(text) ? text : $"\"{JsonEncodedText.Encode(text)}\"";

    private static YamlNode ToNode(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Object =>
            new YamlMappingNode(
                json.EnumerateObject().Select(field => KeyValuePair.Create<YamlNode, YamlNode>(new YamlScalarNode(field.Name), ToNode(field.Value)))),
        JsonValueKind.Array => new YamlSequenceNode(json.EnumerateArray().Select(ToNode)),
        JsonValueKind.String => Text(json.GetString()!),
        _ => new YamlScalarNode(json.GetRawText()),
    };

    /// <summary>In quotes unless nobody could take it for something else: <c>no</c>, <c>80</c> and <c>1e3</c> are no texts to a YAML parser.</summary>
    private static YamlScalarNode Text(string text) =>
        new(text) { Style = Plain().IsMatch(text) && !Reserved().IsMatch(text) ? ScalarStyle.Plain : ScalarStyle.DoubleQuoted };

    [GeneratedRegex("^[A-Za-z/][A-Za-z0-9_./-]*$", RegexOptions.CultureInvariant)]
    private static partial Regex Plain();

    [GeneratedRegex("^(true|false|yes|no|on|off|y|n|null)$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Reserved();
}
