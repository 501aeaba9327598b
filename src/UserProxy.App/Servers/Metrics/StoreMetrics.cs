using UserProxy.App.Run.Stored;

namespace UserProxy.App.Servers.Metrics;

/// <summary>The families about the sockets that systemd keeps; there without any too, so that a rule about them finds them on every node.</summary>
internal static class StoreMetrics
{
    public static void Declare(MetricFamilies families, SocketStore? store)
    {
        families.Gauge(
            "userproxy_stored_sockets", "Listening sockets that systemd keeps for the process after this one; 0 where it keeps none.", () =>
                store?.Stored ?? 0);
        families.Gauge(
            "userproxy_kept_sockets_adopted", "Listening sockets that systemd had kept at the start of this process, and that it serves again.", () =>
                store?.Adopted ?? 0);
        families.Gauge(
            "userproxy_kept_sockets_closed", "Listening sockets that systemd had kept, closed as nobody wants them or as they were kept for too long.", () =>
                store?.Closed ?? 0);
        families.Gauge(
            "userproxy_kept_sockets_held_seconds",
            "How long they were kept while nobody accepted: from the first start after the crash to the first table.", () =>
                store?.Held.TotalSeconds ?? 0);
    }
}
