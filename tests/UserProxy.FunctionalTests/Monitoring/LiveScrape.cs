using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using UserProxy.FakeApiServer;
using UserProxy.FunctionalTests.Backends;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.FunctionalTests.Monitoring;

/// <summary>
/// Scrapes of a run on a cluster that has seen everything which begins a series: TCP and UDP clients, dials that failed, clients turned away, a port that is
/// taken, a faulty object, an API server that was away. Shared by the tests that ask whether a name exists, and what a panel shows of it.
/// </summary>
public sealed partial class LiveScrape : IAsyncLifetime
{
    private static readonly HttpClient Http = new();

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("userproxy-scrape-");
    private readonly List<Scrape> _recorded = [];

    /// <summary>Names with their labels, as they are in the last scrape.</summary>
    internal IReadOnlyList<(string Name, IReadOnlyDictionary<string, string> Labels)> Samples { get; private set; } = [];

    /// <summary>In order; something of everything happened between one and the next.</summary>
    internal IReadOnlyList<Scrape> Recorded => _recorded;

    public async ValueTask InitializeAsync()
    {
        int metrics = FreePort.Next(), health = FreePort.Next(), tcp = FreePort.Next(), down = FreePort.Next(), udp = FreePort.Next(), loop = FreePort.Next();
        await using var web = Backend.Named("web");
        await using var refusing = Backend.Refusing();
        await using var refusingToo = Backend.Refusing();
        await using var taken = Backend.Named("taken");
        using var dns = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        await using var api = await ApiServer.StartAsync(new ServerSettings { BookmarkInterval = TimeSpan.FromMilliseconds(200) });
        api.Apply(Service("web", "TCP", tcp, "10.96.0.2"));
        api.Apply(Slice("web-1", "web", "TCP", web.EndPoint.Port));
        api.Apply(Service("down", "TCP", down, "10.96.0.4"));
        api.Apply(Service("taken", "TCP", taken.EndPoint.Port, "10.96.0.5"));
        api.Apply(Slice("taken-1", "taken", "TCP", web.EndPoint.Port));
        api.Apply(Service("dns", "UDP", udp, "10.96.0.3"));
        api.Apply(Slice("dns-1", "dns", "UDP", ((IPEndPoint)dns.Client.LocalEndPoint!).Port));
        api.Apply(Service("loop", "UDP", loop, "10.96.0.6"));
        api.Apply(Slice("loop-1", "loop", "UDP", udp));
        api.Apply(
            "{kind: Service, metadata: {name: odd, namespace: demo, annotations: {userproxy.io/scheduler: none-such}}, spec: {clusterIP: 10.96.0.9, ports: "
                + "[{port: 80}]}}");
        File.WriteAllText(Path.Combine(_folder.FullName, "kubeconfig"), api.Kubeconfig());
        await using var proxy = Tool.Start(
            TestedProgram.Path, "run", "--kubeconfig", Path.Combine(_folder.FullName, "kubeconfig"), "--node-name", "node-1",
            "--cluster-ips", "off", "--node-port-addresses", "127.0.0.0/8", "--allow-loopback-endpoints", "--healthz-bind-address", $"127.0.0.1:{health}",
            "--metrics-bind-address", $"127.0.0.1:{metrics}", "--admin-socket", Path.Combine(_folder.FullName, "admin.sock"), "--drain-timeout", "0s");

        await Eventually.IsTrue(() => Task.FromResult(KernelTable.Count(tcp, TcpSocketState.Listen) > 0), "the proxy listens");
        await RoundAsync(refusing);
        // An Event that is answered, before there is nobody to answer.
        await Eventually.IsTrue(
            async () => (await Scrape.OfAsync(metrics)).Sum("rest_client_request_duration_seconds_count", "verb=\"POST\"") > 0, "an Event is written");
        _recorded.Add(await Scrape.OfAsync(metrics));

        // A watch that ends, and a request without an answer, begin the series of their reason and code.
        await api.StopAsync();
        await Eventually.IsTrue(
            async () => (await Scrape.OfAsync(metrics)).Sum("rest_client_requests_total", "code=\"<error>\"") > 0, "the API server is missed");
        await api.ResumeAsync();
        await Eventually.IsTrue(async () => (await Scrape.OfAsync(metrics)).Sum("userproxy_watch_restarts_total") > 0, "a watch has ended");
        await RoundAsync(refusingToo);
        _recorded.Add(await Scrape.OfAsync(metrics));

        for (int i = 0; i < 3; i++)
        {
            await RoundAsync(i % 2 == 0 ? refusing : refusingToo);
            _recorded.Add(await Scrape.OfAsync(metrics));
        }

        Samples = [.. _recorded[^1].Samples.Keys.Select(Parse)];

        // Changes, clients of every kind, and questions about health; waits until all of it is in the metrics.
        async Task RoundAsync(Backend refuses)
        {
            var before = await Scrape.OfAsync(metrics);
            api.Apply(Slice("web-2", "web", "TCP", refuses.EndPoint.Port));
            api.Apply(Slice("down-1", "down", "TCP", refuses.EndPoint.Port));
            await Grows("kubeproxy_network_programming_duration_seconds_count", "", by: 2);
            await Eventually.IsTrue(() => KernelTable.Count(down, TcpSocketState.Listen) > 0, "the port without a working endpoint listens");
            for (int i = 0; i < 4; i++) await AskAsync(tcp);
            await TryAsync(down);
            await AskAsync(dns, udp);
            await Eventually.IsTrue(
                async () =>
                {
                    using var client = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
                    await client.SendAsync("ping"u8.ToArray(), new IPEndPoint(IPAddress.Loopback, loop));
                    return await HasGrown("userproxy_datagrams_dropped_total", "reason=\"loop\"", by: 1);
                },
                "a datagram is dropped");
            foreach (string page in (string[])["healthz", "livez"])
                using (await Http.GetAsync(new Uri($"http://127.0.0.1:{health}/{page}"))) { }

            await Grows("userproxy_connect_failures_total", "reason=\"refused\"", by: 1);
            await Grows("userproxy_connections_closed_total", "reason=\"no_endpoint\"", by: 1);
            await Grows("userproxy_connections_closed_total", "reason=\"backend_fin\"", by: 4);
            await Grows("userproxy_connection_duration_seconds_count", "service=\"web\"", by: 4);

            Task Grows(string name, string labels, double by) =>
                Eventually.IsTrue(() => HasGrown(name, labels, by), $"{name}{{{labels}}} grows by {by.ToString(CultureInfo.InvariantCulture)}");

            async Task<bool> HasGrown(string name, string labels, double by) =>
                ((await Scrape.OfAsync(metrics)).Sum(name, labels) ?? 0) >= (before.Sum(name, labels) ?? 0) + by;
        }
    }

    public ValueTask DisposeAsync()
    {
        _folder.Delete(recursive: true);
        return ValueTask.CompletedTask;
    }

    private static async Task AskAsync(int port)
    {
        using var client = await Peer.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port));
        await client.ReceiveToEndAsync();
    }

    /// <summary>A client that is turned away: by a reset, after or before its connect has returned.</summary>
    private static async Task TryAsync(int port)
    {
        try
        {
            await AskAsync(port);
        }
        catch (SocketException)
        {
            // As it should be.
        }
    }

    private static async Task AskAsync(UdpClient backend, int port)
    {
        using var client = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        await Eventually.IsTrue(
            async () =>
            {
                // Until the port is bound nobody takes the question; and some that were asked before may be waiting still.
                await client.SendAsync("ping"u8.ToArray(), new IPEndPoint(IPAddress.Loopback, port));
                while (backend.Available > 0) await backend.SendAsync("pong"u8.ToArray(), (await backend.ReceiveAsync()).RemoteEndPoint);
                return client.Available > 0;
            },
            "a question is answered");
    }

    private static string Service(string name, string protocol, int nodePort, string clusterIP) => string.Create(
        CultureInfo.InvariantCulture,
        $"{{kind: Service, metadata: {{name: {name}, namespace: demo}}, spec: {{type: NodePort, clusterIP: {clusterIP}, ports: [{{port: 80, protocol: "
            + $"{protocol}, nodePort: {nodePort}}}]}}}}");

    /// <summary>As of a Pod that has changed just now.</summary>
    private static string Slice(string name, string service, string protocol, int port) => string.Create(
        CultureInfo.InvariantCulture,
        $"{{kind: EndpointSlice, metadata: {{name: {name}, namespace: demo, labels: {{kubernetes.io/service-name: {service}}}, annotations: "
            + $"{{endpoints.kubernetes.io/last-change-trigger-time: \"{DateTimeOffset.UtcNow:o}\"}}}}, addressType: IPv4, ports: "
            + $"[{{port: {port}, protocol: {protocol}}}], endpoints: [{{addresses: [\"127.0.0.1\"]}}]}}");

    private static (string, IReadOnlyDictionary<string, string>) Parse(string sample) =>
        (sample.Split('{')[0], Label().Matches(sample).ToDictionary(match => match.Groups[1].Value, match => match.Groups[2].Value));

    [GeneratedRegex("(\\w+)=\"([^\"]*)\"")]
    private static partial Regex Label();
}
