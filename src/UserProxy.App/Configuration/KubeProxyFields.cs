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
    public const string NFTables = "nftables";
    private const string IPVS = "ipvs";
    private const string Idle = "defaults.idleTimeout";
    private const string HalfClose = "defaults.halfCloseTimeout";
    private const string UdpIdle = "defaults.udpIdleTimeout";
    private const string NoNetfilter = "connections are accepted and relayed, not tracked or masqueraded by netfilter";
    private const string NoSync = "there are no rules to write again: what changes is applied at once, routes are looked at every 30 s";
    private const string Windows = "Linux only";

    /// <summary>Of two fields that mean the same here the later one counts.</summary>
    public static IReadOnlyList<KubeProxyField> All { get; } =
    [
        new("hostnameOverride", "as nodeName", Settings.NodeName.Apply) { Becomes = [Settings.NodeName.Field] },
        new(
            "clientConnection.kubeconfig", "as kubeconfig, when neither kubeconfig nor manifests are given", (options, values) =>
                options with { KubeProxyKubeconfig = SettingValues.Path(values[0]) })
        {
            Becomes = [Settings.Kubeconfig.Field],
        },
        new("nodePortAddresses", "as nodePortAddresses, the words primary, localhost and all included", Settings.NodePortAddresses.Apply)
        {
            Becomes = [Settings.NodePortAddresses.Field],
        },
        new(
            "bindAddress",
            "as for kube-proxy, nothing is bound to it: an IPv6 address makes [::]:10256 of an empty healthzBindAddress and [::1]:10249 of an empty "
                + "metricsBindAddress",
            (options, values) =>
                SettingValues.IsIPv6(values[0])
                    ? options with { HealthzBindAddress = RunOptions.HealthzOfIPv6, MetricsBindAddress = RunOptions.MetricsOfIPv6 }
                    : options)
        {
            Becomes = [Settings.HealthzBindAddress.Field, Settings.MetricsBindAddress.Field],
        },
        new("healthzBindAddress", "as healthzBindAddress", Settings.HealthzBindAddress.Apply)
        {
            Becomes = [Settings.HealthzBindAddress.Field],
            MeantZero = "0",
        },
        new("metricsBindAddress", "as metricsBindAddress", Settings.MetricsBindAddress.Apply)
        {
            Becomes = [Settings.MetricsBindAddress.Field],
            MeantZero = "0",
        },
        new("bindAddressHardFail", "as bindAddressHardFail", Settings.BindAddressHardFail.Apply) { Becomes = [Settings.BindAddressHardFail.Field] },
        new("clusterCIDR", "as clusterCidr", Settings.ClusterCidr.Apply) { Becomes = [Settings.ClusterCidr.Field] },
        new(
            "configSyncPeriod", "kube-proxy goes over its own memory again this often, and asks nobody: there is nothing here that it would mend",
            (options, values) => Checked(options, values[0])),
        new("iptables.minSyncPeriod", "as minSyncPeriod, in mode iptables, which is also the default", MinSyncPeriod)
        {
            Mode = IPTables,
            Becomes = [Settings.MinSyncPeriod.Field],
        },
        new("ipvs.minSyncPeriod", "as minSyncPeriod, in mode ipvs", MinSyncPeriod) { Mode = IPVS, Becomes = [Settings.MinSyncPeriod.Field] },
        new("nftables.minSyncPeriod", "as minSyncPeriod, in mode nftables", MinSyncPeriod) { Mode = NFTables, Becomes = [Settings.MinSyncPeriod.Field] },
        // IPVS has schedulers that are not ours (lblc, fo, ovf): their users get the default and a word about it, not a refusal to start.
        new("ipvs.scheduler", "as scheduler, in mode ipvs, where it is one of ours", Settings.Scheduler.Apply)
        {
            Mode = IPVS,
            Becomes = [Settings.Scheduler.Field],
            IgnoredBecause = node => IsOurScheduler(node) ? null : $"it is none of {string.Join(", ", SchedulerNames.All)}: the default stands",
            Decision = (_, _) => $"choose a scheduler: {Settings.Scheduler.Field} is one of {string.Join(", ", SchedulerNames.All)}",
            DecidedBy = Settings.Scheduler.Field,
        },
        new("conntrack.tcpEstablishedTimeout", "as defaults.idleTimeout; 24h, kube-proxy's default, where it is not set or zero", IdleTimeout)
        {
            Becomes = [Idle],
        },
        new("conntrack.tcpCloseWaitTimeout", "as defaults.halfCloseTimeout; 1h, kube-proxy's default, where it is not set or zero", HalfCloseTimeout)
        {
            Becomes = [HalfClose],
        },
        new("udpIdleTimeout", "as defaults.udpIdleTimeout, from 1s on", UdpIdleTimeout)
        {
            Becomes = [UdpIdle],
            IgnoredBecause = node => IsOfTheOldMode(node) ? "below 1s it was the old default, and nobody's choice: ours stands" : null,
        },
        new("conntrack.udpStreamTimeout", "as defaults.udpIdleTimeout, before the field udpIdleTimeout", UdpIdleTimeout) { Becomes = [UdpIdle] },
        new("ipvs.tcpTimeout", "as defaults.idleTimeout, in mode ipvs, before the fields of conntrack", IdleTimeout) { Mode = IPVS, Becomes = [Idle] },
        new("ipvs.tcpFinTimeout", "as defaults.halfCloseTimeout, in mode ipvs, before the fields of conntrack", HalfCloseTimeout)
        {
            Mode = IPVS,
            Becomes = [HalfClose],
        },
        new("ipvs.udpTimeout", "as defaults.udpIdleTimeout, in mode ipvs, before the fields of conntrack", UdpIdleTimeout) { Mode = IPVS, Becomes = [UdpIdle] },
        new("logging.format", "as logFormat, where it is text or json", (options, values) =>
            options with { LogFormat = SettingValues.OneOf<LogFormat>(values[0]) })
        {
            Becomes = ["logFormat"],
            IgnoredBecause = node => ScalarOf(node) is "text" or "json" ? null : "it is neither text nor json: the default stands",
        },

        new("mode", "it says which section of the file counts; there is one mode here, userspace")
        {
            Decision = (node, root) => ScalarOf(node) switch
            {
                NFTables when YamlFile.FieldOf(root, Settings.NodePortAddresses.Field) is null or YamlSequenceNode { Children.Count: 0 } =>
                    "kube-proxy's nftables mode serves NodePorts on the node's primary addresses alone when nodePortAddresses is empty: set it, to primary "
                        + "or to what is wanted",
                "kernelspace" => "this file is for Windows nodes, and UserProxy runs on Linux: leave kube-proxy there",
                _ => null,
            },
            DecidedBy = Settings.NodePortAddresses.Field,
        },
        new("iptables.localhostNodePorts", "NodePorts answer on loopback as on the node's other addresses, for both families")
        {
            MeantZero = "false",
            Decision = (node, root) =>
                "false".Equals(ScalarOf(node), StringComparison.OrdinalIgnoreCase) && HasLoopback(YamlFile.FieldOf(root, Settings.NodePortAddresses.Field))
                    ? "to keep NodePorts off loopback, give the node's networks in nodePortAddresses"
                    : null,
            DecidedBy = Settings.NodePortAddresses.Field,
        },
        new("iptables.masqueradeAll", NoNetfilter),
        new("iptables.masqueradeBit", NoNetfilter),
        new("iptables.snatNodeInternalIP", "Pods see the address that the node's route to them has")
        {
            Decision = (node, _) => "true".Equals(ScalarOf(node), StringComparison.OrdinalIgnoreCase)
                ? "NetworkPolicies that know a node by its InternalIP must take its other addresses too, where the route to a Pod has another one"
                : null,
        },
        new("iptables.syncPeriod", NoSync),
        new("nftables.masqueradeAll", NoNetfilter),
        new("nftables.masqueradeBit", NoNetfilter),
        new("nftables.syncPeriod", NoSync),
        new("ipvs.syncPeriod", NoSync),
        new("ipvs.masqueradeAll", "no field of kube-proxy, though many files have it: masqueradeAll is one of iptables"),
        new("ipvs.excludeCIDRs", "IPVS is not used; services of others in it are left alone"),
        new("ipvs.strictARP", "no address is put on an interface, and ARP for virtual IPs is never answered"),
        new("detectLocalMode", "Pods of this node are told by its Node object (spec.podCIDRs), else by clusterCIDR"),
        new("detectLocal.bridgeInterface", "Pods of this node are told by its Node object (spec.podCIDRs), else by clusterCIDR"),
        new("detectLocal.interfaceNamePrefix", "Pods of this node are told by its Node object (spec.podCIDRs), else by clusterCIDR"),
        new("conntrack.maxPerCore", NoNetfilter),
        new("conntrack.min", NoNetfilter),
        new("conntrack.max", "gone from kube-proxy"),
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
        new("logging.verbosity", "see logLevel"),
        new("logging.vmodule", "see logLevel"),
        new("logging.flushFrequency", "see logLevel"),
        new("logging.options.", "see logLevel"),
        new("logging.sanitization", "gone from kube-proxy"),
        new("metadata.", "it names the object, and kube-proxy does not read it"),
        new("winkernel.", Windows),
        new("windowsRunAsService", Windows),
        new("resourceContainer", "gone from kube-proxy"),
        new("udpTimeoutMilliseconds", "gone from kube-proxy: it is udpIdleTimeout now"),
    ];

    /// <summary>What is not known is ignored as well: a file of a later kube-proxy must not keep the node from starting.</summary>
    public static KubeProxyField Of(string name) =>
        All.FirstOrDefault(field => field.Name == name || (field.Name.EndsWith('.') && $"{name}.".StartsWith(field.Name, StringComparison.Ordinal)))
        ?? Unknown(name);

    /// <summary>Its place in <see cref="All"/>.</summary>
    public static int OrderOf(KubeProxyField field) => All.TakeWhile(other => other != field).Count();

    /// <summary>Its author meant something by it, and does not get it.</summary>
    private static KubeProxyField Unknown(string name)
    {
        if (KubeProxySlip.IsSection(name))
            return new KubeProxyField(name, "it is a section of fields, and has a value here")
            {
                IsKnown = false,
                Decision = (_, _) => "write its fields below it, or leave it out",
            };
        string? meant = KubeProxySlip.MeantBy(name);
        return new KubeProxyField(name, "it is no field that is known here")
        {
            IsKnown = false,
            MeantZero = meant is null ? null : Of(meant).MeantZero,
            Decision = (_, _) => meant is null ? "look up what it does, and whether you need it" : $"did you mean {meant}?",
        };
    }

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

    /// <summary>Whether NodePorts would be served on loopback: with every address, and with blocks and words that have it.</summary>
    private static bool HasLoopback(YamlNode? addresses) =>
        addresses is null || YamlFile.ValuesOf(addresses) is not { Count: > 0 } texts
        || texts.SelectMany(text => text.Split(',', StringSplitOptions.TrimEntries)).Any(
            text => text is "all" or "localhost" or "0.0.0.0/0" or "::/0" or "::1/128" || text.StartsWith("127.", StringComparison.Ordinal));

    private static string? ScalarOf(YamlNode node) => (node as YamlScalarNode)?.Value;
}
