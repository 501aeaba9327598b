using UserProxy.Model;
using YamlDotNet.RepresentationModel;

namespace UserProxy.App.Configuration;

/// <summary>
/// Every field of KubeProxyConfiguration (v1alpha1, up to Kubernetes 1.37 and some that are gone) and what becomes of it: the one source for
/// <see cref="KubeProxyFile"/>, <c>migrate plan</c> and the reference.
/// </summary>
internal static class KubeProxyFields
{
    public const string IPTables = "iptables";
    private const string IPVS = "ipvs";
    private const string NoNetfilter = "connections are accepted and relayed, not tracked or masqueraded by netfilter";
    private const string NoSync = "there are no rules to write again: what changes is applied at once, routes are looked at every 30 s";
    private const string Windows = "Linux only";

    /// <summary>Of two fields that mean the same here the later one counts.</summary>
    public static IReadOnlyList<KubeProxyField> All { get; } =
    [
        new("hostnameOverride", "as nodeName", Settings.NodeName.Apply),
        new(
            "clientConnection.kubeconfig", "as kubeconfig, when neither kubeconfig nor manifests are given", (options, values) =>
                options with { KubeProxyKubeconfig = SettingValues.Path(values[0]) }),
        new("nodePortAddresses", "as nodePortAddresses, the words primary, localhost and all included", Settings.NodePortAddresses.Apply),
        new(
            "bindAddress",
            "as for kube-proxy, nothing is bound to it: an IPv6 address makes [::]:10256 of an empty healthzBindAddress and [::1]:10249 of an empty "
                + "metricsBindAddress",
            (options, values) =>
                SettingValues.IsIPv6(values[0])
                    ? options with { HealthzBindAddress = RunOptions.HealthzOfIPv6, MetricsBindAddress = RunOptions.MetricsOfIPv6 }
                    : options),
        new("healthzBindAddress", "as healthzBindAddress", Settings.HealthzBindAddress.Apply) { MeantZero = "0" },
        new("metricsBindAddress", "as metricsBindAddress", Settings.MetricsBindAddress.Apply) { MeantZero = "0" },
        new("bindAddressHardFail", "as bindAddressHardFail", Settings.BindAddressHardFail.Apply),
        new("clusterCIDR", "as clusterCidr", Settings.ClusterCidr.Apply),
        new(
            "configSyncPeriod", "kube-proxy goes over its own memory again this often, and asks nobody: there is nothing here that it would mend",
            (options, values) => Checked(options, values[0])),
        new("iptables.minSyncPeriod", "as minSyncPeriod, in mode iptables, which is also the default", MinSyncPeriod) { Mode = IPTables },
        new("ipvs.minSyncPeriod", "as minSyncPeriod, in mode ipvs", MinSyncPeriod) { Mode = IPVS },
        new("nftables.minSyncPeriod", "as minSyncPeriod, in mode nftables", MinSyncPeriod) { Mode = "nftables" },
        // IPVS has schedulers that are not ours (lblc, fo, ovf): their users get the default and a word about it, not a refusal to start.
        new("ipvs.scheduler", "as scheduler, in mode ipvs, where it is one of ours", Settings.Scheduler.Apply)
        {
            Mode = IPVS,
            IgnoredBecause = node => IsOurScheduler(node) ? null : $"it is none of {string.Join(", ", SchedulerNames.All)}: the default stands",
            Decision = (_, _) => $"choose a scheduler: {Settings.Scheduler.Field} is one of {string.Join(", ", SchedulerNames.All)}",
            DecidedBy = Settings.Scheduler.Field,
        },
        new("conntrack.tcpEstablishedTimeout", "as defaults.idleTimeout; 24h, kube-proxy's default, where it is not set or zero", IdleTimeout),
        new("conntrack.tcpCloseWaitTimeout", "as defaults.halfCloseTimeout; 1h, kube-proxy's default, where it is not set or zero", HalfCloseTimeout),
        new("udpIdleTimeout", "as defaults.udpIdleTimeout, from 1s on", UdpIdleTimeout)
        {
            IgnoredBecause = node => IsOfTheOldMode(node) ? "below 1s it was the old default, and nobody's choice: ours stands" : null,
        },
        new("conntrack.udpStreamTimeout", "as defaults.udpIdleTimeout, before the field udpIdleTimeout", UdpIdleTimeout),
        new("ipvs.tcpTimeout", "as defaults.idleTimeout, in mode ipvs, before the fields of conntrack", IdleTimeout) { Mode = IPVS },
        new("ipvs.tcpFinTimeout", "as defaults.halfCloseTimeout, in mode ipvs, before the fields of conntrack", HalfCloseTimeout) { Mode = IPVS },
        new("ipvs.udpTimeout", "as defaults.udpIdleTimeout, in mode ipvs, before the fields of conntrack", UdpIdleTimeout) { Mode = IPVS },

        new("mode", "it says which section of the file counts; there is one mode here, userspace")
        {
            Decision = (node, root) =>
                ScalarOf(node) == "nftables" && YamlFile.FieldOf(root, Settings.NodePortAddresses.Field) is null or YamlSequenceNode { Children.Count: 0 }
                ? "kube-proxy's nftables mode serves NodePorts on the node's primary addresses alone when nodePortAddresses is empty: set it, to primary or "
                    + "to what is wanted"
                : null,
            DecidedBy = Settings.NodePortAddresses.Field,
        },
        new("iptables.localhostNodePorts", "NodePorts answer on loopback as on the node's other addresses, for both families")
        {
            MeantZero = "false",
            Decision = (node, _) =>
                "false".Equals(ScalarOf(node), StringComparison.OrdinalIgnoreCase)
                    ? "to keep NodePorts off loopback, give the node's networks in nodePortAddresses"
                    : null,
            DecidedBy = Settings.NodePortAddresses.Field,
        },
        new("iptables.masqueradeAll", NoNetfilter),
        new("iptables.masqueradeBit", NoNetfilter),
        new("iptables.syncPeriod", NoSync),
        new("nftables.masqueradeAll", NoNetfilter),
        new("nftables.masqueradeBit", NoNetfilter),
        new("nftables.syncPeriod", NoSync),
        new("ipvs.syncPeriod", NoSync),
        new("ipvs.excludeCIDRs", "IPVS is not used; services of others in it are left alone"),
        new("ipvs.strictARP", "no address is put on an interface, and ARP for virtual IPs is never answered"),
        new("detectLocalMode", "Pods of this node are told by its Node object (spec.podCIDRs), else by clusterCIDR"),
        new("detectLocal.bridgeInterface", "Pods of this node are told by its Node object (spec.podCIDRs), else by clusterCIDR"),
        new("detectLocal.interfaceNamePrefix", "Pods of this node are told by its Node object (spec.podCIDRs), else by clusterCIDR"),
        new("conntrack.maxPerCore", NoNetfilter),
        new("conntrack.min", NoNetfilter),
        new("conntrack.tcpBeLiberal", NoNetfilter),
        new("conntrack.udpTimeout", "a session without an answer ends after 30 s, or after defaults.udpIdleTimeout where that is shorter"),
        new("clientConnection.acceptContentTypes", "the API is asked for JSON"),
        new("clientConnection.contentType", "the API is asked for JSON"),
        new("clientConnection.qps", "three watches need no limit"),
        new("clientConnection.burst", "three watches need no limit"),
        new("oomScoreAdj", "set it where the process is started: the kubelet does for system-node-critical Pods, systemd has OOMScoreAdjust="),
        new("portRange", "no ports of the proxy's own are chosen from a range"),
        new("enableProfiling", "there is no profiling endpoint"),
        new("showHiddenMetricsForVersion", "no metric is hidden"),
        new("featureGates.", "kube-proxy's features are not ours"),
        new("logging.", "see logFormat and logLevel"),
        new("winkernel.", Windows),
        new("windowsRunAsService", Windows),
        new("resourceContainer", "gone from kube-proxy"),
    ];

    /// <summary>What is not known is ignored as well: a file of a later kube-proxy must not keep the node from starting.</summary>
    public static KubeProxyField Of(string name) =>
        All.FirstOrDefault(field => field.Name == name || (field.Name.EndsWith('.') && name.StartsWith(field.Name, StringComparison.Ordinal)))
        ?? new KubeProxyField(name, "not known here");

    /// <summary>Its place in <see cref="All"/>.</summary>
    public static int OrderOf(KubeProxyField field) => All.TakeWhile(other => other != field).Count();

    private static RunOptions MinSyncPeriod(RunOptions options, IReadOnlyList<string> values) => options with
    {
        MinSyncPeriod = SettingValues.KubeProxyDuration(values[0]),
    };

    private static RunOptions IdleTimeout(RunOptions options, IReadOnlyList<string> values) =>
        options with { Defaults = options.Defaults with { IdleTimeout = SettingValues.KubeProxyDuration(values[0]) } };

    private static RunOptions HalfCloseTimeout(RunOptions options, IReadOnlyList<string> values) =>
        options with { Defaults = options.Defaults with { HalfCloseTimeout = SettingValues.KubeProxyDuration(values[0]) } };

    private static RunOptions UdpIdleTimeout(RunOptions options, IReadOnlyList<string> values) =>
        options with { Defaults = options.Defaults with { UdpIdleTimeout = SettingValues.KubeProxyDuration(values[0]) } };

    private static RunOptions Checked(RunOptions options, string duration)
    {
        SettingValues.KubeProxyDuration(duration);
        return options;
    }

    private static bool IsOurScheduler(YamlNode node) => SchedulerNames.TryParse(ScalarOf(node) ?? "", out _, out _);

    // The userspace mode of old had 250ms, and kubeadm wrote that into every file whatever the mode: nobody's choice, and too short for an answer
    // that takes its time (kubernetes#10496). Below a second, the default stands and the field is named.
    private static bool IsOfTheOldMode(YamlNode node) =>
        ScalarOf(node) is { } text && GoDuration.TryParse(text, out var time) && time >= TimeSpan.Zero && time < TimeSpan.FromSeconds(1);

    private static string? ScalarOf(YamlNode node) => (node as YamlScalarNode)?.Value;
}
