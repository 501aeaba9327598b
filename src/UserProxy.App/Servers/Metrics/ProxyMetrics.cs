using System.IO.Pipelines;
using Prometheus;
using UserProxy.App.Run.Stored;
using UserProxy.App.Snapshots;

namespace UserProxy.App.Servers.Metrics;

/// <summary>
/// The registry with every metric of the process. Values are carried over from the live counters when a scrape asks: nobody pays for metrics that are not
/// scraped (docs/decisions/0044). Made by the composition root; scrapes may overlap.
/// </summary>
internal sealed class ProxyMetrics : IDisposable
{
    /// <summary>Of a text that is there as a whole before any of it is sent; a thousand used Services have 8 MB.</summary>
    private static readonly PipeOptions WholeText = new(pauseWriterThreshold: 0, minimumSegmentSize: 256 * 1024, useSynchronizationContext: false);

    /// <summary>More than the usual pair of scrapers.</summary>
    private const int MostTexts = 4;

    private readonly Action<MetricFamilies> _declare;
    private readonly SemaphoreSlim _turn = new(1);
    private readonly NewestTexts _texts = new();
    private readonly Proxier _proxier;
    private readonly SyncMetrics _syncs;
    private CollectorRegistry _registry;
    private long _lastLength;
    private Exception? _failure;

    /// <param name="proxier">The counters of Services, listeners and descriptors.</param>
    /// <param name="syncs">What was noted at each applied table.</param>
    /// <param name="cluster">Null without an API server.</param>
    /// <param name="logLinesDropped">Lines of the log that were lost.</param>
    /// <param name="snapshot">Null without <c>--state-dir</c>.</param>
    /// <param name="store">Null where systemd keeps nothing.</param>
    public ProxyMetrics(
        Proxier proxier, SyncMetrics syncs, ClusterMetrics? cluster, Func<long> logLinesDropped, RunSnapshot? snapshot = null, SocketStore? store = null)
    {
        _proxier = proxier;
        _syncs = syncs;
        _declare = families =>
        {
            ServiceMetrics.Declare(families, proxier);
            DeclareNode(families, proxier);
            syncs.Declare(families, () => cluster?.Unreadable ?? []);
            cluster?.Declare(families);
            SnapshotMetrics.Declare(families, snapshot);
            StoreMetrics.Declare(families, store);
            families.Counter(
                "userproxy_log_lines_dropped_total", "Lines of the log that were lost: standard error could not be written to, or was not read in time.", () =>
                    logLinesDropped());
            ProcessMetrics.Declare(families, proxier.Descriptors.Limit);
        };
        _registry = NewRegistry();
    }

    /// <summary>
    /// How many texts of the last one's length may be held: few when memory is limited, and one in any case. A quarter of what clients may hold is theirs.
    /// </summary>
    private int TextsWithin => (int)Math.Clamp(_proxier.Memory.Limit / 4 / Math.Max(1, Volatile.Read(ref _lastLength)), 1, MostTexts);

    /// <summary>Loads the assemblies of a collection, each of which holds descriptors under the JIT: before those of the start are counted.</summary>
    public static Task LoadAsync()
    {
        var registry = Prometheus.Metrics.NewCustomRegistry();
        new MetricFamilies(registry).Counter("loaded_total", "Nothing.").Inc();
        return registry.CollectAndExportAsTextAsync(Stream.Null);
    }

    /// <summary>
    /// One scrape. The registry is collected by one at a time: histograms that another scrape adds to while they are written would not fit together. So that a
    /// slow reader keeps nobody waiting, its text is made first and sent then. OperationCanceledException also when the text had to give way to newer ones.
    /// </summary>
    public async Task WriteAsync(PipeWriter output, ExpositionFormat format, CancellationToken cancellation)
    {
        // Not disposed of: a newer scrape may be about to cancel it.
        var scrape = new CancellationTokenSource();
        await using var leaving = cancellation.UnsafeRegister(static scrape => ((CancellationTokenSource)scrape!).Cancel(), scrape);
        var text = new Pipe(WholeText);
        try
        {
            await CollectAsync(text.Writer, format, scrape);
            await text.Writer.CompleteAsync();
            if (text.Reader.TryRead(out var whole))
            {
                Volatile.Write(ref _lastLength, whole.Buffer.Length);
                text.Reader.AdvanceTo(whole.Buffer.Start);
            }

            await text.Reader.CopyToAsync(output, scrape.Token);
        }
        finally
        {
            await text.Writer.CompleteAsync();
            await text.Reader.CompleteAsync();
            _texts.Remove(scrape);
        }
    }

    public void Dispose() => _turn.Dispose();

    private async Task CollectAsync(PipeWriter text, ExpositionFormat format, CancellationTokenSource scrape)
    {
        await _turn.WaitAsync(scrape.Token);
        try
        {
            _texts.Add(scrape, TextsWithin);
            UntypedFamily.Write(text, format, _syncs.CountWithoutLocalEndpoints());
            await _registry.CollectAndExportAsTextAsync(text.AsStream(leaveOpen: true), format, scrape.Token);
            if (_failure is { } failure) throw new InvalidOperationException("the counters could not be read", failure);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // The registry may keep one of its locks for ever (without memory, for one). All values come from the live counters: another one goes on with them.
            _registry = NewRegistry();
            throw;
        }
        finally
        {
            _turn.Release();
        }
    }

    private CollectorRegistry NewRegistry()
    {
        var registry = Prometheus.Metrics.NewCustomRegistry();
        var families = new MetricFamilies(registry);
        _declare(families);
        registry.AddBeforeCollectCallback(() => CarryOver(families));
        return registry;
    }

    /// <summary>The registry goes on after a callback that throws, with the values of the last time.</summary>
    private void CarryOver(MetricFamilies families)
    {
        _failure = null;
        try
        {
            families.Update();
        }
        catch (Exception exception)
        {
            _failure = exception;
        }
    }

    private static void DeclareNode(MetricFamilies families, Proxier proxier)
    {
        var dropped = families.Counter(
            "userproxy_upstream_datagrams_dropped_total",
            "Datagrams to our own ports towards endpoints that no client got: unexpected ones belong to no session, the others did not fit into the receive "
                + "buffer.", "reason");
        families.OnCollect(() =>
        {
            dropped.WithLabels("unexpected").IncTo(proxier.Datagrams.Unexpected);
            dropped.WithLabels("receive_buffer").IncTo(proxier.Datagrams.UpstreamDrops);
        });
        families.Counter("userproxy_accept_paused_total", "Times that an accept loop had to wait for descriptors or memory.", () => proxier.View.AcceptPauses);
        families.Gauge(
            "userproxy_accept_loops_hung",
            "Accept loops that have not moved for 5 s while clients waited, and loops of the transport that have come to no work for as long; health checks "
                + "fail.", () => proxier.View.HungAcceptLoops);
        families.Gauge(
            "userproxy_descriptors_open",
            "Descriptors held by listeners and connections, by the start, and set aside for pipes and the servers of the process; no more connections are "
                + "taken at 90 % of the limit.", () => proxier.Descriptors.Held);
        families.Gauge("userproxy_descriptors_limit", "The limit on open descriptors.", () => proxier.Descriptors.Limit);
        families.Gauge(
            "userproxy_memory_held_bytes",
            "Memory of connections, of what slow readers have not taken, of UDP sessions and of pins; from half of the limit on nothing more is kept for "
                + "these.", () => proxier.Memory.Held);
        families.Gauge(
            "userproxy_memory_limit_bytes", "How much memory clients may hold before new ones are refused: half of what the process may have.", () =>
                proxier.Memory.Limit);
    }
}
