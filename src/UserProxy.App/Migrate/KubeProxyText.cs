using UserProxy.App.Configuration;
using YamlDotNet.RepresentationModel;

namespace UserProxy.App.Migrate;

/// <summary>
/// Finds kube-proxy's configuration in a file: as itself, or under any key of a ConfigMap (<c>config.conf</c> of kubeadm, <c>config</c> of EKS), alone or in a
/// List, as <c>kubectl get -o yaml</c> saves them. The path of what it returns says which it took. Used by <c>migrate plan</c>.
/// </summary>
internal static class KubeProxyText
{
    /// <exception cref="ConfigurationException">It cannot be read, or is something else; says what.</exception>
    public static ConfigurationFile Read(string path) => Parse(path, ConfigurationFile.ReadText(path));

    /// <summary>Whether the value of a ConfigMap is one, or means to be.</summary>
    public static bool IsConfiguration(string text) => text.Contains(KubeProxyFile.Kind, StringComparison.Ordinal);

    /// <param name="origin">What to call it: a path, or where the cluster has it.</param>
    /// <param name="text">The configuration, or what is around it.</param>
    public static ConfigurationFile Parse(string origin, string text)
    {
        var maps = YamlFile.Parse(origin, text).Roots.OfType<YamlMappingNode>().SelectMany(ConfigMapsIn).ToList();
        var keys = maps.SelectMany(data => data).ToList();
        var (name, inner) = keys.FirstOrDefault(key => IsConfiguration(key.Text));
        if (inner is null && maps.Count > 0) throw new ConfigurationException([$"{origin}: no key of its ConfigMaps holds a {KubeProxyFile.Kind}: {string.Join(", ", keys.Select(key => key.Name))}"]);

        var file = inner is null ? ConfigurationFile.Parse(origin, text) : ConfigurationFile.Parse($"{origin} ({name})", inner);
        return file.Kind == KubeProxyFile.Kind
            ? file
            : throw new ConfigurationException([$"{origin}: {file.Kind} is our own configuration: give it with --settings, and kube-proxy's with --config"]);
    }

    /// <summary>Of an object, or of the items of a List, which hold no Lists themselves.</summary>
    private static IEnumerable<IReadOnlyList<(string Name, string Text)>> ConfigMapsIn(YamlMappingNode root)
    {
        var items = YamlFile.FieldOf(root, "items") is YamlSequenceNode list ? list.OfType<YamlMappingNode>() : [root];
        return items.Where(item => YamlFile.TextOf(item, "kind") == "ConfigMap").Select(DataOf);
    }

    private static IReadOnlyList<(string Name, string Text)> DataOf(YamlMappingNode map)
    {
        string name = YamlFile.FieldOf(map, "metadata") is YamlMappingNode metadata && YamlFile.TextOf(metadata, "name") is { } given ? $"ConfigMap {given}, " : "";
        var fields = YamlFile.FieldOf(map, "data") is YamlMappingNode data ? YamlFile.FieldsOf(data) : [];
        return [.. fields.Where(field => field.Value is YamlScalarNode).Select(field => ($"{name}{field.Name}", ((YamlScalarNode)field.Value).Value ?? ""))];
    }
}
