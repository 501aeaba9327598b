using System.IO.Pipelines;

namespace UserProxy.App.Metrics;

/// <summary>
/// Every metric of the process, read from the live counters when a scrape asks and kept nowhere: nobody pays for metrics that are not scraped, and a Service
/// that is gone takes its series along (docs/decisions/0018). Made by the composition root; scrapes may overlap.
/// </summary>
/// <param name="proxier">The counters of Services, listeners and descriptors.</param>
/// <param name="syncs">What was noted at each applied table.</param>
/// <param name="cluster">Null without an API server.</param>
/// <param name="logLinesDropped">Lines of the log that were lost.</param>
internal sealed class ProxyMetrics(Proxier proxier, SyncMetrics syncs, ClusterMetrics? cluster, Func<long> logLinesDropped)
{
    private static readonly Labels Unexpected = Labels.Of("reason", "unexpected"), ReceiveBuffer = Labels.Of("reason", "receive_buffer");

    public async Task WriteAsync(PipeWriter output, MetricFormat format, CancellationToken cancellation)
    {
        var writer = new MetricWriter(output, format, cancellation);
        await ServiceMetrics.WriteAsync(writer, proxier.Read());
        await WriteUpstreamAsync(writer);
        await WriteDescriptorsAsync(writer);
        await WriteMemoryAsync(writer);
        await syncs.WriteAsync(writer, cluster?.Unreadable ?? []);
        if (cluster is not null) await cluster.WriteAsync(writer);
        await writer.FamilyAsync("userproxy_log_lines_dropped_total", MetricKind.Counter, "Lines of the log that were lost: standard error could not be written to, or was not read in time.");
        writer.Sample(logLinesDropped());
        await ProcessMetrics.WriteAsync(writer, proxier.Descriptors.Limit);
        await writer.EndAsync();
    }

    private async Task WriteUpstreamAsync(MetricWriter writer)
    {
        await writer.FamilyAsync("userproxy_upstream_datagrams_dropped_total", MetricKind.Counter, "Datagrams to our own ports towards endpoints that no client got: unexpected ones belong to no session, the others did not fit into the receive buffer.");
        writer.Sample(Unexpected, proxier.Datagrams.Unexpected);
        writer.Sample(ReceiveBuffer, proxier.Datagrams.UpstreamDrops);
    }

    private async Task WriteMemoryAsync(MetricWriter writer)
    {
        await writer.FamilyAsync("userproxy_memory_held_bytes", MetricKind.Gauge, "Memory of connections, of what slow readers have not taken, of UDP sessions and of pins; from half of the limit on nothing more is kept for these.");
        writer.Sample(proxier.Memory.Held);

        await writer.FamilyAsync("userproxy_memory_limit_bytes", MetricKind.Gauge, "How much memory clients may hold before new ones are refused: half of what the process may have.");
        writer.Sample(proxier.Memory.Limit);
    }

    private async Task WriteDescriptorsAsync(MetricWriter writer)
    {
        await writer.FamilyAsync("userproxy_accept_paused_total", MetricKind.Counter, "Times that an accept loop had to wait for descriptors or memory.");
        writer.Sample(proxier.AcceptPauses);

        await writer.FamilyAsync("userproxy_accept_loops_hung", MetricKind.Gauge, "Accept loops that have not moved for 5 s while clients waited, and loops of the transport that have come to no work for as long; health checks fail.");
        writer.Sample(proxier.HungAcceptLoops);

        await writer.FamilyAsync("userproxy_descriptors_open", MetricKind.Gauge, "Descriptors held by listeners and connections, by the start, and set aside for pipes and the servers of the process; no more connections are taken at 90 % of the limit.");
        writer.Sample(proxier.Descriptors.Held);

        await writer.FamilyAsync("userproxy_descriptors_limit", MetricKind.Gauge, "The limit on open descriptors.");
        writer.Sample(proxier.Descriptors.Limit);
    }
}
