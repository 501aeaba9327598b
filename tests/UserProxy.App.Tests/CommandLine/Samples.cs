using System.Net;
using UserProxy.App.CommandLine;
using UserProxy.App.Configuration;
using UserProxy.App.Demo;
using UserProxy.App.Inspect;
using UserProxy.App.Inspect.All;
using UserProxy.App.List;
using UserProxy.App.Migrate;
using UserProxy.App.Servers.Admin.Messages;
using UserProxy.App.Tests.Inspect;
using UserProxy.App.Tests.Inspect.All;
using UserProxy.App.Verify;
using UserProxy.Kubernetes.Building;
using UserProxy.Linux.PortInspection;

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

    public static IpvsTimeouts Timeouts { get; } = new(TimeSpan.FromHours(2), TimeSpan.FromHours(1), TimeSpan.FromSeconds(60));

    /// <summary>The same Services, in use.</summary>
    public static IReadOnlyList<ServiceItem> ServicesWithRates { get; } =
    [
        .. Services.Services.Select((service, number) => service with
        {
            Endpoints = [.. service.Endpoints.Select((endpoint, at) => endpoint with { Rates = new(number * 12.345, at, (at + 1) * 1234.5, number * 1e8) })],
        }),
    ];

    /// <summary>Of <c>top</c> and the status page.</summary>
    public static GlanceAnswer Glance => new()
    {
        ApiVersion = ApiVersion.V1,
        At = Now,
        Status = StatusRefused,
        IssuesTotal = 2,
        Rates = new(120.4, 0.2, 1_234_567, 30_000_000),
        ConnectionsTotal = 123_456,
        FailedConnects = 7,
        BytesIn = 1_000,
        BytesOut = 2_000,
        Matching = 3,
        Offset = 0,
        Services =
        [
            Line("default", "kubernetes", "https", "Answering", 3, new(0.25, 0, 999, 1_499), 0.0032, (1, 0, 1)),
            Line("shop", "web", "http", "Degraded", 12, new(120.15, 0.2, 1_233_568, 29_998_501), 0.2471, (1, 1, 4)) with { AcceptQueue = 2, Backlog = 4096 },
            Line("a-team-with-a-long-name", "a-service-with-a-very-long-name-that-somebody-chose", "", "Failed", 0, new(0, 0, 0, 0), null, (0, 0, 2)) with
            {
                Protocol = "UDP", IpFamily = "IPv6",
            },
        ],
        Chosen = ServicesWithRates.First(service => service.Name == "web"),
        EndpointsLeftOut = 0,
    };

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

    /// <summary>A Service with addresses that this run does not serve.</summary>
    public static ServiceItem NotServed { get; } = Empty with
    {
        NotServed =
        [
            new("ClusterIP", "10.96.0.7", 80, "ClusterIPs are not served by this run (--cluster-ips, and the right to add routes)"),
            new("LoadBalancer", "fd00:192:2::10", 80, "its ipMode is \"Proxy\": the load balancer wants to see that traffic"),
        ],
    };

    /// <summary>From a proxy whose API server is gone, and that is ending.</summary>
    public static Explanation Stale { get; } = Explanation with
    {
        Ports = [Explanation.Ports[0] with { Service = Web with { NotServed = NotServed.NotServed } }],
        SourceTrouble = new SourceTroubleItem("unreachable", "services: 10.0.0.1:6443 does not answer", Now.AddMinutes(-2), 131.2),
        Draining = true,
    };

    /// <summary>What the running userproxy says of the port of <see cref="Handled"/> when nobody answers behind it.</summary>
    public static ServedPort Failing { get; } =
        new(Pid: null, [("shop/web", new ListenerItem("NodePort", "0.0.0.0", Facts.Port, "Listening", null, 0, 128, "Failing"))]);

    /// <summary>Of <c>inspect</c>: a port that a process holds and nobody accepts on, and one that is served.</summary>
    public static PortFacts Placeholder { get; } =
        (Facts.Of([Facts.Listener(2)], [Facts.Listener(3), Facts.Connection(1, state: SocketState.CloseWait, unread: 252)]) with
        {
            Unseen = ["netfilter rules: listing them needs root"],
        }).WithRule().Probed(Facts.Connected(Facts.Connection(0)) with { ConnectTime = TimeSpan.FromMilliseconds(0.2), EndedByReset = true });

    public static PortFacts Handled { get; } = Facts.Of(Facts.Listener(), Facts.Connection(1, inode: 2), Facts.Connection(2, inode: 2))
        .Probed(Facts.Connected(Facts.Connection(0, inode: 2)) with
        {
            ConnectTime = TimeSpan.FromMilliseconds(0.1),
            AcceptedAfter = TimeSpan.FromMilliseconds(0.3),
        });

    /// <summary>Of <c>inspect --all</c>: one look, another one three days later, and one at a node where nothing is wrong.</summary>
    public static NodeReport Node { get; } = Looks.Report(Looks.Full, Now.AddDays(-3));

    public static NodeReport NodeLater { get; } = NodeChanges.Compare(
        Looks.Report(Looks.Full with
        {
            Listening =
            [
                .. Looks.Full.Listening.Skip(2), Looks.Tcp(30080, 129, 128, waiting: 129, abandoned: 129, peers: [("10.0.1.7", 80, 80), ("10.0.1.8", 49, 49)]),
                Looks.Tcp(30090, inode: 5),
            ],
            CountersAfter = [new("ListenOverflows", 1031), new("ListenDrops", 31)],
        }),
        Node);

    public static NodeReport NodeWell { get; } = Looks.Report(Looks.Tcp(30080, inode: 5, established: 3), Looks.Tcp(22));

    /// <summary>Of <c>status</c>: all is well; and an API server that refuses, with one address that is taken.</summary>
    public static ProcessStatus Status { get; } = new()
    {
        ApiVersion = ApiVersion.V1,
        Version = "0.1.0",
        Commit = "abc1234",
        Node = "node-1",
        Zone = null,
        Source = "/etc/userproxy/services",
        Transport = "uring",
        UptimeSeconds = 86_412,
        Revision = 7,
        LastAppliedAt = Now.AddMinutes(-3),
        PendingSince = null,
        Ready = true,
        ServicePorts = 12,
        Listeners = new Dictionary<string, int> { ["Listening"] = 20, ["Refusing"] = 1, ["Dropping"] = 0, ["Failed"] = 0 },
        ActiveConnections = 34,
        DescriptorsHeld = 120,
        DescriptorsLimit = 65_536,
        AcceptPauses = 0,
        Issues = [new("Service shop/web", "AnnotationNote", "scheduler: dh is sh")],
        Pid = 4711,
    };

    public static ProcessStatus StatusRefused { get; } = Status with
    {
        Source = "https://10.0.0.1:6443/",
        Listeners = new Dictionary<string, int> { ["Listening"] = 20, ["Failed"] = 1 },
        PendingSince = Now.AddSeconds(-12),
        AcceptPauses = 3,
        SourceAgeSeconds = 7325,
        Followed =
        [
            new FollowedItem
            {
                Resource = "services", HeardSecondsAgo = 7325, Trouble = "10.0.0.1:6443 answers 401 Unauthorized to the token of /var/run/token",
                TroubleSince = Now.AddHours(-3), Failure = "unauthorized", FailureSince = Now.AddHours(-2),
            },
            new FollowedItem { Resource = "nodes", HeardSecondsAgo = 2 },
        ],
        FailedListeners = [new("shop", "db", "", "NodePort", "0.0.0.0", 30081, "the port is taken by nginx (pid 4712)")],
        Issues =
        [
            new("API server https://10.0.0.1:6443/", "NotFollowed", "services: 401; since then, and the last known state is served"),
            new("Service shop/db", "FailedToListen", "0.0.0.0:30081: the port is taken by nginx (pid 4712)"),
        ],
    };

    /// <summary>Of <c>migrate plan</c>: one with something of everything, and one that could read nothing.</summary>
    public static MigrationPlan Plan { get; } = new()
    {
        Node = "node-1",
        Configuration = "ConfigMap kube-system/kube-proxy",
        Source = "https://10.0.0.1:6443/",
        Services = 42,
        TcpListeners = 55,
        UdpListeners = 4,
        Fields =
        [
            new("mode", 1, "ipvs", null, "there is one mode"),
            new("ipvs.scheduler", 2, "lc", new GivenValue("", ["lc"], (options, _) => options), "the scheduler of Services without an annotation"),
            new(
                "nodePortAddresses", 3, "10.0.0.0/8, 192.168.0.0/16, fd00::/8", null, "not a list that is known here",
                "write node-port-addresses into the configuration", "nodePortAddresses"),
        ],
        Findings =
        [
            new(
                PlanArea.Services, true, "ProtocolNotServed", "Service shop/voice", "port 5060 is SCTP, which is not served here",
                "Leave this Service to kube-proxy, by its label service.kubernetes.io/service-proxy-name."),
            new(PlanArea.Services, false, "ClientAddressLost", "Service shop/web", "externalTrafficPolicy Local shows clients' addresses to its Pods today"),
            new(PlanArea.Services, false, "ClientAddressLost", "Service shop/api", "externalTrafficPolicy Local shows clients' addresses to its Pods today"),
            new(PlanArea.Ports, true, "PortTaken", "30080/TCP", "nginx (pid 4711) listens on 0.0.0.0:30080", "Stop it, or give it another port."),
        ],
        Unseen = ["netfilter rules: listing them needs root"],
    };

    public static MigrationPlan EmptyPlan { get; } = new()
    {
        Node = "node-1",
        Unseen = ["kube-proxy's configuration: no kube-proxy runs here"],
        Needs = ["Services: --kubeconfig FILE, --manifests PATH, or to run in a Pod"],
    };

    /// <summary>Of <c>verify</c>: one with a fault and something of everything, one that is well as far as was looked, and one that nobody serves.</summary>
    public static Verification Verified { get; } = new(
        new VerifyFacts
        {
            Request = new VerifyRequest(new ServiceRef("shop", "web", "http"), IPAddress.Parse("192.0.2.7"), Dials: true, Connects: true),
            Node = "node-1",
            Source = "https://10.0.0.1:6443/",
            Declared = DeclaredService.Unseen("the API server was not asked: give --kubeconfig FILE"),
            Explained = Explanation,
            Elapsed = TimeSpan.FromMilliseconds(1234),
        },
        [
            new(1, "service", "Service exists", Finding.Ok(
                "served here: TCP http:80 (IPv4)", "Service shop/web: scheduler: \"best\" is unknown; rr is used (InvalidAnnotation)")),
            new(2, "selector", "selector and labels", Finding.CannotBeSeen(
                "the Pods with app=web: 403: pods is forbidden: User \"ann\" cannot list resource \"pods\"",
                "give --kubeconfig FILE with the right to list them (or rbac.verify of the chart), or: kubectl -n shop get pods -l app=web")),
            new(3, "slices", "EndpointSlices", Finding.Ok("2 EndpointSlices with 3 endpoints")),
            new(5, "ready", "endpoints ready", Finding.Failed(
                "none of 3 endpoints may be used", "kubectl -n shop describe pod web-7d4b9c6f5-x2x7k",
                "10.244.1.5:8080: not ready: its readiness probe does not pass, or not yet; Pod web-7d4b9c6f5-x2x7k: container web waits: CrashLoopBackOff, "
                    + "7 restarts",
                "10.244.2.5:8080: terminating, and it no longer serves")),
            new(11, "dial", "endpoints answer", Finding.NotAsked("no endpoint may be dialled")),
            new(12, "connection", "its addresses serve", Finding.Failed(
                "a connection of this node to 10.96.0.10:80 (ClusterIP) was refused", "sudo userproxy inspect 80 --address 10.96.0.10",
                [.. Enumerable.Range(1, 10).Select(number => $"to 10.96.0.{number}:80 (ExternalIP) was refused")])),
        ]);

    public static Verification VerifiedWell { get; } = Verified with
    {
        Steps = [.. Verified.Steps.Where(step => step.Finding.Verdict != StepVerdict.Failed)],
    };

    public static Verification VerifiedLeftOut { get; } = new(
        Verified.Facts with
        {
            Explained = null,
            Request = new VerifyRequest(new ServiceRef("shop", "db", null), null, Dials: false, Connects: false),
            Declared = Verified.Facts.Declared with
            {
                Service = new([new() { Metadata = new() { Name = "db" }, Spec = new() { ClusterIP = "None" } }], null),
            },
        },
        [
            new(1, "service", "Service exists", Finding.Ok(
                "it is headless (clusterIP: None): its DNS name gives the Pods' own addresses, and no proxy serves it")),
            new(2, "selector", "selector and labels", Finding.NotAsked("the proxy serves nothing of it", "userproxy list")),
        ]);

    /// <summary>Frames of <c>demo</c>.</summary>
    public static (IReadOnlyList<DemoRow> Rows, string Caption) DemoBegins { get; } = (
        [DemoRow(1, true, "unknown", 0), DemoRow(2, true, "unknown", 0), DemoRow(3, true, "unknown", 0)],
        "accepted 0, retried 0, refused 0; UDP: 0 datagrams, 0 sessions\nk N kills backend N, r N revives it, q ends\n> k 2");

    public static (IReadOnlyList<DemoRow> Rows, string Caption) DemoKilled { get; } = (
        [
            DemoRow(1, true, "answering", 1_234), DemoRow(2, false, "aside", 617, failed: 3) with { AsideFor = TimeSpan.FromSeconds(3.2) },
            DemoRow(3, true, "answering", 1_233),
        ],
        "accepted 3084, retried 3, refused 0; UDP: 12 datagrams, 2 sessions\ndone: k 2\n> ");

    public static (IReadOnlyList<DemoRow> Rows, string Caption) DemoRevived { get; } = (
        [DemoRow(1, true, "answering", 2_000), DemoRow(2, true, "failing", 617, failed: 3), DemoRow(3, true, "answering", 1_999)],
        "accepted 4616, retried 3, refused 0; UDP: 12 datagrams, 0 sessions\ndone: r 2\n> ");

    private static GlanceItem Line(
        string space, string name, string port, string state, int active, RateItem rates, double? p99, (int Answering, int Aside, int All) endpoints) => new()
        {
            Id = $"{space}/{name}:{port}/TCP/IPv4",
            Namespace = space,
            Name = name,
            Port = port,
            PortNumber = 80,
            Protocol = "TCP",
            IpFamily = "IPv4",
            State = state,
            Reason = null,
            ActiveConnections = active,
            AcceptedConnections = active * 1000L,
            FailedConnects = active,
            BytesIn = 1,
            BytesOut = 2,
            Rates = rates,
            ConnectP99Seconds = p99,
            EndpointsAnswering = endpoints.Answering,
            EndpointsAside = endpoints.Aside,
            Endpoints = endpoints.All,
            AcceptQueue = null,
            Backlog = null,
            Addresses = ["ClusterIP 10.96.0.1:80"],
            AddressCount = 1,
        };

    private static DemoRow DemoRow(int number, bool isUp, string state, long total, long failed = 0) =>
        new($"backend-{number}", $"127.0.0.1:4321{number}", isUp, state, number - 1, total, failed, total * 158);

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
                LastDialAt = Now.AddHours(-5),
            },
            Endpoint("10.244.2.5", 8080) with
            {
                UsedExternally = false, Ejected = true, State = "aside", LastError = "timeout", LastDialAt = Now.AddSeconds(-1),
                FailingSince = Now.AddSeconds(-12),
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
            Endpoint("10.244.10.6", 8080) with
            {
                State = "failing", LastError = "refused", LastDialAt = Now.AddSeconds(-3), FailingSince = Now.AddSeconds(-75), FailedConnects = 1234,
            },
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
