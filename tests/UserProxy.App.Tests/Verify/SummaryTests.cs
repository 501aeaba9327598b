using System.Globalization;
using System.Net;
using System.Net.Sockets;
using UserProxy.App.CommandLine;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.App.Tests.Verify;

/// <summary>The last line of <c>verify</c> says no more than what was seen, and no less.</summary>
public sealed class SummaryTests : IAsyncLifetime
{
    private const int Ports = 11;

    private readonly AskedProxy _proxy = new();
    private readonly TcpListener _backend = new(IPAddress.Loopback, 0);

    private int BackendPort => ((IPEndPoint)_backend.LocalEndpoint).Port;

    public ValueTask InitializeAsync()
    {
        _backend.Start();
        return default;
    }

    public async ValueTask DisposeAsync()
    {
        await _proxy.DisposeAsync();
        _backend.Dispose();
    }

    /// <summary>They are all looked at, and counted as list counts them.</summary>
    [Fact]
    public async Task ManyPorts_AreSeenAll_AndHaveOneEndpointEach()
    {
        int[] ports = [.. Enumerable.Range(0, Ports).Select(_ => FreePort.Next())];
        var web = Manifests.Service("web", ports[0], BackendPort).Split("---\n");
        string more = string.Concat(ports.Select((port, at) => string.Create(
            CultureInfo.InvariantCulture, $"    - {{name: p{at}, port: {8000 + at}, nodePort: {port}}}\n")));
        string offered = string.Concat(ports.Select((_, at) => string.Create(CultureInfo.InvariantCulture, $"  - {{name: p{at}, port: {BackendPort}}}\n")));
        string service = web[0][..web[0].IndexOf("    - port: 80", StringComparison.Ordinal)];
        await _proxy.StartAsync(
            $"{service}{more}---\n{web[1].Replace($"  - port: {BackendPort}\n", offered, StringComparison.Ordinal)}");

        var (code, printed, _) = await _proxy.AskAsync("verify web");

        code.ShouldBe(ExitCode.Done);
        printed.ShouldContain($"+  5 endpoints ready          1 of 1 endpoint of each of {Ports} ports");
        printed.ShouldContain($"+  6 listened on here         at {Ports} addresses: NodePort ");
        // What the machine's own rules may leave open is another matter.
        printed.Split('\n').Where(line => line.TrimStart().StartsWith('?') && !line.TrimStart().StartsWith("?  7 ", StringComparison.Ordinal)).ShouldBeEmpty();
        printed.ShouldContain("Nothing is wrong in what was seen; ");
        printed.ShouldContain("5 steps were not asked");
    }

    [Fact]
    public async Task LocalPolicyWithoutAnEndpointHere_SaysWhoIsServed()
    {
        await _proxy.StartAsync(
            Manifests.Service("web", FreePort.Next(), BackendPort)
                .Replace("type: NodePort", "type: NodePort\n  externalTrafficPolicy: Local", StringComparison.Ordinal)
                .Replace("addresses: [\"127.0.0.1\"]", "addresses: [\"127.0.0.1\"]\n    nodeName: elsewhere", StringComparison.Ordinal));

        var (code, printed, _) = await _proxy.AskAsync("verify web");

        code.ShouldBe(ExitCode.Done);
        printed.ShouldContain("serves clients of this node alone: no endpoint on this node (externalTrafficPolicy Local).");
        printed.ShouldNotContain("Nothing is wrong");
        printed.ShouldContain("The rest is well in what was seen (5 steps were not asked); NodePort ");
    }
}
