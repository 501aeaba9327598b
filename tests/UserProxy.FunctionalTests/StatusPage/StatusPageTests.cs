using System.Globalization;
using System.Net;
using UserProxy.FunctionalTests.Backends;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.FunctionalTests.StatusPage;

/// <summary>The status page of the executable in a real browser.</summary>
[StartsProgram]
public sealed class StatusPageTests(Browser browser) : IClassFixture<Browser>
{
    private const string Hostile = "<img src=x onerror=globalThis.owned=1>";

    [Fact]
    public async Task Opened_ShowsTheNodeAndItsServices()
    {
        Browser.SkipUnlessInstalled();
        await using var echo = Backend.Echo();
        await using var node = await PageNode.StartAsync(Two(echo, FreePort.Next(), FreePort.Next()));

        var page = await browser.PlayAsync("render", node.Url);

        page.GetProperty("title").GetString().ShouldBe("node-1 - UserProxy");
        page.GetProperty("verdict").GetString().ShouldBe("ready, with issues");
        page.GetProperty("count").GetString().ShouldBe("2 Service ports");
        page.GetProperty("facts").GetString().ShouldNotBeNull().ShouldContain("services.yaml");
        page.GetProperty("tiles").Texts().ShouldBe(
            ["Connections open", "Connections / s", "Failed dials / s", "From clients / s", "To clients / s"]);
        page.GetProperty("rows").EnumerateArray().Select(row => row.Texts()[0]).ShouldBe(["default/api:80", "default/web:80"], ignoreOrder: true);
    }

    [Fact]
    public async Task Search_LeavesWhatFits_AndHeadersSort()
    {
        Browser.SkipUnlessInstalled();
        await using var echo = Backend.Echo();
        await using var node = await PageNode.StartAsync(Two(echo, FreePort.Next(), FreePort.Next()));

        var page = await browser.PlayAsync("search", node.Url, "api", "1");

        page.GetProperty("found").EnumerateArray().Select(row => row.Texts()[0]).ShouldBe(["default/api:80"]);
        page.GetProperty("sorted").EnumerateArray().Select(row => row.Texts()[0]).ShouldBe(["default/api:80", "default/web:80"]);
    }

    [Fact]
    public async Task ConnectionsComeAndGo_IsSeenWithoutReloading()
    {
        Browser.SkipUnlessInstalled();
        int port = FreePort.Next();
        await using var echo = Backend.Echo();
        await using var node = await PageNode.StartAsync(Two(echo, port, FreePort.Next()));

        var page = await browser.PlayAsync("live", node.Url, "default/web", port.ToString(CultureInfo.InvariantCulture), "5");

        page.GetProperty("before").GetString().ShouldBe("0");
        page.GetProperty("during").EnumerateArray().First(row => row.Texts()[0] == "default/web:80").Texts()[1].ShouldBe("✓ Answering");
        var endpoint = page.GetProperty("endpoints").EnumerateArray().ShouldHaveSingleItem().Texts();
        endpoint[..3].ShouldBe([echo.EndPoint.ToString(), "✓ answering", "5"]);
    }

    /// <summary>What was asked for before a click comes after it.</summary>
    [Fact]
    public async Task AnswersOfAnotherChoice_AreNotShown()
    {
        Browser.SkipUnlessInstalled();
        await using var echo = Backend.Echo();
        await using var node = await PageNode.StartAsync(Two(echo, FreePort.Next(), FreePort.Next()));

        var page = await browser.PlayAsync("late", node.Url, "default/web", "default/api");

        page.GetProperty("headings").Texts().Where(heading => heading.Contains("is not served any more", StringComparison.Ordinal)).ShouldBeEmpty();
        string before = page.GetProperty("before").GetString().ShouldNotBeNull();
        before.ShouldNotBe(page.GetProperty("ofOne").GetString(), "each has a curve of its own");
        page.GetProperty("after").GetString().ShouldBe(before);
    }

    [Fact]
    public async Task Paused_StandsStill_AlsoForWhoComesBackToIt()
    {
        Browser.SkipUnlessInstalled();
        await using var echo = Backend.Echo();
        await using var node = await PageNode.StartAsync(Two(echo, FreePort.Next(), FreePort.Next()));

        var page = await browser.PlayAsync("paused", node.Url);

        page.GetProperty("paused").Texts().ShouldBe(["/status.css"]);
        page.GetProperty("running").Texts().ShouldContain("/v1/glance");
    }

    [Fact]
    public async Task ProxyIsGone_IsSaid()
    {
        Browser.SkipUnlessInstalled();
        await using var echo = Backend.Echo();
        await using var node = await PageNode.StartAsync(Two(echo, FreePort.Next(), FreePort.Next()));

        var page = await browser.PlayAsync("gone", node.Url, node.Process.Id.ToString(CultureInfo.InvariantCulture));

        page.GetProperty("said").GetString().ShouldNotBeNull().ShouldStartWith("The proxy has not answered since ");
        page.GetProperty("verdict").GetString().ShouldBe("no answer");
        page.GetProperty("rows").GetInt32().ShouldBe(2, "what was known stays");
    }

    /// <summary>Once by an annotation of a tenant, which the issues repeat, and once by a proxy whose every text is hostile.</summary>
    [Fact]
    public async Task HostileTexts_AreTexts()
    {
        Browser.SkipUnlessInstalled();
        await using var echo = Backend.Echo();
        await using var node = await PageNode.StartAsync(Two(echo, FreePort.Next(), FreePort.Next()));

        var page = await browser.PlayAsync("hostile", node.Url, "default/web:80/TCP/IPv4");

        page.GetProperty("owned").ValueKind.ShouldBe(System.Text.Json.JsonValueKind.Null);
        page.GetProperty("images").GetInt32().ShouldBe(0);
        page.GetProperty("scripts").GetInt32().ShouldBe(1);
        page.GetProperty("inline").GetInt32().ShouldBe(0);
        page.GetProperty("name").GetString().ShouldNotBeNull().ShouldStartWith("<img src=x onerror=");
    }

    [Fact]
    public async Task TenThousandServices_AreScrolledThrough()
    {
        Browser.SkipUnlessInstalled();
        await using var echo = Backend.Echo();
        string many = string.Concat(Enumerable.Range(0, 9_998).Select(number => ServiceWithoutEndpoints($"svc-{number:00000}")));
        await using var node = await PageNode.StartAsync(Two(echo, FreePort.Next(), FreePort.Next()) + many);

        var page = await browser.PlayAsync("many", node.Url);

        page.GetProperty("count").GetString().ShouldBe("10,000 Service ports");
        page.GetProperty("most").GetInt32().ShouldBeLessThan(100, "rows in sight are elements, and no others");
        page.GetProperty("top").GetDouble().ShouldBeGreaterThan(60_000);
        // Of the browser's own thread for a frame, whatever else the machine does; a frame is 16.7 ms.
        page.GetProperty("work").GetDouble().ShouldBeLessThan(16.7);
    }

    [Fact]
    public async Task Accessibility_HasNoViolation_InLightAndDark_WideAndNarrow()
    {
        Browser.SkipUnlessInstalled();
        await using var echo = Backend.Echo();
        await using var node = await PageNode.StartAsync(Two(echo, FreePort.Next(), FreePort.Next()));

        var results = (await browser.PlayAsync("axe", node.Url, "default/web")).GetProperty("results").EnumerateArray().ToList();

        results.Count.ShouldBe(4);
        results.Select(result => result.GetProperty("ground").GetString()).Distinct().Count().ShouldBe(2, "dark is another ground");
        foreach (var result in results)
        {
            result.GetProperty("violations").Texts().ShouldBeEmpty();
            result.GetProperty("passes").GetInt32().ShouldBeGreaterThan(30);
            result.GetProperty("overflow").GetDouble().ShouldBe(0, "nothing is to be scrolled sideways");
        }
    }

    [Theory]
    [InlineData("off", HttpStatusCode.NotFound)]
    [InlineData("on", HttpStatusCode.OK)]
    public async Task Off_LeavesTheRestOfTheServer(string setting, HttpStatusCode expected)
    {
        await using var echo = Backend.Echo();
        await using var node = await PageNode.StartAsync(Two(echo, FreePort.Next(), FreePort.Next()), "--status-page", setting);
        using var http = new HttpClient { BaseAddress = new Uri(node.Url) };
        var cancellation = TestContext.Current.CancellationToken;

        foreach (string path in (string[])["/", "/status.js", "/status.css", "/v1/glance", "/v1/history"])
            (await http.GetAsync(path, cancellation)).StatusCode.ShouldBe(expected, path);
        (await http.GetAsync("/metrics", cancellation)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await http.PostAsync("/", null, cancellation)).StatusCode.ShouldBe(HttpStatusCode.MethodNotAllowed);
        (await http.GetAsync("/v1/settings", cancellation)).StatusCode.ShouldBe(HttpStatusCode.NotFound, "the admin socket's, and nobody else's");
    }

    private static string Two(Backend backend, int one, int other) =>
        ServingProcess.ServiceOf("web", one, "rr", backend) + ServingProcess.ServiceOf("api", other, $"\"{Hostile}\"", backend);

    private static string ServiceWithoutEndpoints(string name) => $"""
        apiVersion: v1
        kind: Service
        metadata:
          name: {name}
          namespace: many
        spec:
          clusterIP: 10.96.0.1
          ports:
            - port: 80
        ---

        """;
}
