using Prometheus;
using UserProxy.Counting;
using UserProxy.Policy;
using UserProxy.Reading;
using UserProxy.Serving;
using UserProxy.Udp;

namespace UserProxy.App.Servers.Metrics;

/// <summary>
/// The families with a series for each Service port, and what their figures are read from. UDP sessions count as connections; what only one protocol has is
/// there for its ports alone. Declared by <see cref="ServiceMetrics"/>.
/// </summary>
internal sealed class ServiceMetricFamilies(MetricFamilies families)
{
    private static readonly string[] Labels = ["namespace", "service", "port", "protocol"];

    private static readonly (string Label, ConnectOutcome[] Outcomes)[] Failures =
    [
        ("refused", [ConnectOutcome.Refused]),
        ("timeout", [ConnectOutcome.TimedOut]),
        ("unreachable", [ConnectOutcome.Unreachable]),
        ("local", [ConnectOutcome.NoSourcePort, ConnectOutcome.NoDescriptor, ConnectOutcome.NoMemory, ConnectOutcome.LocalFault]),
        ("loop", [ConnectOutcome.Loop]),
    ];

    public ServiceFigure<Gauge>[] Gauges { get; } =
    [
        new(
            families.Gauge("userproxy_connections_active", "Client connections that are open or being connected, and UDP sessions.", Labels),
            null, reading => reading.ActiveConnections),
        .. Of(
            families.Gauge(
                "userproxy_endpoints", "Endpoints by what they are for: used, draining (connections left), unready, unused (ready, and left out).",
                [.. Labels, "state"]),
            // A listener of this proxy itself is never dialled.
            ("used", reading => reading.Counts.Used - reading.FindLoops().Count),
            ("draining", reading => reading.Counts.Draining),
            ("unready", reading => reading.Counts.Unready),
            ("unused", reading => reading.Counts.Unused + reading.FindLoops().Count)),
    ];

    public ServiceFigure<Counter>[] Counters { get; } =
    [
        new(
            families.Counter("userproxy_connections_total", "Client connections that were accepted, and UDP sessions that began.", Labels),
            null, reading => reading.Counters.Accepted),
    ];

    public ServiceFigure<Counter>[] CountersOfUsed { get; } =
    [
        .. Of(
            families.Counter(
                "userproxy_connect_failures_total",
                "Endpoints that did not answer a dial, or refused a datagram; a dial may have been followed by one to another.", [.. Labels, "reason"]),
            Each(
                Failures, failure => failure.Label, (reading, failure) =>
                    Sum(reading, failure.Outcomes, static (counters, outcome) => counters.ConnectFailures(outcome)))),
        .. Of(
            families.Counter("userproxy_bytes_total", "Bytes relayed, of open connections too: in is from clients to endpoints.", [.. Labels, "direction"]),
            ("in", reading => reading.BytesIn),
            ("out", reading => reading.BytesOut)),
    ];

    public ServiceFigure<Counter>[] CountersOfUsedTcp { get; } =
    [
        .. Of(
            families.Counter("userproxy_connect_retries_total", "Dials to a further endpoint, by the failure that came before.", [.. Labels, "reason"]),
            Each(
                Failures, failure => failure.Label, (reading, failure) =>
                    Sum(reading, failure.Outcomes, static (counters, outcome) => counters.ConnectRetriesAfter(outcome)))),
        .. Of(
            families.Counter("userproxy_connections_closed_total", "Client connections that have ended, by who ended them or why.", [.. Labels, "reason"]),
            Each(Enum.GetValues<EndReason>(), reason => reason.Name(), (reading, reason) => reading.Counters.Closed(reason))),
        new(
            families.Counter("userproxy_accept_loop_deaths_total", "Accept loops that ended unexpectedly; the port was bound again.", Labels),
            null, reading => reading.Counters.AcceptLoopDeaths),
        new(
            families.Counter(
                "userproxy_accept_queue_stalls_total",
                "Times that an accept queue stayed above half for 5 s, or that clients waited for an accept loop that hung.", Labels),
            null, reading => reading.Counters.AcceptQueueStalls),
    ];

    public ServiceFigure<Counter>[] CountersOfUsedUdp { get; } =
    [
        .. Of(
            families.Counter("userproxy_datagrams_total", "Datagrams that were passed on: in is from clients to endpoints.", [.. Labels, "direction"]),
            ("in", reading => reading.Udp!.DatagramsIn),
            ("out", reading => reading.Udp!.DatagramsOut)),
        .. Of(
            families.Counter("userproxy_datagrams_dropped_total", "Datagrams that were read and not passed on.", [.. Labels, "reason"]),
            Each(Enum.GetValues<DatagramDrop>(), drop => drop.Name(), (reading, drop) => reading.Udp!.Dropped(drop))),
        .. Of(
            families.Counter("userproxy_sessions_ended_total", "UDP sessions that have ended, by why.", [.. Labels, "reason"]),
            Each(Enum.GetValues<SessionEnd>(), end => end.Name(), (reading, end) => reading.Udp!.Ended(end))),
    ];

    /// <summary>Of used TCP ports; without the protocol.</summary>
    public (Histogram Family, Func<ServiceCounters, DurationHistogram> Read)[] Histograms { get; } =
    [
        (
            families.Histogram(
                "userproxy_connect_duration_seconds", "From the accept of a client to its established endpoint, further tries included.",
                ServiceCounters.ConnectBounds, Labels[..3]),
            counters => counters.ConnectDuration),
        (
            families.Histogram(
                "userproxy_connection_duration_seconds", "From the accept of a client to its end, of those that had an endpoint.", ServiceCounters.LifeBounds,
                Labels[..3]),
            counters => counters.ConnectionDuration),
    ];

    private static IEnumerable<ServiceFigure<T>> Of<T>(T family, params IEnumerable<(string Label, Func<ServiceReading, long> Read)> figures) =>
        figures.Select(figure => new ServiceFigure<T>(family, figure.Label, figure.Read));

    /// <summary>A scrape of a thousand Services asks ten thousand times: nothing is made for it.</summary>
    private static long Sum(ServiceReading reading, ConnectOutcome[] outcomes, Func<ServiceCounters, ConnectOutcome, long> read)
    {
        long sum = 0;
        foreach (var outcome in outcomes) sum += read(reading.Counters, outcome);
        return sum;
    }

    private static IEnumerable<(string Label, Func<ServiceReading, long> Read)> Each<T>(
        IEnumerable<T> values, Func<T, string> label, Func<ServiceReading, T, long> read)
    {
        foreach (var value in values) yield return (label(value), reading => read(reading, value));
    }
}

/// <summary>
/// One figure that each Service port has: a series of a family, told apart from others of the same Service port by a label where there are several.
/// </summary>
internal sealed record ServiceFigure<TFamily>(TFamily Family, string? Label, Func<ServiceReading, long> Read);
