using UserProxy.Model;
using YamlDotNet.RepresentationModel;

namespace UserProxy.App.Configuration;

/// <summary>
/// Reads kube-proxy's own configuration, so that the ConfigMap kubeadm wrote works unchanged. Lenient, as that file was not written for us:
/// what has no meaning here is gathered to be named once, and what nobody knows is said with its line.
/// </summary>
internal static class KubeProxyFile
{
    public const string ApiVersion = "kubeproxy.config.k8s.io/v1alpha1";
    public const string Kind = "KubeProxyConfiguration";

    // What kube-proxy does when nothing is said (its v1alpha1 defaults). A pointer to zero leaves netfilter's own time, for which there is no equal here.
    public static IReadOnlyList<GivenValue> Defaults { get; } =
    [
        new("conntrack.tcpEstablishedTimeout", ["24h"], KubeProxyFields.Of("conntrack.tcpEstablishedTimeout").Apply!),
        new("conntrack.tcpCloseWaitTimeout", ["1h"], KubeProxyFields.Of("conntrack.tcpCloseWaitTimeout").Apply!),
    ];

    public static ConfigurationFile Read(string path, YamlFile yaml)
    {
        var root = yaml.First;
        string mode = YamlFile.TextOf(root, "mode") is { Length: > 0 } given ? given : KubeProxyFields.IPTables;
        var fates = new List<FieldFate>();
        var zeros = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, line, node) in Leaves(root, ""))
        {
            var field = KubeProxyFields.Of(name);
            if (node is YamlScalarNode { Value: { Length: > 0 } text } && GoDuration.TryParse(text, out var time) && time == TimeSpan.Zero) zeros[name] = text;
            if (name is "apiVersion" or "kind" || IsZero(field, node)) continue;
            var texts = YamlFile.ValuesOf(node);
            string? because = field.Mode is { } of && of != mode ? $"mode {of} reads it, and this is mode {mode}" : field.IgnoredBecause(node);
            var gives = field.Apply is { } apply && texts is not null && because is null ? new GivenValue($"{path}:{line}: {name}", texts, apply) : null;
            string? decision = gives is not null || (field.Mode ?? mode) != mode ? null : field.Decision(node, root);
            fates.Add(new FieldFate(name, line, string.Join(',', texts ?? ["(not a value)"]), gives, because ?? field.Why, decision, field.DecidedBy)
            {
                IsKnown = field.IsKnown,
            });
        }

        return new ConfigurationFile(path, Kind)
        {
            Values = [.. Defaults, .. InOrder(fates).Select(fate => fate.Given!)],
            Fates = fates,
            Zeros = zeros,
            Warnings =
            [
                .. yaml.Repeated.Select(key => $"{path}:{key.Line}: {key.Key} is written again; the last value counts, as for kube-proxy"),
                .. yaml.Roots.Skip(1).Select(
                    other => $"{path}:{other.Start.Line}: this document is not read: kube-proxy takes the first of a file, the one of line {root.Start.Line}"),
            ],
        };
    }

    /// <summary>Those that are honoured, in the order in which they count: of two that mean the same the later one.</summary>
    public static IEnumerable<FieldFate> InOrder(IEnumerable<FieldFate> fates) =>
        fates.Where(fate => fate.IsHonoured).OrderBy(fate => KubeProxyFields.OrderOf(KubeProxyFields.Of(fate.Name)));

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
