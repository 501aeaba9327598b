using UserProxy.App.Configuration;
using UserProxy.Kubernetes.Building;
using YamlDotNet.RepresentationModel;

namespace UserProxy.App.Migrate;

/// <summary>
/// Finds kube-proxy's configuration in a file: as itself, as one document among those that kubeadm is given, or under any key of a ConfigMap
/// (<c>config.conf</c> of kubeadm, <c>config</c> of EKS), alone or in a List, as <c>kubectl get -o yaml</c> saves them. The path of what it returns says which
/// it took. Used by <c>migrate</c>.
/// </summary>
internal static class KubeProxyText
{
    private const string WhereItIs = "kubectl -n kube-system get configmap kube-proxy -o yaml";

    private const string Expected = $"{KubeProxyFile.ApiVersion} {KubeProxyFile.Kind}, by itself or in its ConfigMap ({WhereItIs})";

    /// <exception cref="ConfigurationException">It cannot be read, or is something else; says what.</exception>
    public static ConfigurationFile Read(string path) => Parse(path, ConfigurationFile.ReadText(path));

    /// <summary>That of the cluster; null when there is none, or it may not be read, which the reader then knows.</summary>
    public static async Task<ConfigurationFile?> ReadAsync(ClusterSnapshotReader reader, CancellationToken cancellation) =>
        await reader.ReadKubeProxyConfigurationAsync(IsConfiguration, cancellation) is var (name, key, text)
            ? Parse($"kube-system/{name} ({key})", text)
            : null;

    /// <summary>Whether the value of a ConfigMap is one, or means to be.</summary>
    public static bool IsConfiguration(string text) => text.Contains(KubeProxyFile.Kind, StringComparison.Ordinal);

    /// <param name="origin">What to call it: a path, or where the cluster has it.</param>
    /// <param name="text">The configuration, or what is around it.</param>
    public static ConfigurationFile Parse(string origin, string text)
    {
        var yaml = YamlFile.Parse(origin, text);
        var items = yaml.Roots.SelectMany(FileClues.ItemsOf).ToList();
        var keys = items.SelectMany(FileClues.FilesOf).ToList();
        var (name, inner) = keys.FirstOrDefault(key => IsConfiguration(key.Text));
        if (inner is null && items.Any(item => YamlFile.TextOf(item, "kind") == "ConfigMap"))
            throw new ConfigurationException([NoKey(origin, keys.Select(key => key.Name))]);

        if (inner is null && OfKubeadm(origin, yaml) is { } document) return document;
        var file = inner is null ? ConfigurationFile.Parse(origin, text, Expected) : ConfigurationFile.Parse($"{origin} ({name})", inner, Expected);
        return file.Kind == KubeProxyFile.Kind
            ? file
            : throw new ConfigurationException(
                [$"{origin}: {file.Kind} is our own configuration, and kube-proxy's is expected (migrate plan takes ours with --settings)"]);
    }

    private static string NoKey(string origin, IEnumerable<string> keys)
    {
        string names = string.Join(", ", keys);
        return names.Length == 0
            ? $"{origin}: its ConfigMaps have no keys; kube-proxy's has one with a {KubeProxyFile.Kind} ({WhereItIs})"
            : $"{origin}: no key of its ConfigMaps holds a {KubeProxyFile.Kind}: {names} ({WhereItIs})";
    }

    /// <summary>What kubeadm was given, several documents in one file; kubeadm knows its parts by their kinds, wherever they stand.</summary>
    private static ConfigurationFile? OfKubeadm(string origin, YamlFile yaml)
    {
        var mappings = yaml.Roots.OfType<YamlMappingNode>().ToList();
        bool isForKubeadm = mappings.Exists(root => YamlFile.TextOf(root, "apiVersion")?.StartsWith("kubeadm.k8s.io/", StringComparison.Ordinal) == true);
        if (!isForKubeadm || mappings.Find(root => YamlFile.TextOf(root, "kind") == KubeProxyFile.Kind) is not { } meant) return null;
        var file = KubeProxyFile.Read(origin, yaml with { Roots = [meant] });
        return file with
        {
            Warnings =
            [
                .. file.Warnings,
                $"{origin}:{meant.Start.Line}: this is what kubeadm was given; it fills in more, such as clusterCIDR and the kubeconfig: the "
                    + "ConfigMap kube-proxy of the cluster has it all",
            ],
        };
    }
}
