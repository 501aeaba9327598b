using UserProxy.Scenarios.Results;

namespace UserProxy.Scenarios.Tests.Report;

/// <summary>Reports to write: one as a full run gives it, and odd ones. The figures are made up, in the size of real ones.</summary>
internal static class Samples
{
    private static readonly string[] Names = ["direct", "iptables", "nftables", "haproxy", "nginx", "socat", "userproxy-sockets", "userproxy-epoll"];

    /// <summary>As a full run on two cores: every kind of metric, a path that could not run, and one that failed once.</summary>
    public static BenchReport Full { get; } = new(
        new DateTimeOffset(2026, 11, 21, 14, 5, 9, TimeSpan.Zero),
        TimeSpan.FromMinutes(47),
        "dotnet run -c Release --project bench/UserProxy.Scenarios -- --repeat 5 --out results",
        Repeats: 5,
        new Machine("AMD EPYC 9B14", 2, 8_321_499_136, "6.18.5", "Debian GNU/Linux 12 (bookworm)", ".NET 10.0.0", 0.42, 191, "cubic", "performance", 3.2, 0.14),
        new Dictionary<string, string>
        {
            ["wrk"] = "debian/4.1.0-3+b2 [epoll]",
            ["haproxy"] = "2.6.12-1+deb12u2",
            ["nginx"] = "1.22.1",
            ["iptables"] = "1.8.9 (nf_tables)",
            ["iperf3"] = "3.12",
            ["userproxy"] = "0.1.0",
        },
        [
            new("direct", "direct", PathKind.Direct, "The client talks to one Pod."),
            new(
                "iptables", "iptables", PathKind.Kernel,
                "The nat rules of kube-proxy for 100 Services: KUBE-SERVICES, KUBE-SVC-*, KUBE-SEP-* with probabilities, KUBE-MARK-MASQ."),
            new("nftables", "nftables", PathKind.Kernel, "Verdict maps as in kube-proxy's nftables mode, for 100 Services."),
            new("haproxy", "HAProxy", PathKind.Peer, "mode tcp, nbthread 2, splice-auto, balance roundrobin.", "2.6.12"),
            new("nginx", "nginx stream", PathKind.Peer, "worker_processes 2, reuseport."),
            new("socat", "socat", PathKind.Peer, "One process a connection."),
            new("userproxy-sockets", "UserProxy, sockets", PathKind.Own, "--transport sockets, two threads."),
            new("userproxy-epoll", "UserProxy, epoll", PathKind.Own, "--transport epoll, two threads: the default on Linux."),
        ],
        [
            new(
                "requests-100b-64",
                "Requests of 100 B, 64 connections, keep-alive",
                "Requests",
                "wrk for 5 s after one checked answer; nginx answers 100 B out of memory in three Pods.",
                "wrk -t2 -c64 -d5s --latency http://10.97.0.10:80/100",
                [
                    Metric("requests/s", "1/s", Better.Higher, [82_533, 67_200, 70_900, 61_005, 57_713, null, 45_201, 62_991]),
                    Metric("p50", "ms", Better.Lower, [0.72, 0.86, 0.83, 0.90, 0.96, null, 1.26, 0.89]),
                    Metric("p99", "ms", Better.Lower, [2.32, 2.81, 2.77, 3.21, 3.21, null, 3.88, 2.95]),
                    Metric("errors", "", Better.Lower, [0, 0, 0, 0, 0, null, 0, 0]),
                ]),
            new(
                "bulk-8",
                "Bulk throughput, 8 streams to the client",
                "Bulk",
                "iperf3 -R for 5 s.",
                "iperf3 -c 10.97.0.10 -P8 -R -t5",
                [Metric("throughput", "Gbit/s", Better.Higher, [31.2, 28.4, 28.9, 17.2, 14.1, 3.2, 15.8, 24.6])]),
            new(
                "memory-idle",
                "Memory of 1,000 idle connections",
                "Memory",
                "Resident size after 1,000 connections that have each had one answer, less the size before. A kernel path holds no connection in a process.",
                "",
                [Metric(
                    "memory", "B", Better.Lower, [null, 420_000, 420_000, 1_796_000, 9_787_000, 2_100_000_000, 6_010_000, 2_041_000],
                    "no process holds the connection")]),
            new(
                "growth-connect",
                "Connection set-up with a growing number of Services",
                "Growth",
                "Connects in a row to the last of N Services; kube-proxy's iptables mode looks through KUBE-SERVICES rule by rule.",
                "",
                [
                    Growth(
                        "connect", "ms", [0.061, 0.060, 0.062, 0.061], [0.070, 0.084, 0.212, 1.630], [0.071, 0.072, 0.071, 0.073],
                        [0.121, 0.122, 0.121, 0.125]),
                    Growth("programming", "s", [0, 0, 0, 0], [0.041, 0.052, 0.211, 3.870], [0.012, 0.014, 0.035, 0.290], [0.004, 0.005, 0.006, 0.011]),
                ]),
            new(
                "failover",
                "One of three Pods does not answer any more",
                "Failover",
                "wrk with a new connection each request while the packets of one Pod are dropped; a request over 1 s counts as slow.",
                "wrk -t2 -c16 -d10s --timeout 2s -H 'Connection: close' http://10.97.0.10:80/100",
                [
                    Metric("failed", "%", Better.Lower, [0, 33.1, 33.4, 0.02, 0.4, 33.3, 0, 0]),
                    Metric("slow", "%", Better.Lower, [0, 0.1, 0.1, 8.2, 7.4, 0.2, 1.4, 0.9]),
                ]),
        ],
        ["dnsperf is not installed: no UDP scenarios.", "The load average was low enough."])
    {
        LeftOut = [new("ipvs mode", PathKind.Kernel, "this kernel has no IPVS (CONFIG_IP_VS)"), new("Envoy", PathKind.Peer, "envoy not installed")],
    };

    /// <summary>One path alone, one repeat.</summary>
    public static BenchReport OnePath { get; } = Change(
        Full, (path, sample) => path == "userproxy-epoll" ? sample with { Turns = [.. sample.Turns.Take(1)] } : null) with
    {
        Repeats = 1,
        Paths = [.. Full.Paths.Where(path => path.Name == "userproxy-epoll")],
        Notes = [],
    };

    /// <summary>Nine paths with long names out of markup, values from 10^-9 to 10^15, all zeros, no values at all, one wild repeat.</summary>
    public static BenchReport Odd { get; } = MakeOdd();

    /// <summary>Nothing ran.</summary>
    public static BenchReport Empty { get; } = Full with
    {
        Paths = [],
        Scenarios = [new("none", "Nothing", "Requests", "Not at all.", "", [])],
        Notes = [],
        Tools = new Dictionary<string, string>(),
    };

    public static Dictionary<string, BenchReport> All { get; } = new() { ["full"] = Full, ["one-path"] = OnePath, ["odd"] = Odd, ["empty"] = Empty };

    /// <summary>The report with other samples; null leaves one out.</summary>
    public static BenchReport Change(BenchReport report, Func<string, Sample, Sample?> change)
    {
        return report with { Scenarios = [.. report.Scenarios.Select(scenario => scenario with { Metrics = [.. scenario.Metrics.Select(Metric)] })] };

        MetricResult Metric(MetricResult metric) => metric with { Points = [.. metric.Points.Select(Point)] };

        MetricPoint Point(MetricPoint point) => point with
        {
            Samples = (from pair in point.Samples
                       let changed = change(pair.Key, pair.Value)
                       where changed is not null
                       select (pair.Key, changed)).ToDictionary(),
        };
    }

    private static BenchReport MakeOdd()
    {
        PathInfo[] paths =
        [
            .. Enumerable.Range(0, 9).Select(number => new PathInfo(
                $"path-{number}",
                number switch
                {
                    0 => "direct",
                    1 => "<script>alert(\"1\")</script> & 'more' of it",
                    2 => "WWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWW",
                    3 => "代理服务器代理服务器代理服务器代理服务器",
                    4 => "a|b`c`*d*_e_[f](g)\\ \u0007\ud800",
                    _ => $"A path with a rather long name, number {number}",
                },
                (PathKind)(number % 4),
                new string('x', 400))),
        ];
        MetricResult Of(string name, string unit, Better better, params double[][] values) => new(
            name, unit, better,
            [new MetricPoint(
                0, paths.Select(
                    (path, number) =>
                        (path.Name, new Sample(
                            [.. values[number % values.Length]], values[number % values.Length].Length == 0
                                ? "it could not be started: " + new string('y', 300)
                                : null))).ToDictionary())]);
        return Full with
        {
            Command = new string('c', 600),
            Paths = paths,
            Scenarios =
            [
                new(
                    "odd",
                    "<b>Odd</b> " + new string('t', 300),
                    "A & B",
                    "<i>m</i>",
                    new string('d', 500),
                    [
                        Of("huge and tiny", "", Better.Higher, [1e15, 2e15], [1e-9, 3e-9], [12, 13], [0.000_5], []),
                        Of("all zero", "%", Better.Lower, [0, 0, 0]),
                        Of("none at all", "ms", Better.Lower, [[]]),
                        Of("one wild repeat", "ms", Better.Lower, [19.1, 19.4, 910.2], [16.2, 16.9, 17.5], [35, 36, 40]),
                        Of("below nothing", "B", Better.Lower, [-4_096, -12], [4_096_000, 4_100_000]),
                        Of("tiny", "s", Better.Lower, [0.000_012, 0.000_013], [0.000_000_9]),
                        Of("not a number", "1/s", Better.Higher, [double.NaN, 5], [double.PositiveInfinity], [4, 6]),
                    ]),
                new("no-metrics", "A scenario without metrics", "A & B", "None.", "", []),
                new(
                    "many-points",
                    "Level lines with close points",
                    "Growth",
                    "All lines end at one place.",
                    "",
                    [
                        new(
                            "latency",
                            "ms",
                            Better.Lower,
                            [
                                .. new double[] { 1, 2, 3, 4, 5, 9_998, 9_999, 10_000 }.Select(at => new MetricPoint(
                                    at, paths.Select(
                                        (path, number) =>
                                            (path.Name, number == 7
                                                ? new Sample([], "not with so many rules")
                                                : new Sample([1 + (number * 0.001), 1.01 + (number * 0.001)]))).ToDictionary())),
                            ],
                            "Services"),
                    ]),
            ],
        };
    }

    /// <param name="name">Of the metric.</param>
    /// <param name="unit">As measured.</param>
    /// <param name="better">Which way is good.</param>
    /// <param name="medians">One for each path; null for one that could not run.</param>
    /// <param name="failure">Why it could not.</param>
    private static MetricResult Metric(
        string name, string unit, Better better, double?[] medians, string failure = "socat has no port left after 28,000 connections") => new(
        name, unit, better,
        [new MetricPoint(
            0, Names.Zip(medians).ToDictionary(pair => pair.First, pair => pair.Second is { } median ? Around(median) : new Sample([], failure)))]);

    private static MetricResult Growth(string name, string unit, double[] direct, double[] iptables, double[] nftables, double[] own)
    {
        double[] sizes = [1, 100, 1_000, 10_000];
        return new MetricResult(
            name,
            unit,
            Better.Lower,
            [
                .. sizes.Select((size, i) => new MetricPoint(size, new Dictionary<string, Sample>
                {
                    ["direct"] = direct[i] > 0 ? Around(direct[i]) : new Sample([], "nothing to program"),
                    ["iptables"] = Around(iptables[i]) with { Failure = size == 10_000 ? "one of five rounds took over 30 s and was left out" : null },
                    ["nftables"] = Around(nftables[i]),
                    ["userproxy-epoll"] = Around(own[i]),
                })),
            ],
            "Services");
    }

    private static Sample Around(double median) => new([median * 0.97, median * 1.06, median, median * 0.91, median * 1.02]);
}
