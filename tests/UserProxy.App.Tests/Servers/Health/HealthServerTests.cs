using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using UserProxy.App.Servers.Health;
using UserProxy.App.Servers.Http;
using UserProxy.FunctionalTests.Support;
using UserProxy.Kubernetes.Tests;
using UserProxy.Model;
using UserProxy.Reading;
using UserProxy.Tests;

namespace UserProxy.App.Tests.Servers.Health;

public sealed class HealthServerTests : IAsyncLifetime
{
    private HttpPorts _ports = null!;

    private readonly FakeTimeProvider _time = new();
    private readonly IPEndPoint _address = new(IPAddress.Loopback, FreePort.Next());
    private SyncFacts _facts;
    private int _hung;
    private OwnNode _node = new("n") { IsKnown = true };

    public async ValueTask InitializeAsync() => _ports = await HttpPorts.StartAsync(maxConnections: 64, TimeSpan.FromMinutes(1), TimeProvider.System);

    public ValueTask DisposeAsync() => _ports.DisposeAsync();

    [Fact]
    public async Task Healthz_Healthy_AnswersAsKubeProxyDoes()
    {
        await using var server = await StartAsync();
        using var http = new HttpClient();

        using var response = await http.GetAsync(Url("/healthz"), TestContext.Current.CancellationToken);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Content.Headers.ContentType!.ToString().ShouldBe("application/json");
        response.Headers.GetValues("X-Content-Type-Options").ShouldBe(["nosniff"]);
        using var body = JsonDocument.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        body.RootElement.EnumerateObject().Select(field => field.Name).ShouldBe(["lastUpdated", "currentTime", "nodeEligible", "healthy", "status"]);
        body.RootElement.GetProperty("status").GetProperty("IPv6").GetProperty("healthy").GetBoolean().ShouldBeTrue();
    }

    /// <summary>As Go's listeners, which kube-proxy has: no single address could name both families otherwise.</summary>
    [Theory]
    [InlineData("0.0.0.0", "127.0.0.1", "[::1]")]
    [InlineData("::", "127.0.0.1", "[::1]")]
    [InlineData("127.0.0.1", "127.0.0.1", null)]
    [InlineData("::1", "[::1]", null)]
    public async Task Address_Wildcard_TakesBothFamilies(string address, string answers, string? answersToo)
    {
        if (!Socket.OSSupportsIPv6) Assert.Skip("this kernel has no IPv6");
        int port = FreePort.Next();
        await using var server = new HealthServer(
            _ports, new IPEndPoint(IPAddress.Parse(address), port), Health(), OnBindFailure.TryAgain, NullLogger.Instance, _time);
        (await server.StartAsync()).ShouldBeTrue();

        using var http = new HttpClient();
        foreach (string host in (string[])["127.0.0.1", "[::1]"])
        {
            var asking = http.GetAsync(new Uri($"http://{host}:{port}/livez"), TestContext.Current.CancellationToken);
            if (host != answers && host != answersToo) await Should.ThrowAsync<HttpRequestException>(asking);
            else (await asking).Dispose();
        }
    }

    [Fact]
    public async Task NodeIsLeaving_HealthzFailsAndLivezDoesNot()
    {
        _node = _node with { IsLeaving = true };
        await using var server = await StartAsync();

        (await StatusOf("/healthz")).ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await StatusOf("/livez")).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Stale_BothFail()
    {
        _facts = new SyncFacts(_time.GetUtcNow() - TimeSpan.FromSeconds(61), null, null);
        await using var server = await StartAsync();

        (await StatusOf("/healthz")).ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await StatusOf("/livez")).ShouldBe(HttpStatusCode.ServiceUnavailable);
    }

    [Fact]
    public async Task AcceptLoopHangs_LivezFails_SoThatTheProcessIsStartedAgain()
    {
        _facts = Applied();
        await using var server = await StartAsync();
        (await StatusOf("/livez")).ShouldBe(HttpStatusCode.OK);

        _hung = 1;

        (await StatusOf("/livez")).ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await StatusOf("/healthz")).ShouldBe(HttpStatusCode.ServiceUnavailable);
    }

    [Fact]
    public async Task Readyz_FollowsTheFirstSync()
    {
        await using var server = await StartAsync();

        (await StatusOf("/readyz")).ShouldBe(HttpStatusCode.ServiceUnavailable);
        _facts = Applied();
        (await StatusOf("/readyz")).ShouldBe(HttpStatusCode.OK);
        (await StatusOf("/metrics")).ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task ServiceHealthChecks_FollowTheTable()
    {
        int port = FreePort.Next();
        await using var checks = new ServiceHealthChecks(_ports, Health(), (_, _) => { }, NullLogger.Instance, _time, new PortIssues());

        checks.Update(Table(port, localEndpoints: 0));
        await Eventually.IsTrue(async () => await TryStatusOf("/any/path", port) == HttpStatusCode.ServiceUnavailable, "the answer follows the table");
        checks.Update(Table(port, localEndpoints: 2));
        await Eventually.IsTrue(async () => await TryStatusOf("/", port) == HttpStatusCode.OK, "the answer follows the table");

        using var http = new HttpClient();
        using var response = await http.GetAsync(new Uri($"http://127.0.0.1:{port}/healthz"), TestContext.Current.CancellationToken);
        (await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))
            .ShouldBe("""{"service":{"namespace":"shop","name":"web"},"localEndpoints":2,"serviceProxyHealthy":true}""");
        response.Headers.GetValues("X-Load-Balancing-Endpoint-Weight").ShouldBe(["2"]);

        int other = FreePort.Next();
        checks.Update(Table(other, localEndpoints: 2));
        await Eventually.IsTrue(
            async () => await TryStatusOf("/", other) == HttpStatusCode.OK && await TryStatusOf("/", port) is null, "the answer follows the table");
        checks.Update(new ServiceTable(9, []));
        await Eventually.IsTrue(async () => await TryStatusOf("/", other) is null, "the answer follows the table");
    }

    [Fact]
    public async Task ServiceHealthChecks_PortIsTaken_IsReportedOnceAndTriedAgain()
    {
        int port = FreePort.Next();
        var squatter = new TcpListener(IPAddress.Loopback, port) { ExclusiveAddressUse = true };
        squatter.Start();
        var reported = new System.Collections.Concurrent.ConcurrentQueue<HealthCheckPort>();
        await using var checks = new ServiceHealthChecks(
            _ports, Health(), (check, _) => reported.Enqueue(check), NullLogger.Instance, new HastyTime(), new PortIssues());

        checks.Update(Table(port, localEndpoints: 1));
        await Eventually.IsTrue(() => !reported.IsEmpty, "it is reported");
        checks.Update(Table(port, localEndpoints: 2));
        squatter.Stop();
        await Eventually.IsTrue(async () => await TryStatusOf("/", port) == HttpStatusCode.OK, "the port is free, and bound");

        reported.Count.ShouldBe(1);
    }

    [Fact]
    public async Task ServiceHealthChecks_AcceptLoopDies_IsSaidAndBoundAgain()
    {
        int port = FreePort.Next();
        var bound = new System.Collections.Concurrent.ConcurrentQueue<Socket>();
        await using var ports = await HttpPorts.StartAsync(maxConnections: 16, TimeSpan.FromMinutes(1), TimeProvider.System, address =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(address);
            bound.Enqueue(socket);
            return socket;
        });
        var log = new RecordingLogger<ServiceHealthChecks>();
        var reported = new System.Collections.Concurrent.ConcurrentQueue<string>();
        await using var checks = new ServiceHealthChecks(ports, Health(), (_, why) => reported.Enqueue(why), log, new HastyTime(), new PortIssues());
        checks.Update(Table(port, localEndpoints: 1));
        await Eventually.IsTrue(async () => await TryStatusOf("/", port) == HttpStatusCode.OK, "it is answered");

        bound.Single().Dispose();

        await Eventually.IsTrue(() => bound.Count == 2, "it is bound again, though no table comes");
        await Eventually.IsTrue(async () => await TryStatusOf("/", port) == HttpStatusCode.OK, "it is answered again");
        log.Lines(539).ShouldHaveSingleItem().ShouldContain($"healthCheckNodePort {port} ended unexpectedly");
        reported.ShouldBe(["its accept loop ended unexpectedly"]);
    }

    [Fact]
    public async Task ServiceHealthChecks_WithoutAnAddress_ListenNowhere_AndSaySo()
    {
        var reported = new TaskCompletionSource<string>();
        await using var checks = new ServiceHealthChecks(_ports, Health(), (_, why) => reported.SetResult(why), NullLogger.Instance, _time, new PortIssues());

        checks.Update(new ServiceTable(1, []) { HealthChecks = [new HealthCheckPort("shop", "web", FreePort.Next(), [], 1)] });

        (await reported.Task.WaitAsync(TestContext.Current.CancellationToken)).ShouldContain("no address");
        // Kestrel's own default for a server without an address.
        (await TryStatusOf("/", 5000)).ShouldBeNull();
    }

    [Fact]
    public async Task Draining_EveryoneIsSentElsewhere_ButTheProcessLives()
    {
        int port = FreePort.Next();
        var health = Health();
        await using var server = new HealthServer(_ports, _address, health, OnBindFailure.TryAgain, NullLogger.Instance, _time);
        (await server.StartAsync()).ShouldBeTrue();
        await using var checks = new ServiceHealthChecks(_ports, health, (_, _) => { }, NullLogger.Instance, _time, new PortIssues());
        checks.Update(Table(port, localEndpoints: 1));
        await Eventually.IsTrue(async () => await TryStatusOf("/", port) == HttpStatusCode.OK, "the answer follows the table");

        health.StartDraining();

        (await TryStatusOf("/", port)).ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await StatusOf("/healthz")).ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await StatusOf("/livez")).ShouldBe(HttpStatusCode.OK);
    }

    private static ServiceTable Table(int port, int localEndpoints) =>
        new(1, []) { HealthChecks = [new HealthCheckPort("shop", "web", port, [IPAddress.Loopback], localEndpoints)] };

    private SyncFacts Applied() => new(null, _time.GetUtcNow(), _time.GetUtcNow());

    private NodeHealth Health() => new(() => _facts, () => _hung, () => _node, nodeMustBeKnown: true, _time);

    private async Task<HealthServer> StartAsync()
    {
        var server = new HealthServer(_ports, _address, Health(), OnBindFailure.TryAgain, NullLogger.Instance, _time);
        (await server.StartAsync()).ShouldBeTrue();
        return server;
    }

    private async Task<HttpStatusCode> StatusOf(string path) => (await TryStatusOf(path)).ShouldNotBeNull();

    private Task<HttpStatusCode?> TryStatusOf(string path) => TryStatusOf(path, _address.Port);

    private static async Task<HttpStatusCode?> TryStatusOf(string path, int port)
    {
        using var http = new HttpClient();
        try
        {
            using var response = await http.GetAsync(new Uri($"http://127.0.0.1:{port}{path}"), TestContext.Current.CancellationToken);
            return response.StatusCode;
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    private Uri Url(string path) => new($"http://{_address}{path}");
}
