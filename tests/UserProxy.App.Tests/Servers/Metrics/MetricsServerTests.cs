using System.Net;
using System.Net.Http.Headers;
using Microsoft.Extensions.Logging.Abstractions;
using UserProxy.App.Configuration;
using UserProxy.App.Servers.Health;
using UserProxy.App.Servers.Http;
using UserProxy.App.Servers.Metrics;
using UserProxy.FunctionalTests.Support;
using UserProxy.Kubernetes.Building;
using UserProxy.Tcp.Sockets;
using UserProxy.Tests;

namespace UserProxy.App.Tests.Servers.Metrics;

public sealed class MetricsServerTests : IAsyncLifetime
{
    private readonly FakeTimeProvider _time = new();
    private readonly IPEndPoint _address = new(IPAddress.Loopback, FreePort.Next());
    private readonly HttpClient _http = new();
    private readonly SocketTransport _transport = new();
    private HttpPorts _ports = null!;
    private ProxyMetrics _metrics = null!;
    private MetricsServer _server = null!;

    public async ValueTask InitializeAsync()
    {
        _ports = await HttpPorts.StartAsync(maxConnections: 64, TimeSpan.FromMinutes(1), TimeProvider.System);
        var proxier = new Proxier(_transport, new ProxyOptions { DescriptorLimit = 1000 }, _time, NullLogger<Proxier>.Instance);
        var syncs = new SyncMetrics(proxier, new SourceChanges(_time.GetUtcNow()), new HealthAnswerCounts(), _time);
        _metrics = new ProxyMetrics(proxier, syncs, cluster: null, logLinesDropped: () => 0);
        _server = new MetricsServer(
            _ports, _address, _metrics, page: null, new RunOptions { NodeName = "node-1" }, OnBindFailure.TryAgain, NullLogger.Instance, _time);
        (await _server.StartAsync()).ShouldBeTrue();
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _server.DisposeAsync();
        await _ports.DisposeAsync();
        _metrics.Dispose();
        await _transport.DisposeAsync();
    }

    [Theory]
    [InlineData("/healthz", "ok")]
    [InlineData("/proxyMode", "userspace")]
    public async Task Get_SmallPaths_AnswerAsKubeProxyDoes(string path, string body)
    {
        using var response = await _http.GetAsync(Url(path), TestContext.Current.CancellationToken);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("text/plain");
        (await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).ShouldBe(body);
    }

    [Fact]
    public async Task Get_Metrics_IsTextByDefault()
    {
        using var response = await _http.GetAsync(Url("/metrics"), TestContext.Current.CancellationToken);

        response.Content.Headers.ContentType!.ToString().ShouldBe("text/plain; version=0.0.4; charset=utf-8");
        string text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        text.ShouldContain("\nuserproxy_descriptors_limit 1000\n");
        text.ShouldNotContain("# EOF");
        text.ShouldNotContain("rest_client", Case.Insensitive, "there is no API server");
    }

    [Fact]
    public async Task Get_MetricsAsOpenMetrics_EndsWithEof()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Url("/metrics"));
        request.Headers.Accept.Add(MediaTypeWithQualityHeaderValue.Parse("application/openmetrics-text; version=1.0.0"));
        using var response = await _http.SendAsync(request, TestContext.Current.CancellationToken);

        response.Content.Headers.ContentType!.ToString().ShouldBe("application/openmetrics-text; version=1.0.0; charset=utf-8");
        string text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        text.ShouldEndWith("\n# EOF\n");
        text.ShouldContain("\n# TYPE userproxy_accept_paused counter\nuserproxy_accept_paused_total 0.0\n");
    }

    [Fact]
    public async Task Metrics_EveryFamily_IsDocumented()
    {
        string text = await _http.GetStringAsync(Url("/metrics"), TestContext.Current.CancellationToken);
        string docs = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs", "metrics.md"), TestContext.Current.CancellationToken);

        string[] families = [.. text.Split('\n').Where(line => line.StartsWith("# TYPE ", StringComparison.Ordinal)).Select(line => line.Split(' ')[2])];
        families.Length.ShouldBeGreaterThan(40);
        families.Where(family => !docs.Contains($"`{family}`", StringComparison.Ordinal)).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("/metrics")]
    [InlineData("/healthz")]
    [InlineData("/configz")]
    public async Task Head_IsAnsweredWithoutBody(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Head, Url(path));
        using var response = await _http.SendAsync(request, TestContext.Current.CancellationToken);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken)).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("POST")]
    [InlineData("PUT")]
    [InlineData("DELETE")]
    [InlineData("OPTIONS")]
    public async Task OtherMethods_AreNotAllowed(string method)
    {
        foreach (string path in (string[])["/metrics", "/configz", "/elsewhere"])
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), Url(path));
            using var response = await _http.SendAsync(request, TestContext.Current.CancellationToken);

            response.StatusCode.ShouldBe(HttpStatusCode.MethodNotAllowed);
            response.Content.Headers.Allow.ShouldBe(["GET", "HEAD"]);
        }
    }

    [Fact]
    public async Task Get_UnknownPath_IsNotFound()
    {
        using var response = await _http.GetAsync(Url("/debug/pprof"), TestContext.Current.CancellationToken);

        response.StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Get_Configz_IsTheSettings()
    {
        using var response = await _http.GetAsync(Url("/configz"), TestContext.Current.CancellationToken);

        response.Content.Headers.ContentType!.ToString().ShouldBe("application/json");
        (await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).ShouldContain("\"nodeName\": \"node-1\"");
    }

    private Uri Url(string path) => new($"http://{_address}{path}");
}
