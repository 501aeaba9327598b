using UserProxy.Counting;
using UserProxy.Model;
using UserProxy.Serving;
using UserProxy.Udp;

namespace UserProxy.App.Metrics;

/// <summary>
/// The families with a series for each Service port. One that nobody has used on this node has few: of 10,000 Services most nodes use a handful. UDP
/// sessions count as connections; what only one protocol has is written for its ports alone.
/// </summary>
internal static class ServiceMetrics
{
    private static readonly (ConnectOutcome Outcome, Labels Label)[] Failures =
    [
        (ConnectOutcome.Refused, Labels.Of("reason", "refused")),
        (ConnectOutcome.TimedOut, Labels.Of("reason", "timeout")),
        (ConnectOutcome.Unreachable, Labels.Of("reason", "unreachable")),
        (ConnectOutcome.LocalFault, Labels.Of("reason", "local")),
        (ConnectOutcome.Loop, Labels.Of("reason", "loop")),
    ];

    private static readonly (EndReason Reason, Labels Label)[] Ends = [.. Enum.GetValues<EndReason>().Select(reason => (reason, Labels.Of("reason", reason.Name())))];

    private static readonly (SessionEnd End, Labels Label)[] SessionEnds = [.. Enum.GetValues<SessionEnd>().Select(end => (end, Labels.Of("reason", end.Name())))];

    private static readonly (DatagramDrop Drop, Labels Label)[] Drops = [.. Enum.GetValues<DatagramDrop>().Select(drop => (drop, Labels.Of("reason", drop.Name())))];

    private static readonly Labels In = Labels.Of("direction", "in"), Out = Labels.Of("direction", "out");

    private static readonly Labels Used = Labels.Of("state", "used"), Draining = Labels.Of("state", "draining"), Unready = Labels.Of("state", "unready"),
        Unused = Labels.Of("state", "unused");

    /// <param name="writer">The scrape.</param>
    /// <param name="readings">Sorted by name.</param>
    public static async Task WriteAsync(MetricWriter writer, IReadOnlyList<ServiceReading> readings)
    {
        var services = Subject.Of(readings);
        List<Subject> all = [.. services.Where(service => service.IsUsed)], used = [.. all.Where(service => !service.IsUdp)];

        await writer.FamilyAsync("userproxy_connections_total", MetricKind.Counter, "Client connections that were accepted, and UDP sessions that began.");
        foreach (var service in services) writer.Sample(service.Labels, service.Sum(counters => counters.Accepted));

        await writer.FamilyAsync("userproxy_connections_active", MetricKind.Gauge, "Client connections that are open or being connected, and UDP sessions.");
        foreach (var service in services) writer.Sample(service.Labels, service.Readings.Sum(reading => (long)reading.Active));

        await writer.FamilyAsync("userproxy_connect_failures_total", MetricKind.Counter, "Endpoints that did not answer a dial, or refused a datagram; a dial may have been followed by one to another.");
        foreach (var service in all)
        {
            foreach (var (outcome, label) in Failures) writer.Sample(service.Labels, label, service.Sum(counters => counters.ConnectFailures(outcome)));
        }

        await writer.FamilyAsync("userproxy_connect_retries_total", MetricKind.Counter, "Dials to a further endpoint, by the failure that came before.");
        foreach (var service in used)
        {
            foreach (var (outcome, label) in Failures) writer.Sample(service.Labels, label, service.Sum(counters => counters.ConnectRetriesAfter(outcome)));
        }

        await writer.FamilyAsync("userproxy_connections_closed_total", MetricKind.Counter, "Client connections that have ended, by who ended them or why.");
        foreach (var service in used)
        {
            foreach (var (reason, label) in Ends) writer.Sample(service.Labels, label, service.Sum(counters => counters.Closed(reason)));
        }

        await writer.FamilyAsync("userproxy_bytes_total", MetricKind.Counter, "Bytes relayed, of open connections too: in is from clients to endpoints.");
        foreach (var service in all)
        {
            writer.Sample(service.Labels, In, service.Readings.Sum(reading => reading.BytesIn));
            writer.Sample(service.Labels, Out, service.Readings.Sum(reading => reading.BytesOut));
        }

        await writer.FamilyAsync("userproxy_connect_duration_seconds", MetricKind.Histogram, "From the accept of a client to its established endpoint, further tries included.");
        foreach (var service in used) writer.Sample(service.ShortLabels, service.Sum(counters => counters.ConnectDuration));

        await writer.FamilyAsync("userproxy_connection_duration_seconds", MetricKind.Histogram, "From the accept of a client to its end, of those that had an endpoint.");
        foreach (var service in used) writer.Sample(service.ShortLabels, service.Sum(counters => counters.ConnectionDuration));

        await writer.FamilyAsync("userproxy_accept_loop_deaths_total", MetricKind.Counter, "Accept loops that ended unexpectedly; the port was bound again.");
        foreach (var service in used) writer.Sample(service.Labels, service.Sum(counters => counters.AcceptLoopDeaths));

        await writer.FamilyAsync("userproxy_accept_queue_stalls_total", MetricKind.Counter, "Times that an accept queue stayed above half for 5 s, or that clients waited for an accept loop that hung.");
        foreach (var service in used) writer.Sample(service.Labels, service.Sum(counters => counters.AcceptQueueStalls));

        await WriteDatagramsAsync(writer, [.. all.Where(service => service.IsUdp)]);
        await WriteEndpointsAsync(writer, services);
        await WriteListenersAsync(writer, services);
    }

    private static async Task WriteDatagramsAsync(MetricWriter writer, IReadOnlyList<Subject> services)
    {
        await writer.FamilyAsync("userproxy_datagrams_total", MetricKind.Counter, "Datagrams that were passed on: in is from clients to endpoints.");
        foreach (var service in services)
        {
            writer.Sample(service.Labels, In, service.SumOfUdp(udp => udp.DatagramsIn));
            writer.Sample(service.Labels, Out, service.SumOfUdp(udp => udp.DatagramsOut));
        }

        await writer.FamilyAsync("userproxy_datagrams_dropped_total", MetricKind.Counter, "Datagrams that were read and not passed on.");
        foreach (var service in services)
        {
            foreach (var (drop, label) in Drops) writer.Sample(service.Labels, label, service.SumOfUdp(udp => udp.Dropped(drop)));
        }

        await writer.FamilyAsync("userproxy_sessions_ended_total", MetricKind.Counter, "UDP sessions that have ended, by why.");
        foreach (var service in services)
        {
            foreach (var (end, label) in SessionEnds) writer.Sample(service.Labels, label, service.SumOfUdp(udp => udp.Ended(end)));
        }
    }

    private static async Task WriteEndpointsAsync(MetricWriter writer, IReadOnlyList<Subject> services)
    {
        await writer.FamilyAsync("userproxy_endpoints", MetricKind.Gauge, "Endpoints by what they are for: used, draining (connections left), unready, unused (ready, and left out).");
        foreach (var service in services)
        {
            var endpoints = service.Readings[0].Endpoints;
            for (int i = 1; i < service.Readings.Length; i++) endpoints += service.Readings[i].Endpoints;
            writer.Sample(service.Labels, Used, endpoints.Used);
            writer.Sample(service.Labels, Draining, endpoints.Draining);
            writer.Sample(service.Labels, Unready, endpoints.Unready);
            writer.Sample(service.Labels, Unused, endpoints.Unused);
        }
    }

    private static async Task WriteListenersAsync(MetricWriter writer, IReadOnlyList<Subject> services)
    {
        var all = services.SelectMany(service => service.Readings.SelectMany(reading => reading.Listeners)).ToList();
        var queues = services
            .SelectMany(service => service.Readings.SelectMany(reading => reading.Listeners).Where(listener => listener.Queue is not null)
                .Select(listener => (Labels: service.LabelsOf(listener), listener.Address.EndPoint, Queue: listener.Queue!.Value)))
            .ToList();
        await writer.FamilyAsync("userproxy_listener_accept_queue", MetricKind.Gauge, "Clients that the kernel has connected and that wait to be accepted.");
        foreach (var (labels, _, queue) in queues) writer.Sample(labels, queue.Waiting);

        await writer.FamilyAsync("userproxy_listener_backlog", MetricKind.Gauge, "How many clients may wait to be accepted.");
        foreach (var (labels, _, queue) in queues) writer.Sample(labels, queue.Backlog);

        await writer.FamilyAsync("userproxy_listener_datagrams_dropped_total", MetricKind.Counter, "Datagrams that the kernel has discarded, as they came faster than they were read.");
        foreach (var service in services)
        {
            foreach (var listener in service.Readings.SelectMany(reading => reading.Listeners).Where(listener => listener.KernelDrops is not null))
                writer.Sample(service.LabelsOf(listener), listener.KernelDrops!.Value);
        }

        await writer.FamilyAsync("userproxy_listeners", MetricKind.Gauge, "Addresses in LISTEN, and those that UDP is taken on.");
        foreach (var kind in Enum.GetValues<ListenerKind>()) writer.Sample(Labels.Of("kind", kind.ToString()), all.Count(listener => listener.Listens && listener.Address.Kind == kind));

        await writer.FamilyAsync("userproxy_listeners_failed", MetricKind.Gauge, "Addresses that should be listened on and cannot be had; they are tried again.");
        foreach (var kind in Enum.GetValues<ListenerKind>())
        {
            writer.Sample(Labels.Of("kind", kind.ToString()), all.Count(listener => listener.State == ListenerState.Failed && listener.Address.Kind == kind));
        }

        await CloseWaitMetrics.WriteAsync(writer, queues.Select(queue => queue.EndPoint));
    }

    /// <summary>One Service port. Both address families of a dual-stack Service are one: metrics do not tell them apart.</summary>
    private sealed class Subject(ServicePortName name, ServiceReading[] readings)
    {
        public ServiceReading[] Readings => readings;

        public bool IsUdp => name.Protocol == TransportProtocol.Udp;

        public Labels Labels { get; } =
            Labels.Of(("namespace", name.Namespace), ("service", name.Name), ("port", name.Port), ("protocol", name.Protocol == TransportProtocol.Tcp ? "TCP" : "UDP"));

        /// <summary>Without the protocol.</summary>
        public Labels ShortLabels { get; } = Labels.Of(("namespace", name.Namespace), ("service", name.Name), ("port", name.Port));

        public bool IsUsed { get; } = readings.Any(reading =>
            reading.Counters is { Accepted: > 0 } or { AcceptLoopDeaths: > 0 } or { AcceptQueueStalls: > 0 } || Drops.Any(drop => reading.Udp?.Dropped(drop.Drop) > 0));

        public long SumOfUdp(Func<UdpCounters, long> figure) => Readings.Sum(reading => reading.Udp is { } udp ? figure(udp) : 0);

        public static List<Subject> Of(IReadOnlyList<ServiceReading> readings)
        {
            var subjects = new List<Subject>(readings.Count);
            for (int from = 0, to; from < readings.Count; from = to)
            {
                for (to = from + 1; to < readings.Count && readings[to].Name == readings[from].Name;) to++;
                subjects.Add(new Subject(readings[from].Name, [.. readings.Skip(from).Take(to - from)]));
            }

            return subjects;
        }

        public Labels LabelsOf(ListenerReading listener) =>
            Labels.Of(("namespace", name.Namespace), ("service", name.Name), ("port", name.Port), ("address", listener.Address.ToString()));

        public long Sum(Func<ServiceCounters, long> of) => readings.Sum(reading => of(reading.Counters));

        public HistogramReading Sum(Func<ServiceCounters, DurationHistogram> of) =>
            readings.Skip(1).Aggregate(of(readings[0].Counters).Read(), (sum, reading) => sum + of(reading.Counters).Read());
    }
}
