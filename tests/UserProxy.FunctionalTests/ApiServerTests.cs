using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using UserProxy.FakeApiServer;
using UserProxy.FunctionalTests.Backends;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.FunctionalTests;

/// <summary>What the executable tells a cluster and those who watch it: Events, its health, its metrics.</summary>
[StartsProgram]
public sealed class ApiServerTests : ApiServerCase
{
    [Fact]
    public async Task PortIsTaken_AnEventSaysSo()
    {
        await using var one = Backend.Named("one");
        using var squatter = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        squatter.Bind(new IPEndPoint(IPAddress.Loopback, Port));
        squatter.Listen();
        var api = await ServeAsync(Service(), Slice("web-1", one));
        Start(TransportKind.Epoll);

        await Eventually.IsTrue(() => Task.FromResult(api.Events.Count > 0), "an Event is written");
        var happened = api.Events.First();
        happened["reason"]!.ToString().ShouldBe("FailedToListen");
        happened["regarding"]!["name"]!.ToString().ShouldBe("web");
        happened["regarding"]!["uid"]!.ToString().ShouldNotBeEmpty();
        happened["type"]!.ToString().ShouldBe("Warning");
        happened["note"]!.ToString().ShouldContain(Port.ToString(CultureInfo.InvariantCulture));
        (await HealthAsync("/livez")).ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task HealthAndMetricsPortsAreTaken_EventsOfTheNodeSaySo(bool hardFail)
    {
        using var health = new TcpListener(IPAddress.Loopback, HealthPort) { ExclusiveAddressUse = true };
        using var metrics = new TcpListener(IPAddress.Loopback, MetricsPort) { ExclusiveAddressUse = true };
        health.Start();
        metrics.Start();
        var api = await ServeAsync("{kind: Node, metadata: {name: node-1}}");
        Start(TransportKind.Epoll, hardFail ? ["--bind-address-hard-fail"] : []);

        if (hardFail)
        {
            await Process.WaitForExitAsync().WaitAsync(Eventually.Patience);
            Process.ExitCode.ShouldBe(1);
            api.Events.Select(written => written["reason"]!.ToString()).ShouldBe(["FailedToStartProxierHealthcheck"], "said before the process has ended");
            return;
        }

        await Eventually.IsTrue(() => api.Events.Count == 2, "both are said");
        api.Events.Select(written => written["reason"]!.ToString()).Order().ShouldBe(["FailedToStartMetricServer", "FailedToStartProxierHealthcheck"]);
        api.Events.ShouldAllBe(
            written => written["regarding"]!["kind"]!.ToString() == "Node"
                && written["regarding"]!["uid"]!.ToString() == "node-1" && written["type"]!.ToString() == "Warning");
        api.Events.Select(written => written["note"]!.ToString())
            .ShouldContain(note => note.StartsWith($"metrics cannot be answered on 127.0.0.1:{MetricsPort}: the port is taken by ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task NodeIsTaintedForDeletion_HealthzFails_LivezDoesNot()
    {
        var api = await ServeAsync("{kind: Node, metadata: {name: node-1}}");
        Start(TransportKind.Epoll);
        await Eventually.IsTrue(async () => await HealthAsync("/healthz") == HttpStatusCode.OK, "a known node is eligible");

        api.Apply("{kind: Node, metadata: {name: node-1}, spec: {taints: [{key: ToBeDeletedByClusterAutoscaler, effect: NoSchedule}]}}");
        await Eventually.IsTrue(async () => await HealthAsync("/healthz") == HttpStatusCode.ServiceUnavailable, "a node that goes is not");
        (await HealthAsync("/livez")).ShouldBe(HttpStatusCode.OK);

        api.Apply("{kind: Node, metadata: {name: node-1}}");
        await Eventually.IsTrue(async () => await HealthAsync("/healthz") == HttpStatusCode.OK, "the taint is gone");
    }

    /// <summary>
    /// After traffic, failed dials, a swap and an object that cannot be read: every family that users rely on, in a form that Prometheus takes.
    /// </summary>
    [Fact]
    public async Task Scrape_HasEveryFamily_AndPromtoolIsContent()
    {
        await using var one = Backend.Named("one");
        await using var refusing = Backend.Refusing();
        var api = await ServeAsync(Service(), Slice("web-1", one), Slice("web-2", refusing));
        api.Apply(
            "{kind: Service, metadata: {name: odd, namespace: demo, annotations: {userproxy.io/scheduler: none-such}}, spec: {clusterIP: 10.96.0.2, ports: "
                + "[{port: 80}]}}");
        Start(TransportKind.Epoll);
        for (int i = 0; i < 10; i++) await AnswersAsync("one");
        await using var two = Backend.Named("two");
        api.Apply(Slice("web-1", two, $"endpoints.kubernetes.io/last-change-trigger-time: \"{DateTimeOffset.UtcNow:o}\""));
        await AnswersAsync("two");
        (await HealthAsync("/livez")).ShouldBe(HttpStatusCode.OK);
        await DatagramsAsync(api);

        var scrape = await Scrape.OfAsync(MetricsPort);

        // The contract's; then those that dashboards know from kube-proxy and from any process.
        string[] expected =
        [
            "userproxy_connections_total", "userproxy_connections_active", "userproxy_connect_failures_total", "userproxy_connect_retries_total",
            "userproxy_connections_closed_total", "userproxy_bytes_total", "userproxy_connect_duration_seconds", "userproxy_connection_duration_seconds",
            "userproxy_listener_accept_queue", "userproxy_listener_backlog", "userproxy_listeners", "userproxy_listeners_failed", "userproxy_endpoints",
            "userproxy_accept_paused_total", "userproxy_descriptors_open", "userproxy_descriptors_limit", "userproxy_watch_last_event_age_seconds",
            "userproxy_watch_restarts_total", "userproxy_invalid_objects_total", "userproxy_datagrams_total", "userproxy_datagrams_dropped_total",
            "userproxy_upstream_datagrams_dropped_total", "userproxy_snapshot_served_age_seconds", "userproxy_snapshot_last_written_timestamp_seconds",
            "userproxy_snapshot_write_failures_total",
            "kubeproxy_sync_proxy_rules_duration_seconds", "kubeproxy_sync_proxy_rules_last_timestamp_seconds",
            "kubeproxy_sync_proxy_rules_last_queued_timestamp_seconds",
            "kubeproxy_network_programming_duration_seconds", "kubeproxy_sync_proxy_rules_service_changes_pending",
            "kubeproxy_sync_proxy_rules_service_changes_total",
            "kubeproxy_sync_proxy_rules_endpoint_changes_pending", "kubeproxy_sync_proxy_rules_endpoint_changes_total",
            "kubeproxy_sync_proxy_rules_no_local_endpoints_total", "kubeproxy_proxy_healthz_total", "kubeproxy_proxy_livez_total", "rest_client_requests_total",
            "rest_client_request_duration_seconds", "process_cpu_seconds_total", "process_resident_memory_bytes", "process_virtual_memory_bytes",
            "process_start_time_seconds", "process_open_fds", "process_max_fds",
        ];
        expected.Except(scrape.Families).ShouldBeEmpty();
        const string web = "namespace=\"demo\",service=\"web\",port=\"\"";
        scrape.Sum("userproxy_connect_failures_total", $"{web},protocol=\"TCP\",reason=\"refused\"").ShouldNotBeNull().ShouldBeGreaterThan(0);
        scrape.Sum("userproxy_connect_retries_total", "reason=\"refused\"").ShouldNotBeNull().ShouldBeGreaterThan(0);
        scrape.Sum("userproxy_endpoints", $"{web},protocol=\"TCP\",state=\"used\"").ShouldBe(2);
        scrape.Sum("userproxy_listeners", "kind=\"NodePort\"").ShouldBe(2);
        scrape.Sum("userproxy_listener_backlog", $"{web},address=").ShouldNotBeNull().ShouldBeGreaterThan(0);
        scrape.Sum("userproxy_listener_accept_queue", $"{web},address=").ShouldNotBeNull();
        scrape.Sum("userproxy_invalid_objects_total", "kind=\"Service\",reason=\"InvalidAnnotation\"").ShouldBe(1);
        scrape.Sum("userproxy_watch_up").ShouldBe(3);
        scrape.Sum("userproxy_datagrams_total", "protocol=\"UDP\",direction=\"out\"").ShouldBe(3);
        scrape.Sum("userproxy_bytes_total", "protocol=\"UDP\",direction=\"out\"").ShouldBe(12);
        scrape.Sum("userproxy_connections_active", "protocol=\"UDP\"").ShouldBe(1);
        scrape.Sum("userproxy_datagrams_dropped_total", "protocol=\"UDP\",reason=\"no_endpoint\"").ShouldBe(0);
        scrape.Sum("kubeproxy_network_programming_duration_seconds_count").ShouldBe(1);
        scrape.Sum("kubeproxy_network_programming_duration_seconds_bucket", "le=\"60\"").ShouldBe(1, "in seconds, since then");
        scrape.Sum("kubeproxy_sync_proxy_rules_endpoint_changes_pending").ShouldBe(0);
        scrape.Sum("kubeproxy_proxy_livez_total", "code=\"200\"").ShouldBe(1);
        scrape.Sum("rest_client_requests_total", "code=\"200\"").ShouldNotBeNull().ShouldBeGreaterThanOrEqualTo(6);
        MetricsReference.IsAsWritten(scrape);
        Tool.SkipUnlessInstalled("promtool");
        (await scrape.CheckAsync()).ShouldBe((0, ""));
    }

    /// <summary>Three questions of one client and their answers, through a UDP NodePort.</summary>
    private static async Task DatagramsAsync(ApiServer api)
    {
        using var backend = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        int nodePort = FreePort.Next();
        int port = ((IPEndPoint)backend.Client.LocalEndPoint!).Port;
        api.Apply(string.Create(
            CultureInfo.InvariantCulture,
            $"{{kind: Service, metadata: {{name: dns, namespace: demo}}, spec: {{type: NodePort, clusterIP: 10.96.0.3, ports: [{{port: 53, protocol: UDP, "
                + $"nodePort: {nodePort}}}]}}}}"));
        api.Apply(string.Create(
            CultureInfo.InvariantCulture,
            $"{{kind: EndpointSlice, metadata: {{name: dns-1, namespace: demo, labels: {{kubernetes.io/service-name: dns}}}}, addressType: IPv4, ports: "
                + $"[{{port: {port}, protocol: UDP}}], endpoints: [{{addresses: [\"127.0.0.1\"]}}]}}"));
        using var client = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        var address = new IPEndPoint(IPAddress.Loopback, nodePort);
        for (int i = 0; i < 3; i++)
        {
            var asked = backend.ReceiveAsync(TestContext.Current.CancellationToken).AsTask();
            // Until the port is bound nobody takes the question.
            await Eventually.IsTrue(
                async () =>
                {
                    if (!asked.IsCompleted) await client.SendAsync("ping"u8.ToArray(), address, TestContext.Current.CancellationToken);
                    await Task.WhenAny(asked, Task.Delay(200));
                    return asked.IsCompleted;
                },
                "a question arrives");
            await backend.SendAsync("pong"u8.ToArray(), (await asked).RemoteEndPoint, TestContext.Current.CancellationToken);
            (await client.ReceiveAsync(TestContext.Current.CancellationToken)).Buffer.Length.ShouldBe(4);
        }
    }
}
