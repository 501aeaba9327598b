using System.Net;
using System.Net.Sockets;
using Prometheus;
using UserProxy.Linux.PortInspection;
using UserProxy.Model;
using UserProxy.Policy;
using UserProxy.Reading;

namespace UserProxy.App.Servers.Metrics;

/// <summary>
/// The families about listeners, and about the clients that wait in their queues or have sent their FIN. Updated by <see cref="ServiceMetrics"/>.
/// </summary>
internal sealed class ListenerMetrics
{
    private static readonly string[] Labels = ["namespace", "service", "port", "address"];
    private static readonly ListenerKind[] Kinds = Enum.GetValues<ListenerKind>();

    private readonly Dictionary<(ServicePortName, IPAddress, int), Series> _series = [];
    private readonly Gauge _queues;
    private readonly Gauge _backlogs;
    private readonly Counter _drops;
    private readonly Gauge _listening;
    private readonly Gauge _failed;
    private readonly Gauge? _closeWait;

    public ListenerMetrics(MetricFamilies families)
    {
        _queues = families.Gauge("userproxy_listener_accept_queue", "Clients that the kernel has connected and that wait to be accepted.", Labels);
        _backlogs = families.Gauge("userproxy_listener_backlog", "How many clients may wait to be accepted.", Labels);
        _drops = families.Counter(
            "userproxy_listener_datagrams_dropped_total", "Datagrams that the kernel has discarded, as they came faster than they were read.", Labels);
        _listening = families.Gauge("userproxy_listeners", "Addresses in LISTEN, and those that UDP is taken on.", "kind");
        _failed = families.Gauge("userproxy_listeners_failed", "Addresses that should be listened on and cannot be had; they are tried again.", "kind");
        if (!OperatingSystem.IsLinux()) return;
        _closeWait = families.Gauge(
            "userproxy_close_wait_connections",
            "Client connections in CLOSE_WAIT, that is after the client's FIN: accepted and not closed yet, or not accepted.", "state");
    }

    public void Update(ServiceReading[] readings, int collection)
    {
        var (listening, failed) = (new int[Kinds.Length], new int[Kinds.Length]);
        HashSet<IPEndPoint> tcp = [];
        foreach (var reading in readings)
        {
            foreach (var listener in reading.Listeners)
            {
                if (listener.Listens) listening[(int)listener.Address.Kind]++;
                if (listener.State == ListenerState.Failed) failed[(int)listener.Address.Kind]++;
                if (listener.Queue is not null) tcp.Add(listener.Address.EndPoint);
                if (listener.Queue is not null || listener.KernelDrops is not null) Update(reading.Name, listener, collection);
            }
        }

        foreach (var (key, series) in _series)
        {
            if (series.Collection == collection) continue;
            series.Remove();
            _series.Remove(key);
        }

        foreach (var kind in Kinds)
        {
            _listening.WithLabels(kind.ToString()).Set(listening[(int)kind]);
            _failed.WithLabels(kind.ToString()).Set(failed[(int)kind]);
        }

        UpdateCloseWait(tcp);
    }

    private void Update(ServicePortName service, ListenerReading listener, int collection)
    {
        var key = (service, listener.Address.Address, listener.Address.Port);
        if (!_series.TryGetValue(key, out var series))
            _series[key] = series = new Series([service.Namespace, service.Name, service.Port, listener.Address.ToString()]);
        series.Collection = collection;
        if (listener.Queue is { } queue)
        {
            (series.Queue ??= _queues.WithLabels(series.Labels)).Set(queue.Waiting);
            (series.Backlog ??= _backlogs.WithLabels(series.Labels)).Set(queue.Backlog);
        }

        if (listener.KernelDrops is not { } drops) return;
        // Another socket on the same address begins at 0.
        if (drops < series.Drops?.Value)
        {
            series.Drops.Remove();
            series.Drops = null;
        }

        (series.Drops ??= _drops.WithLabels(series.Labels)).IncTo(drops);
    }

    /// <param name="listening">TCP addresses in LISTEN. Sockets towards endpoints have local ports of their own, and so are left out.</param>
    private void UpdateCloseWait(HashSet<IPEndPoint> listening)
    {
        if (_closeWait is null || !OperatingSystem.IsLinux()) return;
        var counts = CloseWaitSockets.Count(local => listening.Contains(local) || listening.Contains(Wildcard(local)));
        foreach (var (state, count) in (ReadOnlySpan<(string, int?)>)[("accepted", counts?.Accepted), ("unaccepted", counts?.Unaccepted)])
        {
            if (count is { } known) _closeWait.WithLabels(state).Set(known);
            else _closeWait.RemoveLabelled(state);
        }
    }

    private static IPEndPoint Wildcard(IPEndPoint local) =>
        new(local.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, local.Port);

    /// <summary>Of one listener.</summary>
    private sealed class Series(string[] labels)
    {
        public string[] Labels => labels;

        public int Collection { get; set; }

        public Gauge.Child? Queue { get; set; }

        public Gauge.Child? Backlog { get; set; }

        public Counter.Child? Drops { get; set; }

        public void Remove()
        {
            Queue?.Remove();
            Backlog?.Remove();
            Drops?.Remove();
        }
    }
}
