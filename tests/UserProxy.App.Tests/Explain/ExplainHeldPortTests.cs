using System.Net;
using System.Net.Sockets;
using UserProxy.App.CommandLine;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.App.Tests.Explain;

/// <summary>A NodePort that somebody holds at one address of the node is served, and not as it was declared: whoever asks is told.</summary>
public sealed class ExplainHeldPortTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly CancellationTokenSource _stop = new();

    public void Dispose()
    {
        _stop.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Explain_OneAddressIsHeld_SaysSoWithWhatToDo()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "one address of loopback is held");
        using var backend = new TcpListener(IPAddress.Loopback, 0);
        backend.Start();
        int port = FreePort.Next();
        using var holder = new TcpListener(IPAddress.Parse("127.0.43.9"), port) { ExclusiveAddressUse = true };
        holder.Start();
        string manifest = _folder.Write("a.yaml", Manifests.Service("web", port, ((IPEndPoint)backend.LocalEndpoint).Port));
        string socket = Path.Combine(_folder.Path, "a.sock");
        var run = new Cli().RunUntilAsync(
            _stop.Token, "run", "--manifests", manifest, "--admin-socket", socket, "--cluster-ips", "off", "--healthz-bind-address", "off",
            "--metrics-bind-address", "off", "--drain-timeout", "0s");

        string text = "";
        await Eventually.IsTrue(
            async () =>
            {
                var cli = new Cli();
                int code = await cli.RunAsync("explain", "default/web", "--admin-socket", socket);
                text = cli.Out.ToString();
                return code == ExitCode.Done && text.Contains($"at 127.0.43.9:{port}", StringComparison.Ordinal);
            },
            "it is served, and the holder named");

        text.ShouldContain("; served on each other address of the node, as the port is taken by ");
        text.ShouldContain($"* 0.0.0.0:{port} is not served as a whole (");
        text.ShouldContain("this userproxy itself, ", customMessage: "the holder is of the process that runs both");
        await _stop.CancelAsync();
        (await run).ShouldBe(ExitCode.Done);
    }
}
