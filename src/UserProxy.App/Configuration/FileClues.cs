using UserProxy.Kubernetes.Manifests;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace UserProxy.App.Configuration;

/// <summary>
/// What a file is meant to be, however wrong it is: <c>check</c> has no option for it. What <c>run</c> makes of it is asked of the reader of that kind of file.
/// </summary>
internal static class FileClues
{
    private static readonly string[] Kinds = [UserProxyFile.Kind, KubeProxyFile.Kind];
    private static readonly string[] Groups = [GroupOf(UserProxyFile.ApiVersion), GroupOf(KubeProxyFile.ApiVersion)];

    /// <summary>Told by kind or API group. One inside of something else counts where nothing beside it could be served.</summary>
    public static bool IsConfiguration(string text)
    {
        if (TryLoad(text) is not { } roots) return NamesConfiguration(text); // not YAML as a whole, but its author meant something by these lines
        return roots.Exists(IsConfiguration)
            || (roots.Exists(HoldsConfiguration) && !HoldServed(roots));
    }

    /// <summary>kubectl asks for no kind. One beside something that could be served is left alone by <c>run --manifests</c>.</summary>
    public static bool IsKubeconfig(string text) =>
        TryLoad(text) is [YamlMappingNode root, ..] roots
        && (YamlFile.TextOf(root, "kind") is { } kind
            ? kind.Equals("Config", StringComparison.OrdinalIgnoreCase)
            : YamlFile.FieldOf(root, "clusters") is not null)
        && !HoldServed(roots);

    /// <summary>Whether there is a configuration inside of a List or a ConfigMap, as kubectl saves them.</summary>
    public static bool HoldsConfiguration(YamlNode root) =>
        ItemsOf(root).Any(item => FilesOf(item).Any(file => NamesConfiguration(file.Text)) || (!ReferenceEquals(item, root) && IsConfiguration(item)));

    /// <summary>An object, or the items of a List.</summary>
    public static IEnumerable<YamlMappingNode> ItemsOf(YamlNode root) =>
        root is not YamlMappingNode mapping ? []
        : YamlFile.FieldOf(mapping, "items") is YamlSequenceNode list ? list.OfType<YamlMappingNode>()
        : [mapping];

    /// <summary>The files of a ConfigMap under their names for messages; nothing for another object.</summary>
    public static IReadOnlyList<(string Name, string Text)> FilesOf(YamlMappingNode item)
    {
        if (YamlFile.TextOf(item, "kind") != "ConfigMap") return [];
        string name = YamlFile.FieldOf(item, "metadata") is YamlMappingNode metadata
            && YamlFile.TextOf(metadata, "name") is { } given ? $"ConfigMap {given}, " : "";
        var fields = YamlFile.FieldOf(item, "data") is YamlMappingNode data ? YamlFile.FieldsOf(data) : [];
        return [.. fields.Where(field => field.Value is YamlScalarNode).Select(field => ($"{name}{field.Name}", ((YamlScalarNode)field.Value).Value ?? ""))];
    }

    private static bool IsConfiguration(YamlNode root) =>
        root is YamlMappingNode mapping
            && (Kinds.Contains(YamlFile.TextOf(mapping, "kind"), StringComparer.OrdinalIgnoreCase)
                || Groups.Contains(GroupOf(YamlFile.TextOf(mapping, "apiVersion") ?? "")));

    private static bool HoldServed(List<YamlNode> roots) =>
        roots.SelectMany(ItemsOf).Any(item => YamlFile.TextOf(item, "kind") is "Service" or "EndpointSlice" or "Node");

    private static bool NamesConfiguration(string text)
    {
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            if (line.StartsWith("kind:", StringComparison.Ordinal) && Kinds.Contains(line[5..].Trim().ToString(), StringComparer.OrdinalIgnoreCase))
                return true;
        }

        return false;
    }

    private static string GroupOf(string apiVersion) => apiVersion.Split('/')[0];

    private static List<YamlNode>? TryLoad(string text)
    {
        try
        {
            return [.. BoundedYaml.LoadLastKeys(text, out _).Documents.Select(document => document.RootNode)];
        }
        catch (YamlException)
        {
            return null;
        }
    }
}
