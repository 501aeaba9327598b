using UserProxy.Model;
using YamlDotNet.RepresentationModel;

namespace UserProxy.App.Configuration;

/// <summary>
/// Every field of KubeProxyConfiguration (v1alpha1, up to Kubernetes 1.35 and some that are gone) and what becomes of it: the one source for <see cref="KubeProxyFile"/>,
/// <c>migrate plan</c> and the reference.
/// </summary>
internal static class KubeProxyFields
{
    private const string NoNetfilter = "connections are accepted and relayed, not tracked or masqueraded by netfilter";
    private const string NoSync = "there are no rules to write again: what changes is applied at once, routes are looked at every 30 s";
    private const string Windows = "Linux only";

    public static IReadOnlyList<KubeProxyField> All { get; } =
    [
        new("hostnameOverride", "as nodeName", Settings.NodeName.Apply),
        new("clientConnection.kubeconfig", "as kubeconfig, when neither kubeconfig nor manifests are given", (options, values) => options with { KubeProxyKubeconfig = SettingValues.Path(values[0]) }),
        new("nodePortAddresses", "as nodePortAddresses, the word primary included", Settings.NodePortAddresses.Apply),
        new("healthzBindAddress", "as healthzBindAddress", Settings.HealthzBindAddress.Apply) { MeantZero = "0" },
        new("metricsBindAddress", "as metricsBindAddress", Settings.MetricsBindAddress.Apply) { MeantZero = "0" },
        new("bindAddressHardFail", "as bindAddressHardFail", Settings.BindAddressHardFail.Apply),
        new("clusterCIDR", "as clusterCidr", Settings.ClusterCidr.Apply),
        new("configSyncPeriod", "as configSyncPeriod", Settings.ConfigSyncPeriod.Apply),
        // Whatever the mode was: a file for one mode carries the section of that mode.
        new("iptables.minSyncPeriod", "as minSyncPeriod", Settings.MinSyncPeriod.Apply),
        new("ipvs.minSyncPeriod", "as minSyncPeriod", Settings.MinSyncPeriod.Apply),
        new("nftables.minSyncPeriod", "as minSyncPeriod", Settings.MinSyncPeriod.Apply),
        // IPVS has schedulers that are not ours (lblc, fo, ovf): their users get the default and a word about it, not a refusal to start.
        new("ipvs.scheduler", "as scheduler, where it is one of ours", Settings.Scheduler.Apply)
        {
            IgnoredBecause = node => IsOurScheduler(node) ? null : $"it is none of {string.Join(", ", SchedulerNames.All)}: the default stands",
            Decision = _ => $"choose a scheduler: {Settings.Scheduler.Field} is one of {string.Join(", ", SchedulerNames.All)}",
            DecidedBy = Settings.Scheduler.Field,
        },
        new(
            "udpIdleTimeout",
            "as defaults.udpIdleTimeout, from 1s on",
            (options, values) => options with { Defaults = ServiceDefaults.Fields["udpIdleTimeout"](options.Defaults, values[0]) })
        {
            IgnoredBecause = node => IsOfTheOldMode(node) ? "below 1s it was the old default, and nobody's choice: ours stands" : null,
        },

        new("mode", "there is one mode, userspace"),
        new("bindAddress", "kube-proxy takes only the address family from it; here every family of the node is served"),
        new("iptables.localhostNodePorts", "NodePorts answer on loopback as on the node's other addresses, for both families")
        {
            MeantZero = "false",
            Decision = node => ScalarOf(node) == "false" ? "to keep NodePorts off loopback, give the node's networks in nodePortAddresses" : null,
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
        new("ipvs.tcpTimeout", "connections have the proxy's own timeouts: defaults.idleTimeout (2h)"),
        new("ipvs.tcpFinTimeout", "connections have the proxy's own timeouts: defaults.halfCloseTimeout (60s)"),
        new("ipvs.udpTimeout", "sessions have the proxy's own timeouts: defaults.udpIdleTimeout (60s)"),
        new("detectLocalMode", "Pods of this node are told by its Node object (spec.podCIDRs), else by clusterCIDR"),
        new("detectLocal.bridgeInterface", "Pods of this node are told by its Node object (spec.podCIDRs), else by clusterCIDR"),
        new("detectLocal.interfaceNamePrefix", "Pods of this node are told by its Node object (spec.podCIDRs), else by clusterCIDR"),
        new("conntrack.maxPerCore", NoNetfilter),
        new("conntrack.min", NoNetfilter),
        new("conntrack.tcpEstablishedTimeout", NoNetfilter),
        new("conntrack.tcpCloseWaitTimeout", NoNetfilter),
        new("conntrack.tcpBeLiberal", NoNetfilter),
        new("conntrack.udpTimeout", NoNetfilter),
        new("conntrack.udpStreamTimeout", NoNetfilter),
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

    private static bool IsOurScheduler(YamlNode node) => SchedulerNames.TryParse(ScalarOf(node) ?? "", out _, out _);

    // The userspace mode of old had 250ms, and kubeadm wrote that into every file whatever the mode: nobody's choice, and too short for an answer
    // that takes its time (kubernetes#10496). Below a second, the default stands and the field is named.
    private static bool IsOfTheOldMode(YamlNode node) =>
        ScalarOf(node) is { } text && GoDuration.TryParse(text, out var time) && time >= TimeSpan.Zero && time < TimeSpan.FromSeconds(1);

    private static string? ScalarOf(YamlNode node) => (node as YamlScalarNode)?.Value;
}
