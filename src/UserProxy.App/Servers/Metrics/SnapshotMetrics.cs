using UserProxy.App.Snapshots;

namespace UserProxy.App.Servers.Metrics;

/// <summary>The families about the snapshot of <c>--state-dir</c>; there without one too, so that a rule about them finds them on every node.</summary>
internal static class SnapshotMetrics
{
    public static void Declare(MetricFamilies families, RunSnapshot? snapshot)
    {
        families.Gauge(
            "userproxy_snapshot_served_age_seconds",
            "How old the snapshot is that is served until the source's first table is in force; 0 from then on.", () =>
                Math.Max(0, snapshot?.Age?.TotalSeconds ?? 0));
        families.Gauge(
            "userproxy_snapshot_last_written_timestamp_seconds", "When the snapshot was last written by this process; 0 before, and without --state-dir.", () =>
                (snapshot?.WrittenAt ?? 0) / 1000.0);
        families.Counter(
            "userproxy_snapshot_write_failures_total", "Snapshots that could not be written: the disk is full, read-only or hangs.", () =>
                snapshot?.WriteFailures ?? 0);
    }
}
