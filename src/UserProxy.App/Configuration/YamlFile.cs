using UserProxy.Kubernetes.Manifests;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace UserProxy.App.Configuration;

/// <summary>
/// One YAML document of a configuration file as nodes that still know their lines. Mapped by hand rather than by YamlDotNet's serializer:
/// that one forgets the lines, and its reflection would not survive trimming.
/// </summary>
internal static class YamlFile
{
    /// <summary>The root mapping; ConfigurationException, with file and line, when the text is not one YAML mapping.</summary>
    public static YamlMappingNode Parse(string path, string text)
    {
        YamlStream yaml;
        try
        {
            yaml = BoundedYaml.Load(text);
        }
        catch (YamlException e)
        {
            throw new ConfigurationException([$"{path}:{e.Start.Line}: {e.Message}"]);
        }

        return yaml.Documents switch
        {
            [{ RootNode: YamlMappingNode root }] => root,
            [_, var second, ..] => throw new ConfigurationException([$"{path}:{second.RootNode.Start.Line}: a configuration file holds one document"]),
            _ => throw new ConfigurationException([$"{path}:1: expected a YAML mapping with apiVersion and kind"]),
        };
    }

    /// <summary>The fields of a mapping in their order, null values left out: in Kubernetes a null field is an absent one.</summary>
    public static IEnumerable<(string Name, long Line, YamlNode Value)> FieldsOf(YamlMappingNode mapping) =>
        from child in mapping.Children
        where !IsNull(child.Value)
        select ((child.Key as YamlScalarNode)?.Value ?? "", child.Key.Start.Line, child.Value);

    public static string? TextOf(YamlMappingNode mapping, string field) =>
        FieldsOf(mapping).FirstOrDefault(entry => entry.Name == field).Value is YamlScalarNode scalar ? scalar.Value : null;

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
