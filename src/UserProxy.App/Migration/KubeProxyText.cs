using UserProxy.App.Configuration;
using YamlDotNet.RepresentationModel;

namespace UserProxy.App.Migration;

/// <summary>Finds kube-proxy's configuration in a file: as itself, or as <c>config.conf</c> of a ConfigMap that somebody saved with <c>kubectl get -o yaml</c>.</summary>
internal static class KubeProxyText
{
    private const string Key = "config.conf";

    /// <exception cref="ConfigurationException">It cannot be read, or is something else; says what.</exception>
    public static ConfigurationFile Read(string path) => Parse(path, ConfigurationFile.ReadText(path));

    /// <param name="origin">What to call it: a path, or where the cluster has it.</param>
    /// <param name="text">The configuration, or a ConfigMap around it.</param>
    public static ConfigurationFile Parse(string origin, string text)
    {
        var root = YamlFile.Parse(origin, text);
        if (YamlFile.TextOf(root, "kind") == "ConfigMap")
        {
            var data = YamlFile.FieldsOf(root).FirstOrDefault(field => field.Name == "data").Value as YamlMappingNode;
            if (data is null || YamlFile.TextOf(data, Key) is not { } inner) throw new ConfigurationException([$"{origin}: a ConfigMap without {Key}: not kube-proxy's"]);
            return Parse($"{origin} ({Key})", inner);
        }

        var file = ConfigurationFile.Parse(origin, text);
        return file.Kind == KubeProxyFile.Kind
            ? file
            : throw new ConfigurationException([$"{origin}: {file.Kind} is our own configuration: give it with --settings, and kube-proxy's with --config"]);
    }
}
