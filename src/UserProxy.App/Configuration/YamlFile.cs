using UserProxy.Kubernetes.Manifests;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace UserProxy.App.Configuration;

/// <summary>
/// A configuration file as YAML nodes that still know their lines. Mapped by hand rather than by YamlDotNet's serializer:
/// that one forgets the lines, and its reflection would not survive trimming.
/// </summary>
/// <param name="Roots">Its documents in their order, without those that are empty; the first is a mapping.</param>
/// <param name="Repeated">Keys that are written again in the same mapping, with the line: the last value is in the nodes, as go-yaml reads them.</param>
internal sealed record YamlFile(IReadOnlyList<YamlNode> Roots, IReadOnlyList<(string Key, long Line)> Repeated)
{
    public YamlMappingNode First => (YamlMappingNode)Roots[0];

    /// <summary>ConfigurationException, with file and line, when the text is not YAML or does not begin with a mapping.</summary>
    public static YamlFile Parse(string path, string text)
    {
        YamlFile file;
        try
        {
            var yaml = BoundedYaml.LoadLastKeys(text, out var repeated);
            file = new YamlFile([.. yaml.Documents.Select(document => document.RootNode).Where(root => !IsNull(root))], repeated);
        }
        catch (YamlException e)
        {
            throw new ConfigurationException([$"{path}:{e.Start.Line}: {e.Message}"]);
        }

        return file.Roots is [YamlMappingNode, ..] ? file : throw new ConfigurationException([$"{path}:1: expected a YAML mapping with apiVersion and kind"]);
    }

    /// <summary>The fields of a mapping in their order, null values left out: in Kubernetes a null field is an absent one.</summary>
    public static IEnumerable<(string Name, long Line, YamlNode Value)> FieldsOf(YamlMappingNode mapping) =>
        from child in mapping.Children
        where !IsNull(child.Value)
        select ((child.Key as YamlScalarNode)?.Value ?? "", child.Key.Start.Line, child.Value);

    public static YamlNode? FieldOf(YamlMappingNode mapping, string field) => FieldsOf(mapping).FirstOrDefault(entry => entry.Name == field).Value;

    public static string? TextOf(YamlMappingNode mapping, string field) => (FieldOf(mapping, field) as YamlScalarNode)?.Value;

    /// <summary>A scalar, or a sequence of scalars, as texts; null for anything else.</summary>
    public static IReadOnlyList<string>? ValuesOf(YamlNode node) => node switch
    {
        YamlScalarNode scalar => [scalar.Value ?? ""],
        YamlSequenceNode sequence when sequence.All(item => item is YamlScalarNode) => [.. sequence.Select(item => ((YamlScalarNode)item).Value ?? "")],
        _ => null,
    };

    private static bool IsNull(YamlNode node) =>
        node is YamlScalarNode { Style: ScalarStyle.Plain, Value: null or "" or "~" or "null" or "Null" or "NULL" };
}
