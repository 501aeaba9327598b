using UserProxy.App.Configuration;

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
        var items = YamlFile.Parse(origin, text).Roots.SelectMany(FileClues.ItemsOf).ToList();
        var keys = items.SelectMany(FileClues.FilesOf).ToList();
        var (name, inner) = keys.FirstOrDefault(key => IsConfiguration(key.Text));
        if (inner is null && items.Any(item => YamlFile.TextOf(item, "kind") == "ConfigMap"))
            throw new ConfigurationException(
                [$"{origin}: no key of its ConfigMaps holds a {KubeProxyFile.Kind}: {string.Join(", ", keys.Select(key => key.Name))}"]);

        var file = inner is null ? ConfigurationFile.Parse(origin, text) : ConfigurationFile.Parse($"{origin} ({name})", inner);
        return file.Kind == KubeProxyFile.Kind
            ? file
            : throw new ConfigurationException([$"{origin}: {file.Kind} is our own configuration: give it with --settings, and kube-proxy's with --config"]);
    }
}
