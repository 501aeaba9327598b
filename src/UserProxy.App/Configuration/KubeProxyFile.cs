using UserProxy.Model;
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

    // What kube-proxy does when nothing is said (its v1alpha1 defaults). A pointer to zero leaves netfilter's own time, for which there is no equal here.
    private static readonly (string Name, string Value)[] Defaults = [("conntrack.tcpEstablishedTimeout", "24h"), ("conntrack.tcpCloseWaitTimeout", "1h")];

    public static ConfigurationFile Read(string path, YamlFile yaml)
    {
        var root = yaml.First;
        string mode = YamlFile.TextOf(root, "mode") is { Length: > 0 } given ? given : KubeProxyFields.IPTables;
        var values = new List<(KubeProxyField Field, GivenValue Value)>();
        var fates = new List<FieldFate>();
        foreach (var (name, line, node) in Leaves(root, ""))
        {
            var field = KubeProxyFields.Of(name);
            if (name is "apiVersion" or "kind" || IsZero(field, node)) continue;
            var texts = YamlFile.ValuesOf(node);
            string? because = field.Mode is { } of && of != mode ? $"mode {of} reads it, and this is mode {mode}" : field.IgnoredBecause(node);
            bool honoured = field.Apply is not null && texts is not null && because is null;
            string? decision = honoured || (field.Mode ?? mode) != mode ? null : field.Decision(node, root);
            if (honoured) values.Add((field, new GivenValue($"{path}:{line}: {name}", texts!, field.Apply!)));
            fates.Add(new FieldFate(name, line, string.Join(',', texts ?? ["(not a value)"]), honoured, because ?? field.Why, decision, field.DecidedBy));
        }

        return new ConfigurationFile(path, Kind)
        {
            Values = [
                .. Defaults.Select(value => new GivenValue(value.Name, [value.Value], KubeProxyFields.Of(value.Name).Apply!)),
                .. values.OrderBy(value => KubeProxyFields.OrderOf(value.Field)).Select(value => value.Value)],
            Fates = fates,
            Warnings =
            [
                .. yaml.Repeated.Select(key => $"{path}:{key.Line}: {key.Key} is written again; the last value counts, as for kube-proxy"),
                .. yaml.Roots.Skip(1).Select(
                    other => $"{path}:{other.Start.Line}: this document is not read: kube-proxy takes the first of a file, the one of line {root.Start.Line}"),
            ],
        };
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
        YamlScalarNode scalar =>
            IsZero(scalar.Value ?? "") && (field.MeantZero is not { } meant || !meant.Equals(scalar.Value, StringComparison.OrdinalIgnoreCase)),
        YamlSequenceNode sequence => sequence.Children.Count == 0,
        _ => false,
    };

    private static bool IsZero(string text) =>
        text.Length == 0 || text.Equals("false", StringComparison.OrdinalIgnoreCase) || (GoDuration.TryParse(text, out var time) && time == TimeSpan.Zero);
}
