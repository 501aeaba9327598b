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
        (options, values) => options with { Manifests = [.. values.Select(SettingValues.Path)] });

    public static Setting NodeName { get; } = new(
        "--node-name", "USERPROXY_NODE_NAME", "nodeName", SettingShape.Single, "NAME",
        "This node's name. Default: $NODE_NAME, else the host name in lower case.",
        (options, values) => options with { NodeName = SettingValues.NodeName(values[0]) });

    public static Setting NodePortAddresses { get; } = new(
        "--node-port-addresses", "USERPROXY_NODE_PORT_ADDRESSES", "nodePortAddresses", SettingShape.List, "CIDR,...",
        "Serve NodePorts only on addresses in these ranges, or on the node's 'primary' ones. Default: every address.",
        (options, values) => options with { NodePortAddresses = SettingValues.NodePorts(values) });

    public static Setting Scheduler { get; } = new(
        "--scheduler", "USERPROXY_SCHEDULER", "scheduler", SettingShape.Single, "NAME",
        $"Scheduler of Services that name none: {string.Join(", ", SchedulerNames.All)}. Default: rr.",
        (options, values) => options with { Defaults = options.Defaults with { Scheduler = SettingValues.Scheduler(values[0]) } });

    public static IReadOnlyList<Setting> All { get; } =
    [
        Manifests,
        NodeName,
        NodePortAddresses,
        Scheduler,
        new(
            "--transport", "USERPROXY_TRANSPORT", "transport", SettingShape.Single, "KIND",
            "auto, epoll or sockets. Default: auto (epoll where it can be had).",
            (options, values) => options with { Transport = SettingValues.OneOf<TransportChoice>(values[0]) }),
        new(
            "--threads", "USERPROXY_THREADS", "threads", SettingShape.Single, "N",
            "Epoll loops. Default: the number of processors.",
            (options, values) => options with { Threads = SettingValues.Number(values[0], 1, 1024) }),
        new(
            "--admin-socket", "USERPROXY_ADMIN_SOCKET", "adminSocket", SettingShape.Single, "PATH",
            "Path that names this instance; one run per path. Default: /run/userproxy/admin.sock, without root under $XDG_RUNTIME_DIR.",
            (options, values) => options with { AdminSocket = SettingValues.Path(values[0]) }),
        new(
            "--drain-timeout", "USERPROXY_DRAIN_TIMEOUT", "drainTimeout", SettingShape.Single, "DURATION",
            "How long connections may go on after SIGTERM. Default: 30s.",
            (options, values) => options with { DrainTimeout = SettingValues.Duration(values[0], TimeSpan.Zero) }),
        new(
            "--log-format", "USERPROXY_LOG_FORMAT", "logFormat", SettingShape.Single, "FORMAT",
            "text or json, to standard error. Default: text.",
            (options, values) => options with { LogFormat = SettingValues.OneOf<LogFormat>(values[0]) }),
        new(
            "--log-level", "USERPROXY_LOG_LEVEL", "logLevel", SettingShape.Single, "LEVEL",
            "trace, debug, information, warning, error, critical or none. Default: information.",
            (options, values) => options with { LogLevel = SettingValues.Level(values[0]) }),
        new(
            "--access-log", "USERPROXY_ACCESS_LOG", "accessLog", SettingShape.Switch, "true|false",
            "Log every connection when it ends.",
            (options, values) => options with { AccessLog = SettingValues.Switch(values[0]) }),
        new(
            "--allow-loopback-endpoints", "USERPROXY_ALLOW_LOOPBACK_ENDPOINTS", "allowLoopbackEndpoints", SettingShape.Switch, "true|false",
            "Dial endpoints on loopback addresses. Default: true with --manifests.",
            (options, values) => options with { AllowLoopbackEndpoints = SettingValues.Switch(values[0]) }),
        new(
            "--serve-label", "USERPROXY_SERVE_LABEL", "serveLabel", SettingShape.Single, "VALUE",
            "Serve only Services labelled service.kubernetes.io/service-proxy-name: VALUE. Default: only those without the label.",
            (options, values) => options with { ServeLabel = SettingValues.LabelValue(values[0]) }),
    ];
}
