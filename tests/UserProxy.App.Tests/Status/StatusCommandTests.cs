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

    /// <summary>A client may be newer than the process that it asks.</summary>
    [Fact]
    public void StatusOfAnEarlierVersion_HasEmptyLists()
    {
        var json = JsonNode.Parse(JsonSerializer.Serialize(Samples.StatusRefused, AdminJson.Default.ProcessStatus))!.AsObject();
        foreach (string later in (string[])["followed", "failedListeners", "healthCheckPorts", "sourceAgeSeconds", "metricsAddress", "pid"])
            json.Remove(later).ShouldBeTrue(later);

        var status = JsonSerializer.Deserialize(json.ToJsonString(), AdminJson.Default.ProcessStatus)!;

        (status.Followed.Count, status.FailedListeners.Count, status.HealthCheckPorts.Count).ShouldBe((0, 0, 0));
        StatusCommand.IsWell(status).ShouldBeFalse("its issues say so");
    }

    private Task<int> RunAsync(CancellationToken stop) => new Cli().RunUntilAsync(
        stop, "run", "--manifests", Path.Combine(_folder.Path, "a.yaml"), "--admin-socket", Admin, "--cluster-ips", "off", "--healthz-bind-address", "off",
        "--metrics-bind-address", "off", "--node-name", "node-1", "--drain-timeout", "0s");
}
