
using UserProxy.App.Servers.Admin.Messages;

namespace UserProxy.App.Tests.CommandLine;

/// <summary>Messages as a node would send them, with one of everything that printers have to tell apart.</summary>
internal static class Samples
{
    /// <summary>When the samples are looked at. First, as the others are made of it.</summary>
    public static DateTimeOffset Now { get; } = new(2026, 11, 29, 12, 0, 0, TimeSpan.Zero);

    public static ServiceList Services { get; } = new(ApiVersion.V1, "node-1", 7, "https://10.0.0.1:6443/", [Api, Web, Web6, Dead, Fresh, Empty]);

    public static ConnectionList Connections { get; } = new(ApiVersion.V1, "node-1",
    [
        Connection("192.0.2.7:50123", "10.0.0.5:30080", "10.244.1.5:8080", "Established", 12.345, 0),
        Connection("[fd00::9]:50124", "[fd00::1]:443", "[fd00:244::5]:8443", "HalfClosed", 7261.2, 59.4) with { Name = "web6", Port = "", EndpointLeft = true },
        Connection("192.0.2.8:1", "10.0.0.5:30080", null, "Dialling", 0.31, 0.31) with { BytesIn = 0, BytesOut = 0 },
    ]);

    public static Explanation Explanation { get; } = new(ApiVersion.V1, "node-1", 7, "192.0.2.7",
    [
        new ExplainedPort
        {
            Service = Web,
            Pin = "10.244.1.5:8080",
            Addresses =
            [
                new("ClusterIP", "10.96.0.10:80", "Listening", "Cluster", "10.244.1.5:8080", "goes to 10.244.1.5:8080, where the client is pinned"),
                new(
                    "NodePort", "0.0.0.0:30080", "Dropping", "Local", null,
                    "gets no answer: no endpoint on this node (externalTrafficPolicy Local); clients of this node are served"),
            ],
            Endpoints =
            [
                new("10.244.1.5:8080", true, "ready; answering", "answering"),
                new("10.244.2.5:8080", true, "ready; failing for 12s, the last 2 dials: the connection was refused", "failing"),
                new("10.244.10.5:8080", false, "not ready: its readiness probe does not pass, or not yet", "unready"),
            ],
            NextSteps =
            [
                "one thing",
                "another thing: userproxy connections --service shop/web --client 192.0.2.7 shows them; raise it if many clients come",
            ],
        },
        new ExplainedPort { Service = Empty, Pin = null, Addresses = [], Endpoints = [], NextSteps = ["it has no address"] },
    ],
    [new IssueItem("Service shop/web", "InvalidAnnotation", "scheduler: \"best\" is unknown; rr is used")]);

    private static ServiceItem Api => new()
    {
        Namespace = "default",
        Name = "kubernetes",
        Port = "https",
        PortNumber = 443,
        Protocol = "TCP",
        IpFamily = "IPv4",
        Scheduler = "rr",
        SessionAffinity = "ClientIP",
        SessionAffinityTimeoutSeconds = 10800,
        InternalTrafficPolicy = "Cluster",
        ExternalTrafficPolicy = "Cluster",
        ActiveConnections = 3,
        AcceptedConnections = 123456789,
        Listeners = [Listening("ClusterIP", "10.96.0.1", 443)],
        EndpointsAnswering = 1,
        Endpoints = [Endpoint("10.0.0.1", 6443) with { TotalConnections = 123_456_789, BytesIn = 99_999_999, BytesOut = 100_000_000, ActiveConnections = 3 }],
    };

    /// <summary>Behind two kinds of addresses with two policies, one endpoint that drains and one that nobody uses.</summary>
    private static ServiceItem Web => Api with
    {
        Namespace = "shop",
        Name = "web",
        Port = "http",
        PortNumber = 80,
        Scheduler = "wlc",
        SessionAffinity = "None",
        SessionAffinityTimeoutSeconds = null,
        ExternalTrafficPolicy = "Local",
        ActiveConnections = 12,
        AcceptedConnections = 1042,
        Listeners =
        [
            Listening("ClusterIP", "10.96.0.10", 80) with { AcceptQueue = 2, Backlog = 4096 },
            Listening("NodePort", "0.0.0.0", 30080) with
            {
                State = "Dropping",
                Reason = "no endpoint on this node (externalTrafficPolicy Local); clients of this node are served",
            },
            Listening("LoadBalancer", "203.0.113.9", 80) with { State = "Failed", Reason = "the port is taken" },
        ],
        Endpoints =
        [
            Endpoint("10.244.10.5", 8080) with
            {
                UsedExternally = false,
                Weight = 100,
                BytesIn = 1_500_000_000,
                BytesOut = 250_000_000_000,
                TotalConnections = 900,
                ActiveConnections = 7,
            },
            Endpoint("10.244.2.5", 8080) with
            {
                UsedExternally = false, Ejected = true, State = "aside", LastError = "timeout", FailingSince = Now.AddSeconds(-12),
                AsideUntil = Now.AddSeconds(4), FailedConnects = 3, BytesOut = 999_999_999_999_999,
            },
            Endpoint("10.244.3.5", 8080) with
            {
                Used = false,
                UsedInternally = false,
                UsedExternally = false,
                Terminating = true,
                Ready = false,
                State = "draining",
                ActiveConnections = 5,
                TotalConnections = 100,
            },
            Endpoint("10.244.4.5", 8080) with
            {
                Used = false, UsedInternally = false, UsedExternally = false, Ready = false, State = "unready",
            },
        ],
    };

    private static ServiceItem Web6 => Api with
    {
        Namespace = "shop",
        Name = "web6",
        Port = "",
        EndpointsAnswering = 2,
        IpFamily = "IPv6",
        Scheduler = "mh",
        SessionAffinity = "None",
        SessionAffinityTimeoutSeconds = null,
        Listeners = [Listening("ClusterIP", "fd00::1", 443)],
        Endpoints = [Endpoint("fd00:244:ffff:ffff:ffff:ffff:ffff:5", 8443), Endpoint("fd00:244::5", 8443)],
    };

    /// <summary>It listens, and nobody is there; with names that are too long for a narrow terminal.</summary>
    private static ServiceItem Dead => Web with
    {
        Namespace = "the-department-of-lost-connections",
        Name = "a-service-whose-name-somebody-made-as-long-as-names-may-be",
        EndpointsAnswering = 0,
        Listeners = [Listening("NodePort", "0.0.0.0", 30081) with { Health = "Failing" }],
        Endpoints =
        [
            Endpoint("10.244.10.6", 8080) with { State = "failing", LastError = "refused", FailingSince = Now.AddSeconds(-75), FailedConnects = 1234 },
            Endpoint("10.244.10.7", 8080) with
            {
                State = "aside", Ejected = true, LastError = "unreachable", FailingSince = Now.AddHours(-2), AsideUntil = Now.AddSeconds(17),
            },
        ],
    };

    /// <summary>Nobody has connected yet.</summary>
    private static ServiceItem Fresh => Web with
    {
        Name = "fresh",
        EndpointsAnswering = 0,
        Listeners = [Listening("NodePort", "0.0.0.0", 30082) with { Health = "Unknown" }],
        Endpoints = [Endpoint("10.244.10.8", 8080) with { State = "unknown" }],
    };

    private static ServiceItem Empty => Api with
    {
        Namespace = "yes",
        Name = "empty",
        Port = "80",
        PortNumber = 53,
        Protocol = "UDP",
        SessionAffinity = "None",
        SessionAffinityTimeoutSeconds = null,
        EndpointsAnswering = 0,
        ActiveConnections = 0,
        AcceptedConnections = 0,
        Listeners = [],
        Endpoints = [],
    };

    private static ListenerItem Listening(string kind, string address, int port) => new(kind, address, port, "Listening", null, null, null, "Answering");

    private static EndpointItem Endpoint(string address, int port) => new()
    {
        Address = address,
        Port = port,
        Ready = true,
        Serving = true,
        Terminating = false,
        Local = false,
        Used = true,
        UsedInternally = true,
        UsedExternally = true,
        Ejected = false,
        State = "answering",
        Weight = 1,
        NodeName = "node-2",
        Zone = null,
        ActiveConnections = 0,
        TotalConnections = 0,
        FailedConnects = 0,
        BytesIn = 0,
        BytesOut = 0,
    };

    private static ConnectionItem Connection(string client, string listener, string? endpoint, string state, double age, double idle) => new()
    {
        Protocol = "TCP",
        Namespace = "shop",
        Name = "web",
        Port = "http",
        Kind = "NodePort",
        Client = client,
        Listener = listener,
        Endpoint = endpoint,
        State = state,
        EndpointLeft = false,
        AgeSeconds = age,
        IdleSeconds = idle,
        BytesIn = 1234,
        BytesOut = 56_789_012,
    };
}
