using UserProxy.Model;

namespace UserProxy.App.Configuration;

/// <summary>
/// Every setting of <c>run</c> under every name that the outside knows: flag, environment variable, field of the configuration file. A
/// setting that is not here does not exist.
/// </summary>
internal static class Settings
{
    public const string ConfigFlag = "--config";
    public const string ConfigVariable = "USERPROXY_CONFIG";

    /// <summary>Set by the downward API in every kube-proxy DaemonSet; ours to read, not ours to name.</summary>
    public const string NodeNameVariable = "NODE_NAME";

    public static Setting Manifests { get; } = new(
        "--manifests", "USERPROXY_MANIFESTS", "manifests", SettingShape.List, "PATH",
        "File or folder with Services and EndpointSlices; watched. Repeatable.",
        (options, values) => options with { Manifests = [.. values.Select(SettingValues.Path)] },
        options => SettingText.Texts(options.Manifests));

    public static Setting Kubeconfig { get; } = new(
        "--kubeconfig", "USERPROXY_KUBECONFIG", "kubeconfig", SettingShape.Single, "FILE",
        "Follow the cluster that this kubeconfig names. Default without --manifests: those of KUBECONFIG, else the cluster that this Pod runs in.",
        (options, values) => options with { Kubeconfig = SettingValues.Path(values[0]) },
        options => options.Kubeconfig);

    public static Setting HealthzBindAddress { get; } = new(
        "--healthz-bind-address", "USERPROXY_HEALTHZ_BIND_ADDRESS", "healthzBindAddress", SettingShape.Single, "IP:PORT",
        "Where /healthz, /livez and /readyz answer; 'off' for nowhere. 0.0.0.0 and [::] both mean both families. Default: 0.0.0.0:10256.",
        (options, values) => options with { HealthzBindAddress = SettingValues.BindAddress(values[0], RunOptions.DefaultHealthzPort) },
        options => SettingText.Address(options.HealthzBindAddress));

    public static Setting MetricsBindAddress { get; } = new(
        "--metrics-bind-address", "USERPROXY_METRICS_BIND_ADDRESS", "metricsBindAddress", SettingShape.Single, "IP:PORT",
        "Where /metrics, /healthz, /proxyMode and /configz answer; 'off' for nowhere. 0.0.0.0 and [::] both mean both families. Default: 127.0.0.1:10249.",
        (options, values) => options with { MetricsBindAddress = SettingValues.BindAddress(values[0], RunOptions.DefaultMetricsPort) },
        options => SettingText.Address(options.MetricsBindAddress));

    public static Setting ProbeSocket { get; } = new(
        "--probe-socket", "USERPROXY_PROBE_SOCKET", "probeSocket", SettingShape.Single, "PATH",
        "Where probe asks this process, which answers from its start to its end and never hands it over. Default: nowhere.",
        (options, values) => options with { ProbeSocket = SettingValues.Path(values[0]) },
        options => options.ProbeSocket);

    public static Setting BindAddressHardFail { get; } = new(
        "--bind-address-hard-fail", "USERPROXY_BIND_ADDRESS_HARD_FAIL", "bindAddressHardFail", SettingShape.Switch, "true|false",
        "End when the health or metrics address cannot be bound, instead of trying again.",
        (options, values) => options with { BindAddressHardFail = SettingValues.Switch(values[0]) },
        options => options.BindAddressHardFail);

    public static Setting ClusterCidr { get; } = new(
        "--cluster-cidr", "USERPROXY_CLUSTER_CIDR", "clusterCidr", SettingShape.List, "CIDR,...",
        "The Pods of this cluster: used to tell Pods of this node where its Node object has no podCIDRs.",
        (options, values) => options with { ClusterCidrs = SettingValues.Blocks(values) },
        options => SettingText.Texts(options.ClusterCidrs));

    public static Setting MinSyncPeriod { get; } = new(
        "--min-sync-period", "USERPROXY_MIN_SYNC_PERIOD", "minSyncPeriod", SettingShape.Single, "DURATION",
        "Least time between two changes of what is served, with a cluster. Default: 30ms.",
        (options, values) => options with { MinSyncPeriod = SettingValues.Duration(values[0], TimeSpan.Zero) },
        options => GoDuration.Format(options.MinSyncPeriod));

    public static Setting ConfigSyncPeriod { get; } = new(
        "--config-sync-period", "USERPROXY_CONFIG_SYNC_PERIOD", "configSyncPeriod", SettingShape.Single, "DURATION",
        "Accepted as kube-proxy has it, where it goes over what is known; nothing is asked of the cluster by it. Default: none.",
        (options, values) => options with { ConfigSyncPeriod = SettingValues.Duration(values[0], TimeSpan.FromMinutes(1)) },
        options => options.ConfigSyncPeriod is { } period ? GoDuration.Format(period) : null);

    public static Setting NodeName { get; } = new(
        "--node-name", "USERPROXY_NODE_NAME", "nodeName", SettingShape.Single, "NAME",
        "This node's name. Default: $NODE_NAME, else the host name in lower case.",
        (options, values) => options with { NodeName = SettingValues.NodeName(values[0]) },
        options => options.NodeName);

    public static Setting NodePortAddresses { get; } = new(
        "--node-port-addresses", "USERPROXY_NODE_PORT_ADDRESSES", "nodePortAddresses", SettingShape.List, "CIDR,...",
        "Serve NodePorts only on addresses in these ranges; 'primary' for the node's own, 'localhost', 'all'. Default: every address.",
        (options, values) => options with { NodePortAddresses = SettingValues.NodePorts(values) },
        options => options.NodePortAddresses.ToString() is var blocks and not "any" ? SettingText.Texts(blocks.Split(',')) : null);

    public static Setting Scheduler { get; } = new(
        "--scheduler", "USERPROXY_SCHEDULER", "scheduler", SettingShape.Single, "NAME",
        $"Scheduler of Services that name none: {string.Join(", ", SchedulerNames.All)}. Default: rr.",
        (options, values) => options with { Defaults = options.Defaults with { Scheduler = SettingValues.Scheduler(values[0]) } },
        options => options.Defaults.Scheduler.ShortName());

    public static Setting ClientAddress { get; } = new(
        "--client-address", "USERPROXY_CLIENT_ADDRESS", "clientAddress", SettingShape.Single, "KIND",
        "keep or node: whose address endpoints on this node see, of Services that do not say. Default: the client's own where the traffic policy is Local, "
            + "else the node's.",
        (options, values) => options with { Defaults = options.Defaults with { ClientAddress = SettingValues.ClientAddress(values[0]) } },
        options => options.Defaults.ClientAddress is { } use ? ClientAddressText.Of(use) : null);

    public static IReadOnlyList<Setting> All { get; } =
    [
        Manifests,
        Kubeconfig,
        NodeName,
        NodePortAddresses,
        new(
            "--cluster-ips", "USERPROXY_CLUSTER_IPS", "clusterIps", SettingShape.Single, "KIND",
            "auto, on or off: serve ClusterIPs, by routes that make them local to this node. Default: auto (where routes may be added).",
            (options, values) => options with { ClusterIPs = SettingValues.OneOf<ClusterIPsChoice>(values[0]) },
            options => SettingText.Word(options.ClusterIPs)),
        new(
            "--load-balancer-ips", "USERPROXY_LOAD_BALANCER_IPS", "loadBalancerIps", SettingShape.Switch, "true|false",
            "Serve the addresses of load balancers on this node too (ipMode VIP). Default: false.",
            (options, values) => options with { LoadBalancerIPs = SettingValues.Switch(values[0]) },
            options => options.LoadBalancerIPs),
        new(
            "--external-ips", "USERPROXY_EXTERNAL_IPS", "externalIps", SettingShape.List, "CIDR,...",
            "Serve spec.externalIPs that lie in these ranges: whoever may write a Service can claim any of them. Default: none.",
            (options, values) => options with { ExternalIPs = SettingValues.Blocks(values) },
            options => SettingText.Texts(options.ExternalIPs)),
        new(
            "--allow-unguarded", "USERPROXY_ALLOW_UNGUARDED", "allowUnguarded", SettingShape.Switch, "true|false",
            "Serve virtual IPs even where nft is missing: this node's own daemons on 0.0.0.0 are then reachable through them.",
            (options, values) => options with { AllowUnguarded = SettingValues.Switch(values[0]) },
            options => options.AllowUnguarded),
        ClusterCidr,
        HealthzBindAddress,
        MetricsBindAddress,
        BindAddressHardFail,
        new(
            "--status-page", "USERPROXY_STATUS_PAGE", "statusPage", SettingShape.Switch, "true|false",
            "The status page, at / of the metrics address. Default: true.",
            (options, values) => options with { StatusPage = SettingValues.Switch(values[0]) },
            options => options.StatusPage),
        MinSyncPeriod,
        ConfigSyncPeriod,
        Scheduler,
        ClientAddress,
        new(
            "--transport", "USERPROXY_TRANSPORT", "transport", SettingShape.Single, "KIND",
            "auto, uring, epoll or sockets. Default: auto (the first of the three that can be had).",
            (options, values) => options with { Transport = SettingValues.OneOf<TransportChoice>(values[0]) },
            options => SettingText.Word(options.Transport)),
        new(
            "--threads", "USERPROXY_THREADS", "threads", SettingShape.Single, "N",
            "Loops of the uring or epoll transport. Default: the number of processors.",
            (options, values) => options with { Threads = SettingValues.Number(values[0], 1, 1024) },
            options => options.Threads),
        new(
            "--admin-socket", "USERPROXY_ADMIN_SOCKET", "adminSocket", SettingShape.Single, "PATH",
            "Where list, connections, explain and the others ask; one run per path. Default: /run/userproxy/admin.sock, without root under $XDG_RUNTIME_DIR.",
            (options, values) => options with { AdminSocket = SettingValues.Path(values[0]) },
            options => options.AdminSocket),
        ProbeSocket,
        new(
            "--drain-timeout", "USERPROXY_DRAIN_TIMEOUT", "drainTimeout", SettingShape.Single, "DURATION",
            "How long connections may go on after SIGTERM. Default: 30s.",
            (options, values) => options with { DrainTimeout = SettingValues.Duration(values[0], TimeSpan.Zero) },
            options => GoDuration.Format(options.DrainTimeout)),
        new(
            "--drain-delay", "USERPROXY_DRAIN_DELAY", "drainDelay", SettingShape.Single, "DURATION",
            "After SIGTERM, how long ports stay open while health checks already fail, so that load balancers leave first. Default: 0s.",
            (options, values) => options with { DrainDelay = SettingValues.Duration(values[0], TimeSpan.Zero) },
            options => GoDuration.Format(options.DrainDelay)),
        new(
            "--takeover", "USERPROXY_TAKEOVER", "takeover", SettingShape.Single, "KIND",
            "try, wait, force or off: take over from a run with the same admin socket without losing a client. Where that cannot be: end, wait for it to "
                + "end, or end it by SIGTERM. Default: try.",
            (options, values) => options with { Takeover = SettingValues.OneOf<TakeoverChoice>(values[0]) },
            options => SettingText.Word(options.Takeover)),
        new(
            "--log-format", "USERPROXY_LOG_FORMAT", "logFormat", SettingShape.Single, "FORMAT",
            "text or json, to standard error. Default: text.",
            (options, values) => options with { LogFormat = SettingValues.OneOf<LogFormat>(values[0]) },
            options => SettingText.Word(options.LogFormat)),
        new(
            "--log-level", "USERPROXY_LOG_LEVEL", "logLevel", SettingShape.Single, "LEVEL",
            "trace, debug, information, warning, error, critical or none. Default: information.",
            (options, values) => options with { LogLevel = SettingValues.Level(values[0]) },
            options => SettingText.Word(options.LogLevel)),
        new(
            "--access-log", "USERPROXY_ACCESS_LOG", "accessLog", SettingShape.Switch, "true|false|N",
            "Log every connection when it ends; with a number, one in N of those that end by FIN, and every other. Default: false.",
            (options, values) => options with { AccessLog = SettingValues.Sampling(values[0]) },
            options => options.AccessLog <= 1 ? options.AccessLog == 1 : options.AccessLog),
        new(
            "--allow-loopback-endpoints", "USERPROXY_ALLOW_LOOPBACK_ENDPOINTS", "allowLoopbackEndpoints", SettingShape.Switch, "true|false",
            "Dial endpoints on loopback addresses, and on the node's own that are not declared as on this node. Default: true with --manifests, false with "
                + "a cluster.",
            (options, values) => options with { AllowLoopbackEndpoints = SettingValues.Switch(values[0]) },
            options => options.DialsLoopback),
        new(
            "--serve-label", "USERPROXY_SERVE_LABEL", "serveLabel", SettingShape.Single, "VALUE",
            "Serve only Services labelled service.kubernetes.io/service-proxy-name: VALUE. Default: only those without the label.",
            (options, values) => options with { ServeLabel = SettingValues.LabelValue(values[0]) },
            options => options.ServeLabel),
        new(
            "--state-dir", "USERPROXY_STATE_DIR", "stateDir", SettingShape.Single, "DIR",
            "Keep a snapshot of what is served in this folder, and serve it at the next start until the source has been listed. Default: none.",
            (options, values) => options with { StateDir = SettingValues.Path(values[0]) },
            options => options.StateDir),
        new(
            "--snapshot-max-age", "USERPROXY_SNAPSHOT_MAX_AGE", "snapshotMaxAge", SettingShape.Single, "DURATION",
            "A snapshot that is older is not served. Default: 1h.",
            (options, values) => options with { SnapshotMaxAge = SettingValues.Duration(values[0], TimeSpan.FromSeconds(1)) },
            options => GoDuration.Format(options.SnapshotMaxAge)),
    ];
}
