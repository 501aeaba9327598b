using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Prometheus;
using UserProxy.App.Servers.Health;
using UserProxy.App.Servers.Metrics;
using UserProxy.Kubernetes.Building;
using UserProxy.Model;
using UserProxy.Serving;
using UserProxy.Tests;

namespace UserProxy.App.Tests.Servers.Metrics;

/// <summary>What scrapes say of a Proxier whose Services come, go and count, without sockets: the right values each time.</summary>
public sealed class ProxyMetricsTests : IDisposable
{
    private const string Web = "{namespace=\"shop\",service=\"web\",port=\"http\",protocol=\"TCP\"}";
    private const string WebShort = "{namespace=\"shop\",service=\"web\",port=\"http\"}";

    private readonly ProxierRun _run = new();
    private readonly ProxyMetrics _metrics;
    private Func<long> _logLinesDropped = () => 0;

    public ProxyMetricsTests()
    {
        var syncs = new SyncMetrics(_run.Proxier, new SourceChanges(TimeProvider.System.GetUtcNow()), new HealthAnswerCounts(), TimeProvider.System);
        _metrics = new ProxyMetrics(_run.Proxier, syncs, cluster: null, () => _logLinesDropped());
    }

    public void Dispose()
    {
        _metrics.Dispose();
        _run.Dispose();
    }

    [Theory]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(7)]
    public async Task ServiceDeletedAndDeclaredAnew_BetweenTwoScrapes_CountsFromZero(int afterwards)
    {
        _run.Apply(Port("web"));
        Use("web", 5, TimeSpan.FromSeconds(0.9));
        (await ScrapeText.OfAsync(_metrics))[$"userproxy_connections_total{Web}"].ShouldBe(5);

        _run.Apply();
        _run.Apply(Port("web"));
        Use("web", afterwards, TimeSpan.FromSeconds(0.6));

        // The new mean alone lies in that bucket: of what is more than before it would not.
        var scrape = await ScrapeText.OfAsync(_metrics);
        scrape[$"userproxy_connections_total{Web}"].ShouldBe(afterwards);
        scrape[$"userproxy_connect_duration_seconds_count{WebShort}"].ShouldBe(afterwards);
        scrape[$"userproxy_connect_duration_seconds_sum{WebShort}"].ShouldBe(afterwards * 0.6, 1e-9);
        scrape[$"userproxy_connect_duration_seconds_bucket{WebShort[..^1]},le=\"0.5\"}}"].ShouldBe(0);
        scrape[$"userproxy_connect_duration_seconds_bucket{WebShort[..^1]},le=\"1\"}}"].ShouldBe(afterwards);
    }

    /// <summary>Out of memory, the registry may keep a lock: the next scrape has a new one, with all that was counted.</summary>
    [Fact]
    public async Task ScrapeThatFails_TheNextIsWhole()
    {
        _run.Apply(Port("web"));
        Use("web", 5, TimeSpan.FromSeconds(0.9));
        var before = await ScrapeText.OfAsync(_metrics);
        _logLinesDropped = () => throw new InsufficientMemoryException();
        await Should.ThrowAsync<InvalidOperationException>(() => ScrapeText.OfAsync(_metrics));
        _logLinesDropped = () => 3;

        var after = await ScrapeText.OfAsync(_metrics);
        after[$"userproxy_connections_total{Web}"].ShouldBe(5);
        after[$"userproxy_connect_duration_seconds_count{WebShort}"].ShouldBe(5);
        after[$"userproxy_connect_duration_seconds_sum{WebShort}"].ShouldBe(before[$"userproxy_connect_duration_seconds_sum{WebShort}"], 1e-9);
        after["userproxy_log_lines_dropped_total"].ShouldBe(3);
    }

    [Fact]
    public async Task ServiceDeleted_TakesItsSeriesAlong()
    {
        _run.Apply(Port("api"), Port("dns", TransportProtocol.Udp), Port("web"));
        Use("api", 3, TimeSpan.FromSeconds(1));
        Use("web", 5, TimeSpan.FromSeconds(1));
        var before = await ScrapeText.OfAsync(_metrics);
        before.Samples.Keys.Count(sample => sample.Contains("service=\"web\"", StringComparison.Ordinal)).ShouldBeGreaterThan(50);

        _run.Apply(Port("api"));

        var after = await ScrapeText.OfAsync(_metrics);
        after.Samples.Keys.Where(
            sample => sample.Contains("service=\"web\"", StringComparison.Ordinal) || sample.Contains("service=\"dns\"", StringComparison.Ordinal))
                .ShouldBeEmpty();
        after.Samples.Keys.Count(sample => sample.Contains("service=\"api\"", StringComparison.Ordinal))
            .ShouldBe(before.Samples.Keys.Count(sample => sample.Contains("service=\"api\"", StringComparison.Ordinal)));
    }

    /// <summary>Of 10,000 Services a node uses a handful.</summary>
    [Fact]
    public async Task ServiceUnused_HasFewSeries()
    {
        _run.Apply(Port("dns", TransportProtocol.Udp), Port("web"));

        var scrape = await ScrapeText.OfAsync(_metrics);

        scrape.Samples.Keys.Count(sample => sample.Contains("service=\"web\"", StringComparison.Ordinal)).ShouldBeLessThan(10);
        scrape.Samples.Keys.Count(sample => sample.Contains("service=\"dns\"", StringComparison.Ordinal)).ShouldBeLessThan(10);
    }

    /// <summary>A counter that fell would be taken for a restart, and what is left of it for new connections.</summary>
    [Fact]
    public async Task DualStack_BothFamiliesAreOne_AndGoOnWhenOneLeavesAndComesBack()
    {
        var (four, six) = (Port("web"), Port("web", address: "fd00::1") with { Family = AddressFamily.InterNetworkV6 });
        _run.Apply(four, six);
        Use("web", 5, TimeSpan.FromSeconds(1));
        await ShouldSayAsync(10);

        // The last of the family that leaves are in no scrape of its own.
        Use("web", 2, TimeSpan.FromSeconds(1));
        _run.Apply(four);
        await ShouldSayAsync(14);
        Use("web", 3, TimeSpan.FromSeconds(1));
        await ShouldSayAsync(17);

        _run.Apply(four, six);
        await ShouldSayAsync(17);
        Use("web", 1, TimeSpan.FromSeconds(1));
        await ShouldSayAsync(19);

        _run.Apply(six);
        await ShouldSayAsync(19);

        _run.Apply();
        _run.Apply(four, six);
        Use("web", 1, TimeSpan.FromSeconds(1));
        await ShouldSayAsync(2);

        async Task ShouldSayAsync(int connections)
        {
            var scrape = await ScrapeText.OfAsync(_metrics);
            scrape.HistogramsShouldFitTogether();
            scrape[$"userproxy_connections_total{Web}"].ShouldBe(connections);
            scrape[$"userproxy_connect_duration_seconds_count{WebShort}"].ShouldBe(connections);
            scrape[$"userproxy_connect_duration_seconds_sum{WebShort}"].ShouldBe(connections);
        }
    }

    /// <summary>It was used and left between two scrapes: nobody had seen it used.</summary>
    [Fact]
    public async Task DualStack_FamilyThatLeavesWasUsedUnseen_IsCounted()
    {
        var (four, six) = (Port("web"), Port("web", address: "fd00::1") with { Family = AddressFamily.InterNetworkV6 });
        _run.Apply(four, six);
        await ScrapeText.OfAsync(_metrics);
        var counters = _run.Proxier.View.ServicesAndLeft().Single(reading => reading.Family == AddressFamily.InterNetworkV6).Counters;
        counters.CountAccepted();
        counters.ConnectDuration.Add(TimeSpan.FromSeconds(1));

        _run.Apply(four);

        var scrape = await ScrapeText.OfAsync(_metrics);
        scrape[$"userproxy_connections_total{Web}"].ShouldBe(1);
        scrape[$"userproxy_connect_duration_seconds_count{WebShort}"].ShouldBe(1);
    }

    [Fact]
    public async Task Listener_OnAnotherSocket_CountsItsDropsFromZero()
    {
        const string drops = "userproxy_listener_datagrams_dropped_total{namespace=\"shop\",service=\"dns\",port=\"http\",address=\"10.96.0.9:80\"}";
        _run.Apply(Port("dns", TransportProtocol.Udp, "10.96.0.9"));
        var socket = _run.Datagrams.Bound.Values.Single();
        foreach (int dropped in (int[])[10, 12, 3])
        {
            socket.KernelDrops = dropped;
            (await ScrapeText.OfAsync(_metrics))[drops].ShouldBe(dropped);
        }

        socket.KernelDrops = null;
        (await ScrapeText.OfAsync(_metrics)).Samples.Keys.ShouldNotContain(drops);
        socket.KernelDrops = 4;
        (await ScrapeText.OfAsync(_metrics))[drops].ShouldBe(4);
    }

    [Fact]
    public async Task ScrapesAtOnce_WhileServicesCountComeAndGo_EachFitsTogether()
    {
        _run.Apply(Port("api"), Port("web"));
        Use("web", 1, TimeSpan.FromSeconds(0.2));
        using var done = new CancellationTokenSource();
        var counting = Task.Run(() =>
        {
            for (int i = 0; !done.IsCancellationRequested; i++) Use("web", 1, TimeSpan.FromMilliseconds(i % 3000));
        });
        // Swaps the endpoints of the one, and deletes and declares the other.
        var changing = Task.Run(() =>
        {
            for (int i = 0; !done.IsCancellationRequested; i++)
                _run.Apply(i % 2 == 0 ? [Port("web", endpoints: (i % 5) + 1)] : [Port("api"), Port("web", endpoints: (i % 5) + 1)]);
        });

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            double last = 0;
            for (int i = 0; i < 50; i++)
            {
                var scrape = await ScrapeText.OfAsync(_metrics);
                scrape.HistogramsShouldFitTogether();
                scrape[$"userproxy_connections_total{Web}"].ShouldBeGreaterThanOrEqualTo(last);
                last = scrape[$"userproxy_connections_total{Web}"];
                scrape[$"userproxy_endpoints{Web[..^1]},state=\"used\"}}"].ShouldBeInRange(1, 5);
            }
        })));

        await done.CancelAsync();
        await counting;
        await changing;
        var (counters, scraped) = (CountersOf("web").Single(), await ScrapeText.OfAsync(_metrics));
        scraped[$"userproxy_connections_total{Web}"].ShouldBe(counters.Accepted);
        scraped[$"userproxy_connect_duration_seconds_count{WebShort}"].ShouldBe(counters.Accepted);
    }

    [Fact]
    public async Task ScraperReadsNothing_OthersAreAnswered()
    {
        _run.Apply(Port("web"));
        Use("web", 5, TimeSpan.FromSeconds(1));
        using var left = new CancellationTokenSource();
        var stuck = new Pipe(new PipeOptions(pauseWriterThreshold: 1, resumeWriterThreshold: 1));
        var slow = _metrics.WriteAsync(stuck.Writer, ExpositionFormat.PrometheusText, left.Token);
        (await stuck.Reader.ReadAsync(TestContext.Current.CancellationToken)).Buffer.Length.ShouldBeGreaterThan(0);

        (await ScrapeText.OfAsync(_metrics))[$"userproxy_connections_total{Web}"].ShouldBe(5);

        slow.IsCompleted.ShouldBeFalse();
        await left.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(slow);
        Use("web", 1, TimeSpan.FromSeconds(1));
        (await ScrapeText.OfAsync(_metrics))[$"userproxy_connect_duration_seconds_count{WebShort}"].ShouldBe(6);
    }

    [Fact]
    public async Task ManyScrapersReadNothing_TheOldestGiveWay()
    {
        _run.Apply(Port("web"));
        Use("web", 5, TimeSpan.FromSeconds(1));
        using var left = new CancellationTokenSource();
        var slow = new List<Task>();
        for (int i = 0; i < 10; i++)
        {
            var stuck = new Pipe(new PipeOptions(pauseWriterThreshold: 1, resumeWriterThreshold: 1));
            slow.Add(_metrics.WriteAsync(stuck.Writer, ExpositionFormat.PrometheusText, left.Token));
            (await stuck.Reader.ReadAsync(TestContext.Current.CancellationToken)).Buffer.Length.ShouldBeGreaterThan(0);
        }

        foreach (var oldest in slow[..6]) await Should.ThrowAsync<OperationCanceledException>(oldest.WaitAsync(TimeSpan.FromSeconds(90)));
        slow[6..].ShouldAllBe(scrape => !scrape.IsCompleted);

        (await ScrapeText.OfAsync(_metrics))[$"userproxy_connections_total{Web}"].ShouldBe(5);

        await Should.ThrowAsync<OperationCanceledException>(slow[6].WaitAsync(TimeSpan.FromSeconds(90)));
        slow[7..].ShouldAllBe(scrape => !scrape.IsCompleted);
        await left.CancelAsync();
        foreach (var scrape in slow[7..]) await Should.ThrowAsync<OperationCanceledException>(scrape);
    }

    [Fact]
    public async Task ScraperHasLeft_TheNextIsRight()
    {
        _run.Apply(Port("web"));
        Use("web", 5, TimeSpan.FromSeconds(1));

        await Should.ThrowAsync<OperationCanceledException>(
            _metrics.WriteAsync(PipeWriter.Create(Stream.Null), ExpositionFormat.PrometheusText, new CancellationToken(canceled: true)));

        (await ScrapeText.OfAsync(_metrics))[$"userproxy_connect_duration_seconds_sum{WebShort}"].ShouldBe(5);
    }

    /// <summary>The package would go on with the values of the last time.</summary>
    [Fact]
    public async Task CountersCannotBeRead_TheScrapeFails()
    {
        _logLinesDropped = () => throw new InvalidOperationException("a defect");
        var output = new MemoryStream();

        await Should.ThrowAsync<InvalidOperationException>(
            _metrics.WriteAsync(PipeWriter.Create(output), ExpositionFormat.PrometheusText, TestContext.Current.CancellationToken));

        output.Length.ShouldBe(0);
        _logLinesDropped = () => 7;
        (await ScrapeText.OfAsync(_metrics))["userproxy_log_lines_dropped_total"].ShouldBe(7);
    }

    [Theory]
    [InlineData(ExpositionFormat.PrometheusText, "untyped")]
    [InlineData(ExpositionFormat.OpenMetricsText, "unknown")]
    public async Task NoLocalEndpoints_GoesUpAndDown_WithoutAType(ExpositionFormat format, string type)
    {
        const string internally = "kubeproxy_sync_proxy_rules_no_local_endpoints_total{traffic_policy=\"internal\"}";
        _run.Apply(Port("web") with { InternalPolicy = TrafficPolicy.Local });
        (await ScrapeText.OfAsync(_metrics, format))[internally].ShouldBe(1);

        _run.Apply(Port("web"));

        var scrape = await ScrapeText.OfAsync(_metrics, format);
        scrape[internally].ShouldBe(0);
        scrape.Text.ShouldContain($"# TYPE kubeproxy_sync_proxy_rules_no_local_endpoints_total {type}\n");
    }

    /// <summary>The package writes help texts as they are.</summary>
    [Fact]
    public async Task HelpTexts_NeedNoEscapes()
    {
        string[] helps = [.. (await ScrapeText.OfAsync(_metrics)).Text.Split('\n').Where(line => line.StartsWith("# HELP", StringComparison.Ordinal))];

        helps.Length.ShouldBeGreaterThan(40);
        helps.ShouldAllBe(help => !help.Contains('"') && !help.Contains('\\'));
    }

    private static ServicePort Port(string service, TransportProtocol protocol = TransportProtocol.Tcp, string address = "", int endpoints = 1)
    {
        address = address.Length > 0 ? address : $"10.96.0.{(service[0] % 3) + 1}";
        var all = Enumerable.Range(1, endpoints).Select(number => new Endpoint(IPAddress.Parse($"10.244.0.{number}"), 8080)).ToList();
        return new ServicePort
        {
            Name = new("shop", service, "http", protocol),
            Family = AddressFamily.InterNetwork,
            Listeners = [new ListenAddress(ListenerKind.ClusterIP, IPAddress.Parse(address), 80)],
            Endpoints = [.. all],
            ClusterEndpoints = [.. all],
            HasEndpoints = true,
        };
    }

    private IEnumerable<ServiceCounters> CountersOf(string service) =>
        _run.Proxier.View.ServicesAndLeft().Where(reading => reading.Name.Name == service).Select(reading => reading.Counters);

    /// <summary>So many connections that took so long to be connected, in each of its address families.</summary>
    private void Use(string service, int times, TimeSpan duration)
    {
        foreach (var counters in CountersOf(service))
        {
            for (int i = 0; i < times; i++)
            {
                counters.CountAccepted();
                counters.ConnectDuration.Add(duration);
            }
        }
    }
}
