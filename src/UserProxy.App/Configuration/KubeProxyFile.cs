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

    public static ConfigurationFile Read(string path, YamlMappingNode root)
    {
        var values = new List<GivenValue>();
        var ignored = new List<string>();
        foreach (var (name, line, node) in Leaves(root, ""))
        {
            if (name is "apiVersion" or "kind" || IsZero(name, node)) continue;
            if (Meaning(name, node) is { } apply && YamlFile.ValuesOf(node) is { } texts) values.Add(new GivenValue($"{path}:{line}: {name}", texts, apply));
            else ignored.Add(name);
        }

        return new ConfigurationFile(path, Kind) { Values = values, Ignored = ignored };
    }

    private static Func<RunOptions, IReadOnlyList<string>, RunOptions>? Meaning(string field, YamlNode node) => field switch
    {
        "hostnameOverride" => Settings.NodeName.Apply,
        "nodePortAddresses" => Settings.NodePortAddresses.Apply,
        "healthzBindAddress" => Settings.HealthzBindAddress.Apply,
        "metricsBindAddress" => Settings.MetricsBindAddress.Apply,
        "bindAddressHardFail" => Settings.BindAddressHardFail.Apply,
        "configSyncPeriod" => Settings.ConfigSyncPeriod.Apply,
        // Whatever the mode was: a file for one mode carries the section of that mode.
        "iptables.minSyncPeriod" or "ipvs.minSyncPeriod" or "nftables.minSyncPeriod" => Settings.MinSyncPeriod.Apply,
        "clusterCIDR" => Settings.ClusterCidr.Apply,
        "clientConnection.kubeconfig" => (options, values) => options with { KubeProxyKubeconfig = SettingValues.Path(values[0]) },
        // IPVS has schedulers that are not ours (lblc, fo, ovf): their users get the default and a word about it, not a refusal to start.
        "ipvs.scheduler" when node is YamlScalarNode { Value: { } name } && SchedulerNames.TryParse(name, out _, out _) => Settings.Scheduler.Apply,
        "udpIdleTimeout" when !IsOfTheOldMode(node) => (options, values) => options with { Defaults = ServiceDefaults.Fields[field](options.Defaults, values[0]) },
        _ => null,
    };

    // The userspace mode of old had 250ms, and kubeadm wrote that into every file whatever the mode: nobody's choice, and too short for an answer
    // that takes its time (kubernetes#10496). Below a second, the default stands and the field is named.
    private static bool IsOfTheOldMode(YamlNode udpIdleTimeout) =>
        udpIdleTimeout is YamlScalarNode { Value: { } text } && GoDuration.TryParse(text, out var time) && time >= TimeSpan.Zero && time < TimeSpan.FromSeconds(1);

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
    private static bool IsZero(string field, YamlNode node) => node switch
    {
        // Here 0 means nowhere.
        YamlScalarNode { Value: "0" } when field is "healthzBindAddress" or "metricsBindAddress" => false,
        YamlScalarNode scalar => scalar.Value is "" or "0" or "0s" or "false",
        YamlSequenceNode sequence => sequence.Children.Count == 0,
        _ => false,
    };
}
