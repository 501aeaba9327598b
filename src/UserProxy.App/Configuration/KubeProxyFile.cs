using YamlDotNet.RepresentationModel;

namespace UserProxy.App.Configuration;

/// <summary>
/// Reads kube-proxy's own configuration, so that the ConfigMap kubeadm wrote works unchanged. Lenient, as that file was not written for us:
/// what has no meaning here is gathered to be named once.
/// </summary>
internal static class KubeProxyFile
{
    public const string ApiVersion = "kubeproxy.config.k8s.io/v1alpha1";
    public const string Kind = "KubeProxyConfiguration";

    public static ConfigurationFile Read(string path, YamlMappingNode root)
    {
        var values = new List<GivenValue>();
        var fates = new List<FieldFate>();
        foreach (var (name, line, node) in Leaves(root, ""))
        {
            var field = KubeProxyFields.Of(name);
            if (name is "apiVersion" or "kind" || IsZero(field, node)) continue;
            var texts = YamlFile.ValuesOf(node);
            string? because = field.IgnoredBecause(node);
            bool honoured = field.Apply is not null && texts is not null && because is null;
            if (honoured) values.Add(new GivenValue($"{path}:{line}: {name}", texts!, field.Apply!));
            fates.Add(new FieldFate(name, line, string.Join(',', texts ?? ["(not a value)"]), honoured, because ?? field.Why, honoured ? null : field.Decision(node), field.DecidedBy));
        }

        return new ConfigurationFile(path, Kind) { Values = values, Fates = fates };
    }

    /// <summary>Every field that is not itself a mapping, under its path: <c>ipvs.scheduler</c>.</summary>
    private static IEnumerable<(string Name, long Line, YamlNode Value)> Leaves(YamlMappingNode mapping, string prefix)
    {
        foreach (var (name, line, node) in YamlFile.FieldsOf(mapping))
        {
            if (node is not YamlMappingNode inner)
            {
                yield return (prefix + name, line, node);
                continue;
            }

            foreach (var leaf in Leaves(inner, $"{prefix}{name}.")) yield return leaf;
        }
    }

    // kubeadm writes every field there is, most of them with the zero value that means "the default": nothing is lost by not honouring those.
    private static bool IsZero(KubeProxyField field, YamlNode node) => node switch
    {
        YamlScalarNode scalar => scalar.Value is "" or "0" or "0s" or "false" && scalar.Value != field.MeantZero,
        YamlSequenceNode sequence => sequence.Children.Count == 0,
        _ => false,
    };
}
