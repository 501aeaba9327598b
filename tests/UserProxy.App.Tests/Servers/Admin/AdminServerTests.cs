using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using UserProxy.App.CommandLine;
using UserProxy.App.Servers.Admin.Messages;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.App.Tests.Servers.Admin;

/// <summary>The admin socket of a whole <c>run</c>, asked by HTTP as curl would, and by the commands.</summary>
public sealed class AdminServerTests : IAsyncLifetime
{
    private readonly TempFolder _folder = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly TcpListener _backend = new(IPAddress.Loopback, 0);
    private readonly int _port = FreePort.Next();
    private HttpClient _http = null!;
    private Task<int> _run = null!;

    private string SocketPath => Path.Combine(_folder.Path, "a.sock");

    public async ValueTask InitializeAsync()
    {
        _backend.Start();
        string manifest = _folder.Write("a.yaml", Manifests.Service("web", _port, ((IPEndPoint)_backend.LocalEndpoint).Port) + """
            ---
            apiVersion: v1
            kind: Service
            metadata:
              name: lost
              namespace: default
              annotations:
                userproxy.io/scheduler: best
            spec:
              type: NodePort
              ports:
                - port: 81
                  name: http

            """);
        _run = new Cli()
            .RunUntilAsync(
                _stop.Token, "run", "--manifests", manifest, "--admin-socket", SocketPath, "--cluster-ips", "off", "--healthz-bind-address", "off",
                "--drain-timeout", "0s");
        _http = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellation) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(SocketPath), cancellation);
                return new NetworkStream(socket, ownsSocket: true);
            },
        })
        { BaseAddress = new Uri("http://localhost") };
        await Eventually.IsTrue(IsReadyAsync, "the Service is served");
    }

    /// <summary>The socket's file is there before anybody listens on it.</summary>
    private async Task<bool> IsReadyAsync()
    {
        try
        {
            return (await _http.GetStringAsync("/v1/status")).Contains("\"ready\":true", StringComparison.Ordinal);
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _stop.CancelAsync();
        (await _run).ShouldBe(ExitCode.Done);
        File.Exists(SocketPath).ShouldBeFalse();
        _backend.Dispose();
        _stop.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("/", HttpStatusCode.NotFound, "NotFound", "/v1/services")]
    [InlineData("/v1/services?service=web", HttpStatusCode.BadRequest, "BadService", "NAMESPACE/NAME")]
    [InlineData("/v1/services?service=a/b/c", HttpStatusCode.BadRequest, "BadService", "NAMESPACE/NAME")]
    [InlineData("/v1/services?service=default/none", HttpStatusCode.NotFound, "UnknownService", "declares no such Service")]
    [InlineData("/v1/services?service=other/web", HttpStatusCode.NotFound, "UnknownService", "There is default/web")]
    [InlineData("/v1/connections?service=default/web:81", HttpStatusCode.NotFound, "UnknownService", "default/web has no port 81; it has 80")]
    [InlineData("/v1/connections?client=here", HttpStatusCode.BadRequest, "BadAddress", "client: expected an IP address")]
    [InlineData("/v1/explain", HttpStatusCode.BadRequest, "BadService", "NAMESPACE/NAME")]
    [InlineData("/v1/explain?service=default/web&from=1", HttpStatusCode.BadRequest, "BadAddress", "from: expected an IP address")]
    [InlineData("/v1/explain?service=default/web:81", HttpStatusCode.NotFound, "UnknownService", "default/web has no port 81; it has 80")]
    public async Task BadQuestion_SaysWhatToDo(string resource, HttpStatusCode status, string reason, string says)
    {
        using var response = await _http.GetAsync(resource, TestContext.Current.CancellationToken);

        response.StatusCode.ShouldBe(status);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("application/json");
        var error = (await response.Content.ReadFromJsonAsync(AdminJson.Default.AdminError, TestContext.Current.CancellationToken))!;
        (error.ApiVersion, error.Reason).ShouldBe(("userproxy.io/v1", reason));
        error.Message.ShouldContain(says);
    }

    [Fact]
    public async Task Post_IsRefused()
    {
        using var response = await _http.PostAsync("/v1/services", null, TestContext.Current.CancellationToken);

        response.StatusCode.ShouldBe(HttpStatusCode.MethodNotAllowed);
    }

    [Fact]
    public async Task Status_TellsTheProcess()
    {
        using var json = JsonDocument.Parse(await _http.GetStringAsync("/v1/status", TestContext.Current.CancellationToken));

        var status = json.RootElement;
        status.GetProperty("apiVersion").GetString().ShouldBe("userproxy.io/v1");
        status.GetProperty("ready").GetBoolean().ShouldBeTrue();
        status.GetProperty("servicePorts").GetInt32().ShouldBe(2);
        status.GetProperty("listeners").GetProperty("Listening").GetInt32().ShouldBe(1);
        status.GetProperty("descriptorsLimit").GetInt32().ShouldBeGreaterThan(status.GetProperty("descriptorsHeld").GetInt32());
        status.GetProperty("issues").EnumerateArray().ShouldNotBeEmpty();
    }

    [Fact]
    public async Task Explain_ServiceWithoutSlices_TellsAllThatIsWrong()
    {
        var explanation =
            (await _http.GetFromJsonAsync("/v1/explain?service=default/lost:http", AdminJson.Default.Explanation, TestContext.Current.CancellationToken))!;

        var port = explanation.Ports.ShouldHaveSingleItem();
        port.Endpoints.ShouldBeEmpty();
        port.NextSteps.ShouldContain(
            step => step.StartsWith("no EndpointSlice in namespace default has the label kubernetes.io/service-name=lost", StringComparison.Ordinal));
        explanation.Issues.ShouldContain(issue => issue.Reason == "InvalidAnnotation");
    }

    /// <summary>Its steps go to standard output.</summary>
    [Fact]
    public async Task Verify_OfANameThatIsNone_SaysWhatWasMeant()
    {
        var cli = new Cli().With("USERPROXY_ADMIN_SOCKET", SocketPath);

        (await cli.RunAsync("verify", "default/wbe")).ShouldBe(ExitCode.Failed);

        cli.Out.ToString().ShouldContain("declares no such Service; did you mean default/web?");
    }

    [Theory]
    [InlineData("list", 0, "default     web    80")]
    [InlineData("list default/web -o json", 0, "\"state\": \"Listening\"")]
    [InlineData("list default/web:80 -o yaml", 0, "state: Listening")]
    [InlineData("list -o ipvs", 0, "TCP  0.0.0.0:")]
    [InlineData("list --stats", 0, "127.0.0.1:")]
    [InlineData("list default/none", 1, "declares no such Service")]
    [InlineData("list default/wbe", 1, "declares no such Service; did you mean default/web?")]
    [InlineData("explain Default/Web", 1, "declares no such Service; did you mean default/web?")]
    [InlineData("connections default/wbe", 1, "declares no such Service; did you mean default/web?")]
    [InlineData("trace default/wbe", 1, "declares no such Service; did you mean default/web?")]
    [InlineData("list web", 0, "Listening")]
    [InlineData("connections", 0, "no connections")]
    [InlineData("connections -o json", 0, "\"connections\": []")]
    [InlineData("connections --client here", 64, "'here' is no IP address")]
    [InlineData("connections --service we/b/x", 64, "NAME")]
    [InlineData("explain default/web", 0, "goes to 127.0.0.1:")]
    [InlineData("explain default/web -o json", 0, "\"nextEndpoint\": \"127.0.0.1:")]
    [InlineData("connections default/none", 1, "declares no such Service")]
    [InlineData("connections -o jsn", 64, "-o: 'jsn' is none of table, json; did you mean json? (userproxy connections --help)")]
    [InlineData("explain default/none", 1, "declares no such Service")]
    [InlineData("explain default/web:8o", 1, "has no port 8o")]
    [InlineData("explain web", 0, "default/web")]
    [InlineData("explain default/web --from me", 64, "'me' is no IP address")]
    [InlineData("explain default/web -o xml", 64, "xml")]
    [InlineData("status --timeout x", 64, "--timeout")]
    public async Task Command_AnswersOrSaysWhyNot(string line, int code, string says)
    {
        var cli = new Cli().With("USERPROXY_ADMIN_SOCKET", SocketPath);

        (await cli.RunAsync(line.Split(' '))).ShouldBe(code);

        (cli.Out.ToString() + cli.Error).ShouldContain(says);
        if (code != 0) cli.Out.ToString().ShouldBeEmpty();
    }

    /// <summary>The answer is printed, and is no green.</summary>
    [Theory]
    [InlineData("explain default/web --from fd00::1", "nothing of it is reached from fd00::1")]
    [InlineData("explain default/lost", "no address of it is served here")]
    public async Task Explain_NoAddressToGoTo_Exits1(string line, string says)
    {
        var cli = new Cli().With("USERPROXY_ADMIN_SOCKET", SocketPath);

        (await cli.RunAsync(line.Split(' '))).ShouldBe(1);

        cli.Out.ToString().ShouldContain(says);
    }

    [Fact]
    public async Task Explain_ClientIsOverItsLimit_SaysSoWithTheNextStep()
    {
        string manifest = Manifests.Service("web", _port, ((IPEndPoint)_backend.LocalEndpoint).Port)
            .Replace(
                "  namespace: default\nspec:", "  namespace: default\n  annotations:\n    userproxy.io/max-connections-per-client: \"1\"\nspec:",
                StringComparison.Ordinal);
        _folder.Write("a.yaml", manifest);
        IReadOnlyList<string> steps = [];
        // Each with a connection of its own: one that was there before the limit is not counted against it.
        await Eventually.IsTrue(
            async () =>
            {
                using var client = new TcpClient();
                try
                {
                    await client.ConnectAsync(IPAddress.Loopback, _port, TestContext.Current.CancellationToken);
                }
                catch (SocketException)
                {
                    // It is one too many already.
                }

                (string says, steps) = await ExplainAsync();
                return says == "is refused: over max-connections-per-client (1) of 127.0.0.1";
            },
            "the file with the limit is in effect, and a client at it is told");
        steps.ShouldHaveSingleItem().ShouldContain("userproxy connections --service default/web --client 127.0.0.1");

        async Task<(string Says, IReadOnlyList<string> Steps)> ExplainAsync()
        {
            var explanation =
                (await _http.GetFromJsonAsync(
                    "/v1/explain?service=default/web&from=127.0.0.1", AdminJson.Default.Explanation, TestContext.Current.CancellationToken))!;
            var port = explanation.Ports.Single();
            return (port.Addresses.Single().Says, [.. port.NextSteps]);
        }
    }

    [Fact]
    public async Task Connections_OfAPort_AreOfThatPortAlone()
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, _port, TestContext.Current.CancellationToken);
        await Eventually.IsTrue(async () => await CountAsync("default/web") > 0, "the proxy has the connection");

        (await CountAsync("default/web:80")).ShouldBe(1);
        (await CountAsync("default/lost:http")).ShouldBe(0);

        async Task<int> CountAsync(string service)
        {
            using var json = JsonDocument.Parse(await _http.GetStringAsync($"/v1/connections?service={service}", TestContext.Current.CancellationToken));
            return json.RootElement.GetProperty("connections").GetArrayLength();
        }
    }

    [Theory]
    [InlineData("list")]
    [InlineData("connections")]
    [InlineData("status")]
    [InlineData("status --wait --timeout 10ms")]
    [InlineData("explain default/web")]
    public async Task Command_NoProxy_Exits69(string line)
    {
        var cli = new Cli();

        (await cli.RunAsync([.. line.Split(' '), "--admin-socket", Path.Combine(_folder.Path, "other.sock")])).ShouldBe(ExitCode.Unreachable);

        cli.Error.ToString().ShouldContain("no userproxy answers");
        cli.Out.ToString().ShouldBeEmpty();
    }

    [Fact]
    public async Task Completion_OfServices_AsksTheProxy()
    {
        // What takes long is not completed, as nobody waits for it: a busy machine needs more tries.
        await Eventually.IsTrue(
            async () =>
            {
                var cli = new Cli().With("USERPROXY_ADMIN_SOCKET", SocketPath);
                (await cli.RunAsync("[suggest:18]", "userproxy explain ")).ShouldBe(ExitCode.Done);
                return cli.Out.ToString().Split('\n', StringSplitOptions.TrimEntries).Contains("default/web");
            },
            "the Service is offered");
    }
}
