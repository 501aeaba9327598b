using UserProxy.App.Servers.Admin.Messages;

namespace UserProxy.App.Tests.CommandLine;

/// <summary>A connection that was retried, a UDP session, and a loss, as <c>/v1/trace</c> tells of them.</summary>
internal static class TraceSamples
{
    private static readonly DateTimeOffset Arrived = new(2026, 11, 29, 12, 0, 1, 123, TimeSpan.Zero);

    private static readonly TracedConnection Tcp = new(7, "TCP", "shop", "web", "http", "NodePort", "203.0.113.7:51234", "10.0.0.5:30080", "192.0.2.9:40112");

    private static readonly TracedConnection Udp = new(
        1208, "UDP", "kube-system", "kube-dns", "dns", "ClusterIP", "[2001:db8:1234::7]:51234", "[fd00:10:96::a]:53", null);

    public static IReadOnlyList<TraceRecord> Records { get; } =
    [
        new() { ApiVersion = ApiVersion.V1, Event = TraceRecord.Started, Time = Arrived.AddSeconds(-1), Node = "node-1" },
        Of(Tcp, TraceRecord.Arrival, 0.00002) with { QueuedSeconds = 0.012 },
        Of(Tcp, TraceRecord.Choice, 0.00004) with
        {
            Decision = new TraceDecision(
                1, "external", "Cluster", false, "rr", null, "10.244.1.9:8080",
                [
                    new("10.244.1.7:8080", "not_chosen"), new("10.244.2.7:8080", "not_chosen"), new("10.244.2.8:8080", "aside"),
                    new("10.244.3.8:8080", "unready"),
                ],
                2),
        },
        Of(Tcp, TraceRecord.Dialled, 1.0004) with { Dial = new TraceDial(1, "10.244.1.9:8080", "timeout", 1.000312, null) },
        Of(Tcp, TraceRecord.Choice, 1.00045) with
        {
            Decision = new TraceDecision(
                2, "external", "Cluster", false, "rr", "10.244.1.9:8080", "10.244.1.7:8080", [new("10.244.1.9:8080", "tried")], 0),
        },
        Of(Tcp, TraceRecord.Dialled, 1.0009) with
        {
            Dial = new TraceDial(2, "10.244.1.7:8080", "connected", 0.000412, "10.0.0.5:41234"),
            Filters = new CaptureFilters(
                new CaptureFilter(
                    "tcp and host 192.0.2.9 and host 10.0.0.5 and port 40112 and port 30080",
                    "ip.addr == 192.0.2.9 && ip.addr == 10.0.0.5 && tcp.port == 40112 && tcp.port == 30080"),
                new CaptureFilter(
                    "tcp and host 10.0.0.5 and host 10.244.1.7 and port 41234 and port 8080",
                    "ip.addr == 10.0.0.5 && ip.addr == 10.244.1.7 && tcp.port == 41234 && tcp.port == 8080")),
        },
        Of(Tcp, TraceRecord.FirstByte, 1.0011) with { To = "endpoint" },
        Of(Tcp, TraceRecord.FirstByte, 1.0125) with { To = "client" },
        Of(Tcp, TraceRecord.Ended, 4.5) with
        {
            End = new TraceEnd
            {
                Reason = "client_fin",
                Endpoint = "10.244.1.7:8080",
                Local = "10.0.0.5:41234",
                LocalPort = null,
                BytesIn = 78,
                BytesOut = 1240,
                DatagramsIn = null,
                DatagramsOut = null,
                FirstByteInSeconds = 1.0011,
                FirstByteOutSeconds = 1.0125,
                ClientLeg = new TraceLeg(0.0213, 0.0042, 3, 10, 1448),
                EndpointLeg = new TraceLeg(0.00021, 0.000105, 0, 10, 1398),
                UniqueId = "5f1e-7",
            },
        },
        Of(Udp, TraceRecord.Arrival, 0.00001),
        Of(Udp, TraceRecord.Choice, 0.00002) with
        {
            Decision = new TraceDecision(
                1, "internal", "Local", true, "lc", "[fd00:10:244::7]:53", "[fd00:10:244::7]:53", [new("[fd00:10:244:1::7]:53", "not_local")], 0),
        },
        Of(Udp, TraceRecord.Session, 0.00003) with { Upstream = new TraceSession("[fd00:10:244::7]:53", 40017) },
        Of(Udp, TraceRecord.Ended, 0.0021) with
        {
            End = new TraceEnd
            {
                Reason = "responses",
                Endpoint = "[fd00:10:244::7]:53",
                Local = null,
                LocalPort = 40017,
                BytesIn = 31,
                BytesOut = 120,
                DatagramsIn = 1,
                DatagramsOut = 1,
                FirstByteInSeconds = null,
                FirstByteOutSeconds = null,
                ClientLeg = null,
                EndpointLeg = null,
                UniqueId = null,
            },
        },
        new() { ApiVersion = ApiVersion.V1, Event = TraceRecord.Lost, Time = Arrived.AddSeconds(5), Count = 1204 },
        new() { ApiVersion = ApiVersion.V1, Event = TraceRecord.Skipped, Time = Arrived.AddSeconds(6), Count = 5310 },
    ];

    private static TraceRecord Of(TracedConnection connection, string happened, double after) => new()
    {
        ApiVersion = ApiVersion.V1,
        Event = happened,
        Time = Arrived.AddSeconds(after),
        AfterSeconds = after,
        Connection = connection,
    };
}
