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
    private readonly AskedProxy _proxy = new();
    private readonly TcpListener _backend = new(IPAddress.Loopback, 0);
    private string _web = "";

    public ValueTask InitializeAsync()
    {
        _backend.Start();
        _web = Manifests.Service("web", FreePort.Next(), ((IPEndPoint)_backend.LocalEndpoint).Port);
        return default;
    }

    public async ValueTask DisposeAsync()
    {
        await _proxy.DisposeAsync();
        _backend.Dispose();
    }

    [Fact]
    public async Task List_HasARowForAnExternalIP_AndOneLineForClusterIPs()
    {
        await _proxy.StartAsync(
            _web.Replace("type: NodePort", "type: NodePort\n  clusterIP: 10.96.0.9\n  externalIPs: [203.0.113.9]", StringComparison.Ordinal));

        var (code, printed, said) = await _proxy.AskAsync("list default/web -o wide");

        code.ShouldBe(ExitCode.Done);
        printed.ShouldContain("203.0.113.9:80");
        printed.ShouldContain("NotServed");
        printed.ShouldNotContain("10.96.0.9");
        said.ShouldContain("ClusterIPs are not served by this run (--cluster-ips off)");
    }

    [Fact]
    public async Task Verify_AnExternalIPThatIsNotAllowed_IsTheFirstCause_AsInStatus()
    {
        await _proxy.StartAsync(_web.Replace("type: NodePort", "type: NodePort\n  externalIPs: [203.0.113.9]", StringComparison.Ordinal));

        var (code, printed, _) = await _proxy.AskAsync("verify default/web");

        (await _proxy.AskAsync("status")).Code.ShouldBe(ExitCode.Failed);
        code.ShouldBe(ExitCode.Failed);
        printed.ShouldContain(
            "First cause: step 6, listened on here: ExternalIP 203.0.113.9:80 is not served here: it is in no block that --external-ips allows");
    }

    [Fact]
    public async Task Verify_AClusterIPBesideANodePort_IsNoFault_AndNoPlainGreen()
    {
        await _proxy.StartAsync(_web.Replace("type: NodePort", "type: NodePort\n  clusterIP: 10.96.0.9", StringComparison.Ordinal));

        var (code, printed, _) = await _proxy.AskAsync("verify default/web");

        code.ShouldBe(ExitCode.Done);
        printed.ShouldContain("ClusterIP 10.96.0.9:80 is not served here.");
        printed.ShouldNotContain("Nothing is wrong");
    }

    [Fact]
    public async Task Verify_ASlipInTheManifest_IsTheFirstCause_WithItsLine()
    {
        await _proxy.StartAsync(_web);
        (await _proxy.AskAsync("verify default/web")).Code.ShouldBe(ExitCode.Done);

        await File.WriteAllTextAsync(_proxy.ManifestPath, _web.Replace("type: NodePort", "type: Nodeport", StringComparison.Ordinal), Cancellation);

        var (_, printed, _) = await _proxy.AskUntilAsync("verify default/web", answer => answer.Code == ExitCode.Failed);
        printed.ShouldContain($"First cause: step 1, Service exists: {_proxy.ManifestPath}:");
        printed.ShouldContain("still served");
        printed.ShouldContain($"Next: mend {_proxy.ManifestPath}:7, and then: userproxy check {_proxy.ManifestPath}\n");
    }

    [Fact]
    public async Task Verify_AManifestThatCannotBeParsed_IsTheFirstCause_AndItsSliceIsNotMissed()
    {
        await _proxy.StartAsync(_web);

        await File.WriteAllTextAsync(_proxy.ManifestPath, $"{_web}  wrong: [\n", Cancellation);

        var (_, printed, _) = await _proxy.AskUntilAsync("verify default/web", answer => answer.Code == ExitCode.Failed);
        printed.ShouldContain($"First cause: step 1, Service exists: {_proxy.ManifestPath}");
        printed.ShouldNotContain("no EndpointSlice");
        printed.ShouldContain($"Next: userproxy check {_proxy.ManifestPath}\n");
    }

    [Fact]
    public async Task Verify_AManifestThatIsGone_IsTheFirstCause_WithoutAWordOfKubectl()
    {
        await _proxy.StartAsync(_web);

        File.Delete(_proxy.ManifestPath);

        var (_, printed, _) = await _proxy.AskUntilAsync("verify default/web", answer => answer.Code == ExitCode.Failed);
        printed.ShouldContain("still served");
        printed.ShouldContain($"Next: userproxy check {_proxy.ManifestPath}\n");
        printed.ShouldNotContain("kubectl");
        printed.ShouldNotContain("kubeconfig");
    }

    [Fact]
    public async Task OfSctpAlone_ExplainNamesIt_AndVerifyPointsToTheManifest()
    {
        await _proxy.StartAsync($"{_web}---\nkind: Service\napiVersion: v1\nmetadata: {{name: voice, namespace: default}}\n"
            + "spec: {clusterIP: 10.96.0.8, ports: [{port: 5060, protocol: SCTP}]}\n");

        var explained = await _proxy.AskAsync("explain default/voice");
        var verified = await _proxy.AskAsync("verify default/voice");

        (explained.Code, verified.Code).ShouldBe((ExitCode.Failed, ExitCode.Failed));
        explained.Said.ShouldContain("SCTP is not served");
        verified.Printed.ShouldContain("SCTP is not served");
        verified.Printed.ShouldContain($"Next: userproxy check {_proxy.ManifestPath}\n");
    }

    /// <summary>Before the first client, who would have shown it.</summary>
    [Fact]
    public async Task AnEndpointThatIsItsOwnNodePort_GoesNowhere()
    {
        int port = FreePort.Next();
        await _proxy.StartAsync(Manifests.Service("web", port, port));

        var explained = await _proxy.AskAsync("explain default/web");
        var verified = await _proxy.AskAsync("verify default/web");

        (explained.Code, verified.Code).ShouldBe((ExitCode.Failed, ExitCode.Failed));
        explained.Printed.ShouldContain($"is reset: 127.0.0.1:{port} must not be dialled (a listener of this proxy: dialling it would lead back here)");
        explained.Printed.ShouldNotContain("goes to");
        foreach (string printed in (string[])[explained.Printed, verified.Printed]) printed.ShouldNotContain("--allow-loopback-endpoints");
    }

    [Fact]
    public async Task Verify_ANameOfAnotherNamespaceThanAsked_IsBadUsage()
    {
        var (code, _, said) = await _proxy.AskAsync("verify -n zz default/web");

        (code, said.Contains("'default/web' is not in namespace zz (-n)", StringComparison.Ordinal)).ShouldBe((ExitCode.BadUsage, true), said);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;
}
