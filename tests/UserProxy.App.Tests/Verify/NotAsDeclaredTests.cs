using System.Net;
using System.Net.Sockets;
using UserProxy.App.CommandLine;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.App.Tests.Verify;

/// <summary>
/// What is declared and not served so: <c>verify</c>, <c>explain</c> and <c>list</c> of a running proxy say it, and are no green where <c>status</c> is none.
/// </summary>
public sealed class NotAsDeclaredTests : IAsyncLifetime
{
    private readonly TempFolder _folder = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly TcpListener _backend = new(IPAddress.Loopback, 0);
    private Task<int> _run = Task.FromResult(ExitCode.Done);
    private string _manifest = "", _web = "";

    private string SocketPath => Path.Combine(_folder.Path, "a.sock");

    public ValueTask InitializeAsync()
    {
        _backend.Start();
        _manifest = Path.Combine(_folder.Path, "a.yaml");
        _web = Manifests.Service("web", FreePort.Next(), ((IPEndPoint)_backend.LocalEndpoint).Port);
        return default;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        (await _run).ShouldBe(ExitCode.Done);
        _backend.Dispose();
        _stop.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task List_HasARowForAnExternalIP_AndOneLineForClusterIPs()
    {
        await StartAsync(
            _web.Replace("type: NodePort", "type: NodePort\n  clusterIP: 10.96.0.9\n  externalIPs: [203.0.113.9]", StringComparison.Ordinal));

        var (code, printed, said) = await AskAsync("list default/web -o wide");

        code.ShouldBe(ExitCode.Done);
        printed.ShouldContain("203.0.113.9:80");
        printed.ShouldContain("NotServed");
        printed.ShouldNotContain("10.96.0.9");
        said.ShouldContain("ClusterIPs are not served by this run (--cluster-ips)");
    }

    [Fact]
    public async Task Verify_AnExternalIPThatIsNotAllowed_IsTheFirstCause_AsInStatus()
    {
        await StartAsync(_web.Replace("type: NodePort", "type: NodePort\n  externalIPs: [203.0.113.9]", StringComparison.Ordinal));

        var (code, printed, _) = await AskAsync("verify default/web");

        (await AskAsync("status")).Code.ShouldBe(ExitCode.Failed);
        code.ShouldBe(ExitCode.Failed);
        printed.ShouldContain(
            "First cause: step 6, listened on here: ExternalIP 203.0.113.9:80 is not served here: it is in no block that --external-ips allows");
    }

    [Fact]
    public async Task Verify_AClusterIPBesideANodePort_IsNoFault_AndNoPlainGreen()
    {
        await StartAsync(_web.Replace("type: NodePort", "type: NodePort\n  clusterIP: 10.96.0.9", StringComparison.Ordinal));

        var (code, printed, _) = await AskAsync("verify default/web");

        code.ShouldBe(ExitCode.Done);
        printed.ShouldContain("ClusterIP 10.96.0.9:80 is not served here.");
        printed.ShouldNotContain("Nothing is wrong");
    }

    [Fact]
    public async Task Verify_ASlipInTheManifest_IsTheFirstCause_WithItsLine()
    {
        await StartAsync(_web);
        (await AskAsync("verify default/web")).Code.ShouldBe(ExitCode.Done);

        await File.WriteAllTextAsync(_manifest, _web.Replace("type: NodePort", "type: Nodeport", StringComparison.Ordinal), Cancellation);

        var (_, printed, _) = await AskUntilAsync("verify default/web", answer => answer.Code == ExitCode.Failed);
        printed.ShouldContain($"First cause: step 1, Service exists: {_manifest}:");
        printed.ShouldContain("still served");
        printed.ShouldContain($"Next: userproxy check {_manifest}\n");
    }

    [Fact]
    public async Task Verify_AManifestThatCannotBeParsed_IsTheFirstCause_AndItsSliceIsNotMissed()
    {
        await StartAsync(_web);

        await File.WriteAllTextAsync(_manifest, $"{_web}  wrong: [\n", Cancellation);

        var (_, printed, _) = await AskUntilAsync("verify default/web", answer => answer.Code == ExitCode.Failed);
        printed.ShouldContain($"First cause: step 1, Service exists: {_manifest}");
        printed.ShouldNotContain("no EndpointSlice");
        printed.ShouldContain($"Next: userproxy check {_manifest}\n");
    }

    [Fact]
    public async Task Verify_AManifestThatIsGone_IsTheFirstCause_WithoutAWordOfKubectl()
    {
        await StartAsync(_web);

        File.Delete(_manifest);

        var (_, printed, _) = await AskUntilAsync("verify default/web", answer => answer.Code == ExitCode.Failed);
        printed.ShouldContain("still served");
        printed.ShouldContain($"Next: userproxy check {_manifest}\n");
        printed.ShouldNotContain("kubectl");
        printed.ShouldNotContain("kubeconfig");
    }

    [Fact]
    public async Task OfSctpAlone_ExplainNamesIt_AndVerifyPointsToTheManifest()
    {
        await StartAsync($"{_web}---\nkind: Service\napiVersion: v1\nmetadata: {{name: voice, namespace: default}}\n"
            + "spec: {clusterIP: 10.96.0.8, ports: [{port: 5060, protocol: SCTP}]}\n");

        var explained = await AskAsync("explain default/voice");
        var verified = await AskAsync("verify default/voice");

        (explained.Code, verified.Code).ShouldBe((ExitCode.Failed, ExitCode.Failed));
        explained.Said.ShouldContain("SCTP is not served");
        verified.Printed.ShouldContain("SCTP is not served");
        verified.Printed.ShouldContain($"Next: userproxy check {_manifest}\n");
    }

    /// <summary>Before the first client, who would have shown it.</summary>
    [Fact]
    public async Task AnEndpointThatIsItsOwnNodePort_GoesNowhere()
    {
        int port = FreePort.Next();
        await StartAsync(Manifests.Service("web", port, port));

        var explained = await AskAsync("explain default/web");
        var verified = await AskAsync("verify default/web");

        (explained.Code, verified.Code).ShouldBe((ExitCode.Failed, ExitCode.Failed));
        explained.Printed.ShouldContain($"is reset: 127.0.0.1:{port} must not be dialled (a listener of this proxy: dialling it would lead back here)");
        explained.Printed.ShouldNotContain("goes to");
        foreach (string printed in (string[])[explained.Printed, verified.Printed]) printed.ShouldNotContain("--allow-loopback-endpoints");
    }

    [Fact]
    public async Task Verify_ANameOfAnotherNamespaceThanAsked_IsBadUsage()
    {
        var (code, _, said) = await AskAsync("verify -n zz default/web");

        (code, said.Contains("'default/web' is not in namespace zz (-n)", StringComparison.Ordinal)).ShouldBe((ExitCode.BadUsage, true), said);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private async Task StartAsync(string manifest)
    {
        await File.WriteAllTextAsync(_manifest, manifest, Cancellation);
        _run = new Cli().RunUntilAsync(
            _stop.Token, "run", "--manifests", _manifest, "--admin-socket", SocketPath, "--cluster-ips", "off", "--healthz-bind-address", "off",
            "--metrics-bind-address", "off", "--drain-timeout", "0s");
        await AskUntilAsync("status -o json", answer => answer.Printed.Contains("\"ready\": true", StringComparison.Ordinal));
    }

    private async Task<(int Code, string Printed, string Said)> AskUntilAsync(string line, Func<(int Code, string Printed, string Said), bool> isIt)
    {
        (int, string, string) answer = default;
        await Eventually.IsTrue(
            async () =>
            {
                answer = await AskAsync(line);
                return isIt(answer);
            },
            line);
        return answer;
    }

    private async Task<(int Code, string Printed, string Said)> AskAsync(string line)
    {
        var cli = new Cli().With("USERPROXY_ADMIN_SOCKET", SocketPath);
        int code = await cli.RunAsync(line.Split(' '));
        return (code, cli.Out.ToString(), cli.Error.ToString());
    }
}
