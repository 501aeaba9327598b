using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using UserProxy.FakeApiServer;
using UserProxy.FunctionalTests.Backends;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.FunctionalTests.Monitoring;

/// <summary>
/// One scrape of a run on a cluster that has seen everything which begins a series: TCP and UDP clients, a dial that failed, a faulty object, an API server
/// that was away. Shared by the tests that ask whether a name exists.
/// </summary>
public sealed partial class LiveScrape : IAsyncLifetime
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("userproxy-scrape-");

    /// <summary>Names with their labels, as they are in the scrape.</summary>
    internal IReadOnlyList<(string Name, IReadOnlyDictionary<string, string> Labels)> Samples { get; private set; } = [];

    public async ValueTask InitializeAsync()
    {
        int metrics = FreePort.Next(), tcp = FreePort.Next(), udp = FreePort.Next();
        await using var web = Backend.Named("web");
        await using var refusing = Backend.Refusing();
        using var dns = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        await using var api = await ApiServer.StartAsync(new ServerSettings { BookmarkInterval = TimeSpan.FromMilliseconds(200) });
        api.Apply(Service("web", "TCP", tcp, "10.96.0.2"));
        api.Apply(Slice("web-1", "web", "TCP", web.EndPoint.Port));
        api.Apply(Slice("web-2", "web", "TCP", refusing.EndPoint.Port));
        api.Apply(Service("dns", "UDP", udp, "10.96.0.3"));
        api.Apply(Slice("dns-1", "dns", "UDP", ((IPEndPoint)dns.Client.LocalEndPoint!).Port));
        api.Apply(
            "{kind: Service, metadata: {name: odd, namespace: demo, annotations: {userproxy.io/scheduler: none-such}}, spec: {clusterIP: 10.96.0.9, ports: "
                + "[{port: 80}]}}");
        File.WriteAllText(Path.Combine(_folder.FullName, "kubeconfig"), api.Kubeconfig());
        await using var proxy = Tool.Start(
            TestedProgram.Path, "run", "--kubeconfig", Path.Combine(_folder.FullName, "kubeconfig"), "--node-name", "node-1",
            "--cluster-ips", "off", "--node-port-addresses", "127.0.0.0/8", "--allow-loopback-endpoints", "--healthz-bind-address", "off",
            "--metrics-bind-address", $"127.0.0.1:{metrics}", "--admin-socket", Path.Combine(_folder.FullName, "admin.sock"), "--drain-timeout", "0s");

        await Eventually.IsTrue(() => Task.FromResult(KernelTable.Count(tcp, TcpSocketState.Listen) > 0), "the proxy listens");
        for (int i = 0; i < 4; i++) await AskAsync(tcp);
        await AskAsync(dns, udp);
        // An Event that is answered, before there is nobody to answer.
        await Eventually.IsTrue(
            async () => (await Scrape.OfAsync(metrics)).Sum("rest_client_request_duration_seconds_count", "verb=\"POST\"") > 0, "an Event is written");
        // A watch that ends, and a request without an answer, begin the series of their reason and code.
        await api.StopAsync();
        await Eventually.IsTrue(
            async () => (await Scrape.OfAsync(metrics)).Sum("rest_client_requests_total", "code=\"<error>\"") > 0, "the API server is missed");
        await api.ResumeAsync();
        await Eventually.IsTrue(
            async () =>
            {
                var scrape = await Scrape.OfAsync(metrics);
                Samples = [.. scrape.Samples.Keys.Select(Parse)];
                return scrape.Sum("userproxy_watch_restarts_total") > 0 && scrape.Sum("userproxy_connect_failures_total", "reason=\"refused\"") > 0
                    && scrape.Sum("userproxy_connections_closed_total", "reason=\"backend_fin\"") > 0;
            },
            "the scrape has what was caused");
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

    private static async Task AskAsync(UdpClient backend, int port)
    {
        using var client = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        var asked = backend.ReceiveAsync();
        await Eventually.IsTrue(
            async () =>
            {
                // Until the port is bound nobody takes the question.
                if (!asked.IsCompleted) await client.SendAsync("ping"u8.ToArray(), new IPEndPoint(IPAddress.Loopback, port));
                await Task.WhenAny(asked, Task.Delay(100));
                return asked.IsCompleted;
            },
            "a question arrives");
        await backend.SendAsync("pong"u8.ToArray(), (await asked).RemoteEndPoint);
        await client.ReceiveAsync();
    }

    private static string Service(string name, string protocol, int nodePort, string clusterIP) => string.Create(
        CultureInfo.InvariantCulture,
        $"{{kind: Service, metadata: {{name: {name}, namespace: demo}}, spec: {{type: NodePort, clusterIP: {clusterIP}, ports: [{{port: 80, protocol: "
            + $"{protocol}, nodePort: {nodePort}}}]}}}}");

    private static string Slice(string name, string service, string protocol, int port) => string.Create(
        CultureInfo.InvariantCulture,
        $"{{kind: EndpointSlice, metadata: {{name: {name}, namespace: demo, labels: {{kubernetes.io/service-name: {service}}}}}, addressType: IPv4, ports: "
            + $"[{{port: {port}, protocol: {protocol}}}], endpoints: [{{addresses: [\"127.0.0.1\"]}}]}}");

    private static (string, IReadOnlyDictionary<string, string>) Parse(string sample) =>
        (sample.Split('{')[0], Label().Matches(sample).ToDictionary(match => match.Groups[1].Value, match => match.Groups[2].Value));

    [GeneratedRegex("(\\w+)=\"([^\"]*)\"")]
    private static partial Regex Label();
}
