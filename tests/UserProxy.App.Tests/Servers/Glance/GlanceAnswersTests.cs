using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using UserProxy.App.Servers.Admin;
using UserProxy.App.Servers.Glance;
using UserProxy.App.Servers.Health;
using UserProxy.App.Servers.Page;
using UserProxy.Model;
using UserProxy.Reading;
using UserProxy.Serving;
using UserProxy.Tests;
using Endpoint = UserProxy.Model.Endpoint;

namespace UserProxy.App.Tests.Servers.Glance;

/// <summary>What <c>/v1/glance</c>, <c>/v1/history</c> and the page's files answer to every question.</summary>
public sealed class GlanceAnswersTests : IAsyncLifetime
{
    private readonly FakeTimeProvider _time = new();

    /// <summary>Its own clock stands still: nobody but who asks looks at the queues.</summary>
    private readonly ProxierRun _run = new(time: new FakeTimeProvider());
    private Sampler _sampler = null!;
    private StatusPage _page = null!;

    public ValueTask InitializeAsync()
    {
        _sampler = new Sampler(_run.Proxier.View, _time, NullLogger.Instance);
        var proxier = _run.Proxier;
        var health = new NodeHealth(() => proxier.View.Sync, () => 0, () => proxier.Table.Node, nodeMustBeKnown: false, _time);
        var facts = new AdminFacts(proxier, health, "node-1", "a test", "sockets", 0, _time) { Sampler = _sampler };
        _page = new StatusPage(new GlanceAnswers(facts), "node-1.example", NullLogger.Instance);
        _run.Apply(Port("api", 30090), Port("dns", 30053, TransportProtocol.Udp), Port("web", 30080), Port("web-admin", 30081, endpoints: 600));
        Look();
        return default;
    }

    public async ValueTask DisposeAsync()
    {
        await _sampler.DisposeAsync();
        _run.Dispose();
    }

    [Theory]
    [InlineData("", "api dns web web-admin")]
    [InlineData("sort=name&reverse=true", "web-admin web dns api")]
    [InlineData("q=web", "web web-admin")]
    [InlineData("q=WEB%20admin", "web-admin")]
    [InlineData("q=30080", "web")]
    [InlineData("q=udp", "dns")]
    [InlineData("q=shop/web:http", "web")]
    [InlineData("q=unknown", "api dns web web-admin")]
    [InlineData("q=answering", "")]
    [InlineData("q=none", "")]
    [InlineData("namespace=shop", "api dns web web-admin")]
    [InlineData("namespace=sho", "")]
    [InlineData("offset=1&limit=2", "dns web")]
    [InlineData("offset=9", "")]
    [InlineData("limit=0", "")]
    public async Task Glance_HasWhatWasAskedFor(string query, string names)
    {
        var (status, json) = await GetAsync($"/v1/glance?{query}");

        status.ShouldBe(StatusCodes.Status200OK);
        string.Join(' ', json.GetProperty("services").EnumerateArray().Select(service => service.GetProperty("name").GetString())).ShouldBe(names);
        json.GetProperty("status").GetProperty("servicePorts").GetInt32().ShouldBe(4);
    }

    [Theory]
    [InlineData("sort=beauty", "sort: expected name, active")]
    [InlineData("limit=501", "limit: expected a whole number up to 500")]
    [InlineData("limit=-1", "limit: expected")]
    [InlineData("offset=x", "offset: expected")]
    [InlineData("q=" + "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
        + "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
        + "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789x", "q: expected 300 characters")]
    public async Task BadQuery_IsSaid(string query, string problem)
    {
        var (status, json) = await GetAsync($"/v1/glance?{query}");

        status.ShouldBe(StatusCodes.Status400BadRequest);
        json.GetProperty("reason").GetString().ShouldBe("BadQuery");
        json.GetProperty("message").GetString().ShouldNotBeNull().ShouldStartWith(problem);
    }

    [Fact]
    public async Task Chosen_HasItsEndpointsAndNoMoreThanFiveHundred()
    {
        var (_, json) = await GetAsync("/v1/glance?chosen=shop/web-admin:http/TCP/IPv4&limit=0");

        json.GetProperty("chosen").GetProperty("endpoints").GetArrayLength().ShouldBe(500);
        json.GetProperty("endpointsLeftOut").GetInt32().ShouldBe(100);
        (await GetAsync("/v1/glance?chosen=shop/web")).Json.GetProperty("chosen").ValueKind.ShouldBe(JsonValueKind.Null);
    }

    [Theory]
    [InlineData("active")]
    [InlineData("rate")]
    [InlineData("total")]
    public async Task Used_IsFirst_WithItsRatesAndItsHistory(string sort)
    {
        var counters = _run.Proxier.View.Figures().Single(figures => figures.Name.Name == "web").Counters;
        for (int i = 0; i < 10; i++) counters.CountAccepted();
        for (int i = 0; i < 5; i++) Look();

        var (_, glance) = await GetAsync($"/v1/glance?sort={sort}&limit=1");
        var web = glance.GetProperty("services")[0];
        web.GetProperty("id").GetString().ShouldBe("shop/web:http/TCP/IPv4");
        web.GetProperty("rates").GetProperty("connectionsPerSecond").GetDouble().ShouldBe(2);
        glance.GetProperty("rates").GetProperty("connectionsPerSecond").GetDouble().ShouldBe(2);
        var (_, history) = await GetAsync($"/v1/history?sort={sort}&limit=1&chosen=shop/web:http/TCP/IPv4");
        history.GetProperty("stepSeconds").GetInt32().ShouldBe(5);
        history.GetProperty("node").GetProperty("connections").GetArrayLength().ShouldBe(1);
        history.GetProperty("services")[0].GetProperty("connections")[0].GetDouble().ShouldBe(2.5);
        history.GetProperty("chosen").GetProperty("connections")[0].GetDouble().ShouldBe(2.5);
    }

    [Theory]
    [InlineData("limit=1", 1)]
    [InlineData("limit=0", 0)]
    [InlineData("limit=0&chosen=shop/web:http/TCP/IPv4", 1)]
    [InlineData("q=web&offset=1", 1)]
    [InlineData("limit=1&sort=queue", 3)]
    public async Task AcceptQueues_AreReadOnceOfWhatIsShown(string query, int expected)
    {
        int before = QueueReads();

        await GetAsync($"/v1/glance?{query}");

        (QueueReads() - before).ShouldBe(expected);
    }

    [Fact]
    public async Task AcceptQueue_IsTold_AndTheFullestIsFirst()
    {
        QueueOf(30080).Queue = new AcceptQueue(3, 511);
        QueueOf(30081).Queue = new AcceptQueue(7, 255);

        var (_, json) = await GetAsync("/v1/glance?sort=queue&chosen=shop/web:http/TCP/IPv4");

        json.GetProperty("services").EnumerateArray().Select(service => $"{service.GetProperty("name")} {service.GetProperty("acceptQueue")} "
            + service.GetProperty("backlog")).ShouldBe(["web-admin 7 255", "web 3 511", "api  ", "dns  "]);
        json.GetProperty("chosen").GetProperty("listeners")[0].GetProperty("acceptQueue").GetInt32().ShouldBe(3);
    }

    [Fact]
    public async Task History_OfServicesThatNobodyUses_IsEmpty()
    {
        var (_, history) = await GetAsync("/v1/history");

        history.GetProperty("services").GetArrayLength().ShouldBe(0);
        history.GetProperty("chosen").ValueKind.ShouldBe(JsonValueKind.Null);
    }

    [Theory]
    [InlineData("/", "text/html; charset=utf-8", "status.js")]
    [InlineData("/status.css", "text/css; charset=utf-8", "prefers-color-scheme: dark")]
    [InlineData("/status.js", "text/javascript; charset=utf-8", "textContent")]
    public async Task Files_AreInTheExecutable_UnderAStrictPolicy(string path, string type, string says)
    {
        var (context, body) = await AskAsync(HttpMethods.Get, path);

        context.Response.ContentType.ShouldBe(type);
        body.ShouldContain(says);
        string policy = context.Response.Headers.ContentSecurityPolicy.ToString();
        policy.ShouldContain("default-src 'none'");
        policy.ShouldContain("frame-ancestors 'none'");
        policy.ShouldNotContain("unsafe");
        policy.ShouldNotContain("http");
        var (head, none) = await AskAsync(HttpMethods.Head, path);
        (head.Response.ContentLength, none).ShouldBe((context.Response.ContentLength, ""));
        foreach (string forbidden in (string[])["innerHTML", "insertAdjacent", "document.write", "eval(", "http://", "https://", " style=", " onclick="])
            body.Replace("http://www.w3.org/2000/svg", "", StringComparison.Ordinal).ShouldNotContain(forbidden, Case.Sensitive);
    }

    /// <summary>A page of another site, whose name its DNS gives this address, would be of the same origin.</summary>
    [Theory]
    [InlineData("", 200)]
    [InlineData("127.0.0.1:10249", 200)]
    [InlineData("[::1]:10249", 200)]
    [InlineData("[::ffff:10.0.0.1]:10249", 200)]
    [InlineData("localhost:10249", 200)]
    [InlineData("node-1:10249", 200)]
    [InlineData("NODE-1.example:10249", 200)]
    [InlineData("evil.example", 421)]
    [InlineData("127.0.0.1.evil.example:10249", 421)]
    [InlineData("node-1.example.", 421)]
    public async Task NameOfAStranger_IsNotAnswered(string host, int status)
    {
        foreach (string path in (string[])["/", "/v1/glance", "/v1/history"])
        {
            var (context, body) = await AskAsync(HttpMethods.Get, path, host);

            context.Response.StatusCode.ShouldBe(status, path);
            body.Contains("DNS rebinding", StringComparison.Ordinal).ShouldBe(status != 200);
        }
    }

    [Theory]
    [InlineData("/v1/services")]
    [InlineData("/v1/settings")]
    [InlineData("/v1/connections")]
    [InlineData("/status.html")]
    [InlineData("//")]
    public void OtherPaths_AreNotThePages(string path) => StatusPage.Has(path).ShouldBeFalse();

    /// <summary>Nobody will ever dial its endpoints: it is not only unknown how they are.</summary>
    [Fact]
    public void NoAddressIsListenedOn_IsNotServed()
    {
        var address = new ListenAddress(ListenerKind.ClusterIP, IPAddress.Parse("10.96.0.77"), 80);
        var port = Port("api", 30090) with { Listeners = [], NotServed = [new UnservedAddress(address, "--cluster-ips is off")] };

        new LookedService(new ServiceReading(port), sampled: default).State.ShouldBe("NotServed");
        new LookedService(new ServiceReading(port with { NotServed = [] }), sampled: default).State.ShouldBe("NotServed", "a nodePort that is misspelt");
    }

    private FakeTransport.Listener QueueOf(int nodePort) => _run.Transport.Bound[new IPEndPoint(IPAddress.Any, nodePort)];

    private int QueueReads() => _run.Transport.Bound.Values.Sum(listener => listener.QueueReads);

    private async Task<(int Status, JsonElement Json)> GetAsync(string resource)
    {
        var (context, body) = await AskAsync(HttpMethods.Get, resource);
        context.Response.Headers.CacheControl.ToString().ShouldBe("no-store");
        using var json = JsonDocument.Parse(body);
        return (context.Response.StatusCode, json.RootElement.Clone());
    }

    private async Task<(HttpContext Context, string Body)> AskAsync(string method, string resource, string host = "")
    {
        // Each sees a look of its own.
        _time.Advance(TimeSpan.FromMilliseconds(300));
        string[] parts = resource.Split('?');
        var body = new MemoryStream();
        var context = new DefaultHttpContext();
        context.Request.Method = method;
        context.Request.Host = new HostString(host);
        context.Request.Path = parts[0];
        context.Request.QueryString = new QueryString(parts.Length > 1 ? $"?{parts[1]}" : "");
        context.Response.Body = body;
        await _page.AnswerAsync(context);
        return (context, System.Text.Encoding.UTF8.GetString(body.ToArray()));
    }

    private void Look()
    {
        _time.Advance(TimeSpan.FromSeconds(1));
        _sampler.Look();
    }

    private static ServicePort Port(string service, int nodePort, TransportProtocol protocol = TransportProtocol.Tcp, int endpoints = 1)
    {
        var all = Enumerable.Range(1, endpoints).Select(number => new Endpoint(IPAddress.Parse($"10.244.{number / 250}.{(number % 250) + 1}"), 8080)).ToList();
        return new ServicePort
        {
            Name = new("shop", service, "http", protocol),
            Family = AddressFamily.InterNetwork,
            Number = 80,
            Listeners = [new ListenAddress(ListenerKind.NodePort, IPAddress.Any, nodePort)],
            Endpoints = [.. all],
            ClusterEndpoints = [.. all],
            HasEndpoints = true,
        };
    }
}
