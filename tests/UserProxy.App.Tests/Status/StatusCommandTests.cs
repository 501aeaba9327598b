using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using UserProxy.App.CommandLine;
using UserProxy.App.Servers.Admin.Messages;
using UserProxy.App.Status;
using UserProxy.App.Tests.CommandLine;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.App.Tests.Status;

/// <summary>The command beside a whole <c>run</c>; an API server that refuses is the functional tests'.</summary>
public sealed class StatusCommandTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private string Admin => Path.Combine(_folder.Path, "a.sock");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Wait_BegunBeforeTheProxy_EndsWhenItIsReady()
    {
        _folder.Write("a.yaml", Manifests.Service("web", FreePort.Next()));
        var cli = new Cli();
        var waiting = cli.RunAsync("status", "--wait", "--timeout", "5m", "--admin-socket", Admin);
        using var stop = new CancellationTokenSource();
        var run = RunAsync(stop.Token);

        (await waiting).ShouldBe(ExitCode.Done, cli.Out.ToString() + cli.Error);

        string text = cli.Out.ToString();
        text.ShouldStartWith("node-1: ready\n");
        text.ShouldContain("1 Listening");
        text.ShouldNotContain("Issues");
        await stop.CancelAsync();
        (await run).ShouldBe(0);
    }

    [Fact]
    public async Task ListenerIsTaken_Exits1_AndSaysWhichInTextAndJson()
    {
        using var squatter = new TcpListener(IPAddress.Any, 0);
        squatter.Start();
        int port = ((IPEndPoint)squatter.LocalEndpoint).Port;
        _folder.Write("a.yaml", Manifests.Service("web", port));
        using var stop = new CancellationTokenSource();
        var run = RunAsync(stop.Token);
        Cli cli = null!;
        await Eventually.IsTrue(
            async () =>
            {
                cli = new Cli();
                // Before its first table it is not ready.
                return await cli.RunAsync("status", "--admin-socket", Admin) == 1
                    && cli.Out.ToString().StartsWith("node-1: ready, with issues\n", StringComparison.Ordinal);
            },
            "the status names the listener");

        cli.Out.ToString().ShouldContain($"NodePort 0.0.0.0:{port} of default/web: the port is taken");
        cli = new Cli();
        (await cli.RunAsync("status", "-o", "json", "--admin-socket", Admin)).ShouldBe(1);
        using var json = JsonDocument.Parse(cli.Out.ToString());
        json.RootElement.GetProperty("failedListeners")[0].GetProperty("portNumber").GetInt32().ShouldBe(port);
        json.RootElement.GetProperty("issues").GetArrayLength().ShouldBeGreaterThan(0);
        await stop.CancelAsync();
        (await run).ShouldBe(0);
    }

    /// <summary>Clients of one are refused, and a green would send whoever asks to look elsewhere.</summary>
    [Fact]
    public async Task NoEndpointIsReady_IsSaidWithItsCounts()
    {
        _folder.Write("a.yaml", Manifests.Service("web", FreePort.Next()).Replace(
            "- addresses: [\"127.0.0.1\"]",
            "- {addresses: [\"127.0.0.1\"], conditions: {ready: false}}\n  - {addresses: [\"127.0.0.2\"], conditions: {ready: false, terminating: true}}",
            StringComparison.Ordinal));
        using var stop = new CancellationTokenSource();
        var run = RunAsync(stop.Token);
        var cli = new Cli();

        (await cli.RunAsync("status", "--wait", "--timeout", "5m", "--admin-socket", Admin)).ShouldBe(ExitCode.Failed, cli.Out.ToString());

        string text = cli.Out.ToString();
        text.ShouldStartWith("node-1: ready, with issues; 1 Service port without a ready endpoint\n");
        text.ShouldContain(
            "\nNo endpoint is ready\n  default/web: 0 of 2 endpoints ready, 1 terminating; connections are refused: userproxy explain default/web\n");
        text.ShouldContain("(NoReadyEndpoint)");
        cli = new Cli();
        await cli.RunAsync("status", "-o", "json", "--admin-socket", Admin);
        using var json = JsonDocument.Parse(cli.Out.ToString());
        json.RootElement.GetProperty("noReadyEndpointTotal").GetInt32().ShouldBe(1);
        var unready = json.RootElement.GetProperty("noReadyEndpoint")[0];
        (unready.GetProperty("endpoints").GetInt32(), unready.GetProperty("ready").GetInt32(), unready.GetProperty("used").GetInt32()).ShouldBe((2, 0, 0));
        await stop.CancelAsync();
        (await run).ShouldBe(0);
    }

    /// <summary>Its author has written so, as kubectl scale does: told, and no fault.</summary>
    [Fact]
    public async Task NoEndpoints_AreCountedAndNoted()
    {
        _folder.Write(
            "a.yaml", Manifests.Service("web", FreePort.Next()).Replace("- addresses: [\"127.0.0.1\"]", "[]", StringComparison.Ordinal));
        using var stop = new CancellationTokenSource();
        var run = RunAsync(stop.Token);
        var cli = new Cli();

        (await cli.RunAsync("status", "--wait", "--timeout", "5m", "--admin-socket", Admin)).ShouldBe(ExitCode.Done, cli.Out.ToString());

        cli.Out.ToString().ShouldContain(" 1 Service port (1 without endpoints), in force since");
        cli.Out.ToString().ShouldContain("\nNotes\n  Service default/web: its EndpointSlice has no endpoints");
        await stop.CancelAsync();
        (await run).ShouldBe(0);
    }

    [Fact]
    public async Task Settings_AreAnswered_AndNameFilesOnly()
    {
        _folder.Write("a.yaml", Manifests.Service("web", FreePort.Next()));
        using var stop = new CancellationTokenSource();
        var run = RunAsync(stop.Token);
        (await new Cli().RunAsync("status", "--wait", "--timeout", "5m", "--admin-socket", Admin)).ShouldBe(0);

        using var client = new AdminClient(Admin, isRoot: false);
        using var settings = await client.GetAsync("/v1/settings", TestContext.Current.CancellationToken);

        settings.RootElement.GetProperty("settings").GetProperty("nodeName").GetString().ShouldBe("node-1");
        await stop.CancelAsync();
        (await run).ShouldBe(0);
    }

    [Fact]
    public void Well_IsReadyWithoutFailures_AndNotesDoNotCount()
    {
        StatusCommand.IsWell(Samples.Status).ShouldBeTrue();
        StatusCommand.IsWell(Samples.Status with { Ready = false }).ShouldBeFalse();
        StatusCommand.IsWell(Samples.Status with { Issues = [new IssueItem("Service a/b", "EndpointsFailing", "x")] }).ShouldBeFalse();
        StatusCommand.IsWell(Samples.Status with { Listeners = new Dictionary<string, int> { ["Failed"] = 1 } }).ShouldBeFalse();
        StatusCommand.IsWell(Samples.Status with { Followed = [new FollowedItem { Resource = "services", Trouble = "x" }] }).ShouldBeFalse();
    }

    /// <summary>What Pods do is not the proxy's fault: said, and exit code 0. Of manifests it is an issue, which is.</summary>
    [Fact]
    public void Unready_IsSaid_AndNoFaultOfTheProxy()
    {
        var unready = new UnreadyItem
        {
            Namespace = "shop",
            Name = "web",
            Port = "http",
            PortNumber = 80,
            Protocol = "TCP",
            IpFamily = "IPv4",
            Endpoints = 3,
            Ready = 0,
            Terminating = 1,
            Used = 1,
        };
        var status = Samples.Status with
        {
            NoReadyEndpointTotal = 103,
            NoReadyEndpoint = [unready, unready with { IpFamily = "IPv6" }, unready with { Name = "api", Port = "", Ready = 3, Used = 0 }],
        };
        using var text = new StringWriter { NewLine = "\n" };

        new StatusText(text, Screen.None).Write(status, Samples.Now);

        StatusCommand.IsWell(status).ShouldBeTrue();
        text.ToString().ShouldStartWith("node-1: ready; 103 Service ports without a ready endpoint\n");
        text.ToString().ShouldContain(
            "No endpoint is ready\n  shop/web:http: 0 of 3 endpoints ready, 1 terminating; 1 still serves: userproxy explain shop/web\n"
                + "  shop/api: none of 3 endpoints may be dialled; connections are refused: userproxy explain shop/api\n  and 100 more: ");
    }

    /// <summary>Others serve, and clients of this one wait: no fault of the proxy, and no plain green.</summary>
    [Fact]
    public async Task OneOfTwoEndpointsFails_IsSaidWithItsAge()
    {
        using var backend = new TcpListener(IPAddress.Loopback, 0);
        backend.Start();
        int port = FreePort.Next(), endpoint = ((IPEndPoint)backend.LocalEndpoint).Port;
        _folder.Write("a.yaml", Manifests.Service("web", port, endpoint).Replace("[\"127.0.0.1\"]", "[\"127.0.0.1\"]\n  - addresses: [\"127.0.0.2\"]",
            StringComparison.Ordinal));
        using var stop = new CancellationTokenSource();
        var run = RunAsync(stop.Token);
        (await new Cli().RunAsync("status", "--wait", "--timeout", "5m", "--admin-socket", Admin)).ShouldBe(ExitCode.Done);
        using TcpClient one = new(), other = new();
        await one.ConnectAsync(IPAddress.Loopback, port, TestContext.Current.CancellationToken);
        await other.ConnectAsync(IPAddress.Loopback, port, TestContext.Current.CancellationToken);

        string text = "";
        await Eventually.IsTrue(
            async () =>
            {
                var cli = new Cli();
                (await cli.RunAsync("status", "--admin-socket", Admin)).ShouldBe(ExitCode.Done);
                return (text = cli.Out.ToString()).Contains("Endpoints fail", StringComparison.Ordinal);
            },
            "the failed dial is noted");

        text.ShouldStartWith("node-1: ready; 1 Service port has some endpoints that fail\n");
        text.ShouldContain($"\nEndpoints fail\n  default/web: 1 of 2 endpoints fails: 127.0.0.2:{endpoint} (refused) since ");
        text.ShouldContain(" ago: userproxy explain default/web\n");
        var asked = new Cli();
        await asked.RunAsync("status", "-o", "json", "--admin-socket", Admin);
        using var json = JsonDocument.Parse(asked.Out.ToString());
        json.RootElement.GetProperty("failingEndpointsTotal").GetInt32().ShouldBe(1);
        var failing = json.RootElement.GetProperty("failingEndpoints")[0];
        (failing.GetProperty("endpoints").GetInt32(), failing.GetProperty("failing").GetInt32(), failing.GetProperty("lastError").GetString())
            .ShouldBe((2, 1, "refused"));
        await stop.CancelAsync();
        (await run).ShouldBe(0);
    }

    /// <summary>The subject of the line says which Service it is.</summary>
    [Fact]
    public async Task OnlyEndpointFails_IsAnIssueThatNamesTheServiceOnce()
    {
        int port = FreePort.Next();
        _folder.Write("a.yaml", Manifests.Service("web", port));
        using var stop = new CancellationTokenSource();
        var run = RunAsync(stop.Token);
        (await new Cli().RunAsync("status", "--wait", "--timeout", "5m", "--admin-socket", Admin)).ShouldBe(ExitCode.Done);
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(IPAddress.Loopback, port, TestContext.Current.CancellationToken);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
        {
            // Before connect(2) has returned.
        }

        string text = "";
        await Eventually.IsTrue(
            async () =>
            {
                var cli = new Cli();
                return await cli.RunAsync("status", "--admin-socket", Admin) == 1
                    && (text = cli.Out.ToString()).Contains("EndpointsFailing", StringComparison.Ordinal);
            },
            "the failed dial is noted");

        text.ShouldStartWith("node-1: ready, with issues; 1 of 1 Service port answers nobody\n");
        text.ShouldContain("\n  Service default/web: its only endpoint does not answer; 127.0.0.1:9: the connection was refused");
        await stop.CancelAsync();
        (await run).ShouldBe(0);
    }

    /// <summary>It may be all that is read.</summary>
    [Fact]
    public void Verdict_ThatIsLongerThanALine_IsBrokenBetweenWords()
    {
        var status = Samples.Status with
        {
            ServicePorts = 24,
            NoReadyEndpointTotal = 2,
            FailingEndpointsTotal = 1,
            Issues = [.. Enumerable.Range(1, 3).Select(number => new IssueItem($"Service a/b{number}", "EndpointsFailing", "no endpoint answers"))],
        };
        using StringWriter text = new() { NewLine = "\n" }, coloured = new() { NewLine = "\n" };

        new StatusText(text, new Screen(60, HasColour: false)).Write(status, Samples.Now);
        new StatusText(coloured, new Screen(60, HasColour: true)).Write(status, Samples.Now);

        text.ToString().ShouldStartWith(
            "node-1: ready, with issues; 3 of 24 Service ports answer\n  nobody; 1 has some endpoints that fail; 2 Service ports\n  without a ready endpoint\n"
                + "  version ");
        coloured.ToString().ShouldStartWith(
            "node-1: \e[33mready, with issues; 3 of 24 Service ports answer\e[0m\n  \e[33mnobody; 1 has some endpoints that fail; 2 Service ports\e[0m\n"
                + "  \e[33mwithout a ready endpoint\e[0m\n  version ");
    }

    [Fact]
    public void CommandToLookAtNext_StaysInOneLine()
    {
        var unready = new UnreadyItem
        {
            Namespace = "shop",
            Name = "web",
            Port = "http",
            PortNumber = 80,
            Protocol = "TCP",
            IpFamily = "IPv4",
            Endpoints = 3,
            Ready = 0,
            Terminating = 1,
            Used = 1,
        };
        using var text = new StringWriter { NewLine = "\n" };

        new StatusText(text, new Screen(80, HasColour: false)).Write(
            Samples.Status with { NoReadyEndpointTotal = 3, NoReadyEndpoint = [unready] }, Samples.Now);

        text.ToString().ShouldContain(" 1 still serves:\n    userproxy explain shop/web\n");
        text.ToString().ShouldContain("  and 2 more: userproxy list -A --sort-by STATE\n");
    }

    [Fact]
    public async Task Watch_OnATerminal_IsRedrawn()
    {
        using var stop = new CancellationTokenSource();
        using var admin = new FakeAdminSocket(
            _ => FakeAdminSocket.Whole(JsonSerializer.Serialize(Samples.Status, AdminJson.Default.ProcessStatus)));
        var cli = new Cli();
        var surroundings = cli.Surroundings with { OutIsTerminal = true, OutHeight = () => 24, Time = new HastyTime() };
        var watching = CommandTree.InvokeAsync(["status", "-w", "--admin-socket", admin.Path], surroundings, stop.Token);

        await Eventually.IsTrue(() => cli.Out.ToString().Contains("\e[J\e[H", StringComparison.Ordinal) || watching.IsCompleted, "it is drawn twice");
        await stop.CancelAsync();

        (await watching).ShouldBe(ExitCode.Done);
        cli.Out.ToString().ShouldStartWith("\e[2J\e[Hnode-1: ");
    }

    [Theory]
    [InlineData("status -w -o json", "--watch: not with -o json")]
    [InlineData("status -w --wait", "--watch and --wait: one of them")]
    [InlineData("status -w", "--watch: on a terminal only; --wait waits")]
    public async Task Watch_WithWhatEnds_IsRefused(string line, string says)
    {
        var cli = new Cli();

        (await cli.RunAsync(line.Split(' '))).ShouldBe(ExitCode.BadUsage);

        cli.Error.ToString().TrimEnd().ShouldBe(says);
    }

    /// <summary>Whoever only asks leaves nothing behind.</summary>
    [Theory]
    [InlineData("status")]
    [InlineData("list")]
    public async Task NoSuchSocket_MakesNoFolder(string command)
    {
        string missing = Path.Combine(_folder.Path, "nope");

        (await new Cli().RunAsync(command, "--admin-socket", Path.Combine(missing, "sub", "a.sock"))).ShouldBe(ExitCode.Unreachable);

        Directory.Exists(missing).ShouldBeFalse();
    }

    [Fact]
    public void Failing_OfUdp_IsSaidInItsWords()
    {
        var item = new FailingItem
        {
            Namespace = "shop",
            Name = "dns",
            Port = "dns",
            PortNumber = 53,
            Protocol = "UDP",
            IpFamily = "IPv4",
            Endpoints = 3,
            Failing = 2,
            Endpoint = "10.0.0.7:53",
            State = "failing",
            LastError = "refused",
            FailingSince = Samples.Now.AddSeconds(-20),
        };
        var status = Samples.Status with { FailingEndpointsTotal = 102, FailingEndpoints = [item] };
        using var text = new StringWriter { NewLine = "\n" };

        new StatusText(text, Screen.None).Write(status, Samples.Now);

        StatusCommand.IsWell(status).ShouldBeTrue();
        text.ToString().ShouldStartWith("node-1: ready; 102 Service ports have some endpoints that fail\n");
        text.ToString().ShouldContain(
            "\nEndpoints fail\n  shop/dns:dns: 2 of 3 endpoints fail: 10.0.0.7:53 (port unreachable) since 20s ago and 1 more: userproxy explain shop/dns\n"
                + "  and 101 more: ");
    }

    /// <summary>A client may be newer than the process that it asks.</summary>
    [Fact]
    public void StatusOfAnEarlierVersion_HasEmptyLists()
    {
        var json = JsonNode.Parse(JsonSerializer.Serialize(Samples.StatusRefused, AdminJson.Default.ProcessStatus))!.AsObject();
        foreach (string later in (string[])["followed", "failedListeners", "healthCheckPorts", "sourceAgeSeconds", "metricsAddress", "pid", "noReadyEndpoint",
            "failingEndpoints"])
            json.Remove(later).ShouldBeTrue(later);

        var status = JsonSerializer.Deserialize(json.ToJsonString(), AdminJson.Default.ProcessStatus)!;

        (status.Followed.Count, status.FailedListeners.Count, status.HealthCheckPorts.Count).ShouldBe((0, 0, 0));
        (status.NoReadyEndpoint.Count, status.FailingEndpoints.Count).ShouldBe((0, 0));
        StatusCommand.IsWell(status).ShouldBeFalse("its issues say so");
    }

    private Task<int> RunAsync(CancellationToken stop) => new Cli().RunUntilAsync(
        stop, "run", "--manifests", Path.Combine(_folder.Path, "a.yaml"), "--admin-socket", Admin, "--cluster-ips", "off", "--healthz-bind-address", "off",
        "--metrics-bind-address", "off", "--node-name", "node-1", "--drain-timeout", "0s");
}
