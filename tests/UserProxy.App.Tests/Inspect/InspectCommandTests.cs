using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using UserProxy.App.CommandLine;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.App.Tests.Inspect;

/// <summary>The command on sockets of this very process; other programs and namespaces are the functional tests'.</summary>
public sealed class InspectCommandTests
{
    [Fact]
    public async Task Inspect_NobodyAccepts_IsAPlaceholderAndExits1()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();

        // On a busy machine its time for the walk over all processes may be up. It says so, and can be asked again.
        Cli cli = null!;
        await Eventually.IsTrue(
            async () =>
            {
                (await (cli = new Cli()).RunAsync("inspect", Port(listener))).ShouldBe(1);
                return !cli.Out.ToString().Contains("in time", StringComparison.Ordinal);
            },
            "all processes are looked at");

        cli.Out.ToString().ShouldStartWith($"Port {Port(listener)}/TCP: placeholder");
        cli.Out.ToString().ShouldContain($"(pid {Environment.ProcessId})");
        cli.Error.ToString().ShouldBeEmpty();
    }

    [Fact]
    public async Task Inspect_SomebodyAccepts_IsHandledAndExits0()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var accepting = listener.AcceptSocketAsync(TestContext.Current.CancellationToken).AsTask();
        var cli = new Cli();

        (await cli.RunAsync("inspect", Port(listener), "--address", "127.0.0.1", "-o", "json")).ShouldBe(0);

        (await accepting).Dispose();
        using var json = JsonDocument.Parse(cli.Out.ToString());
        json.RootElement.GetProperty("verdict").GetString().ShouldBe("handled");
        json.RootElement.GetProperty("node").GetString().ShouldBe("Host-Of-Test");
    }

    [Fact]
    public async Task Inspect_NoProbe_MakesNoConnection()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var cli = new Cli();

        (await cli.RunAsync("inspect", Port(listener), "--no-probe")).ShouldBe(2);

        cli.Out.ToString().ShouldContain(": idle (nobody is connected and nothing waits");
        listener.Pending().ShouldBeFalse();
    }

    [Fact]
    public async Task Inspect_NothingThere_IsNoneAndExits2()
    {
        var cli = new Cli();

        (await cli.RunAsync("inspect", $"{FreePort.Next()}")).ShouldBe(2);

        cli.Out.ToString().ShouldContain("none (refused, nobody is there");
    }

    [Fact]
    public async Task Inspect_Udp_TellsUnreadFromRead()
    {
        using var bound = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        bound.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        string port = $"{((IPEndPoint)bound.LocalEndPoint!).Port}";
        (await new Cli().RunAsync("inspect", port, "--udp")).ShouldBe(2);
        bound.SendTo(new byte[10], bound.LocalEndPoint);

        (await new Cli().RunAsync("inspect", port, "--udp")).ShouldBe(1);
    }

    [Fact]
    public async Task Inspect_UdpOfARunningProxy_IsHandled()
    {
        using var folder = new TempFolder();
        string admin = Path.Combine(folder.Path, "a.sock");
        int port = FreePort.Next();
        string manifest = folder.Write("a.yaml", Manifests.Service("dns", port)
            .Replace("    - port: 80", "    - protocol: UDP\n      port: 80", StringComparison.Ordinal)
            .Replace("  - port: 9", "  - protocol: UDP\n    port: 9", StringComparison.Ordinal));
        using var stop = new CancellationTokenSource();
        var run = new Cli().RunUntilAsync(
            stop.Token, "run", "--manifests", manifest, "--admin-socket", admin, "--cluster-ips", "off", "--healthz-bind-address", "off",
            "--metrics-bind-address", "off", "--drain-timeout", "0s");
        Cli cli = null!;
        await Eventually.IsTrue(
            async () => await (cli = new Cli()).RunAsync("inspect", $"{port}", "--udp", "--admin-socket", admin) == 0,
            "the proxy says that it serves the port");

        string text = cli.Out.ToString();
        text.ShouldStartWith($"Port {port}/UDP: handled (a process reads)");
        text.ShouldContain($"The running userproxy has this port for default/dns (NodePort 0.0.0.0:{port}): Listening.");
        string[] lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        lines.ShouldBeUnique();

        // Its number is asked for without --udp. A proxy that is busy may not answer in time, and can be asked again.
        await Eventually.IsTrue(
            async () =>
            {
                (await (cli = new Cli()).RunAsync("inspect", $"{port}", "--admin-socket", admin)).ShouldBe(2);
                return cli.Out.ToString().Contains(
                    $"The UDP port {port} is another port: the running userproxy has it for default/dns.", StringComparison.Ordinal);
            },
            "whose the other port is, is said");
        cli.Out.ToString().ShouldContain($"userproxy inspect {port} --udp\n");
        await stop.CancelAsync();
        (await run).ShouldBe(0);
    }

    [Fact]
    public async Task Inspect_NamedProxyDoesNotAnswer_SaysSo()
    {
        var cli = new Cli();

        (await cli.RunAsync("inspect", $"{FreePort.Next()}", "--udp", "--admin-socket", "/nonexistent/a.sock")).ShouldBe(2);

        cli.Out.ToString().ShouldContain("userproxy: no userproxy answers at /nonexistent/a.sock");
    }

    /// <summary>As every command: 2 would say that it could not look.</summary>
    [Theory]
    [InlineData(true, false)]
    [InlineData(false, false)]
    [InlineData(true, true)]
    [InlineData(false, true)]
    public async Task Inspect_OutputCannotBeWritten_Exits1(bool errorIsRead, bool isAll)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var cli = new Cli();
        var surroundings = cli.Surroundings with { Out = new ClosedPipe(), Error = errorIsRead ? cli.Error : new ClosedPipe() };

        string what = isAll ? "--all" : Port(listener);

        (await CommandTree.InvokeAsync(["inspect", what, "-o", "json"], surroundings, TestContext.Current.CancellationToken)).ShouldBe(1);

        if (errorIsRead) cli.Error.ToString().ShouldContain("Broken pipe");
    }

    [Fact]
    public async Task Inspect_Watch_EndsWhenStopped()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var cli = new Cli();

        var watch = cli.RunUntilAsync(stop.Token, "inspect", Port(listener), "--watch");
        await Eventually.IsTrue(() => cli.Out.ToString().Contains("placeholder", StringComparison.Ordinal), "the first look is written");
        await stop.CancelAsync();

        (await watch).ShouldBe(1);
    }

    private sealed class ClosedPipe : StringWriter
    {
        public override Task WriteLineAsync(string? value) => throw new IOException("Broken pipe");
    }

    private static string Port(TcpListener listener) => $"{((IPEndPoint)listener.LocalEndpoint).Port}";
}
