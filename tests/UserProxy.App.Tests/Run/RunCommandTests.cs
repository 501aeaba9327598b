using System.Net;
using System.Net.Sockets;
using UserProxy.App.CommandLine;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.App.Tests.Run;

public sealed class RunCommandTests
{
    // Nothing that others on this machine would see.
    private static readonly string[] Quiet = ["--cluster-ips", "off", "--healthz-bind-address", "off", "--metrics-bind-address", "off"];

    [Theory]
    [InlineData("auto")]
    [InlineData("sockets")]
    public async Task Run_WithManifest_ServesUntilStoppedAndExits0(string transport)
    {
        using var folder = new TempFolder();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        using var backend = new TcpListener(IPAddress.Loopback, 0);
        backend.Start();
        int port = FreePort.Next();
        string manifest = folder.Write("a.yaml", Manifests.Service("web", port, ((IPEndPoint)backend.LocalEndpoint).Port));

        var run = new Cli().RunUntilAsync(
            stop.Token, ["run", "--manifests", manifest, "--admin-socket", Path.Combine(folder.Path, "a.sock"), "--transport", transport, .. Quiet]);
        using (var client = await ConnectAsync(port))
        using (var server = await backend.AcceptSocketAsync(TestContext.Current.CancellationToken))
        {
            await client.SendAsync("ping"u8.ToArray(), TestContext.Current.CancellationToken);
            (await server.ReceiveAsync(new byte[16], TestContext.Current.CancellationToken)).ShouldBe(4);
        }

        await stop.CancelAsync();
        (await run).ShouldBe(ExitCode.Done);
    }

    [Fact]
    public async Task Run_SecondWithTheSameAdminSocket_Exits1()
    {
        using var folder = new TempFolder();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        int port = FreePort.Next();
        string[] args = [
            "run", "--manifests", folder.Write("a.yaml", Manifests.Service("web", port)), "--admin-socket", Path.Combine(folder.Path, "a.sock"), .. Quiet];

        var first = new Cli().RunUntilAsync(stop.Token, args);
        (await ConnectAsync(port)).Dispose();
        (await new Cli().RunAsync([.. args, "--takeover", "off"])).ShouldBe(ExitCode.Failed);

        await stop.CancelAsync();
        (await first).ShouldBe(ExitCode.Done);
    }

    [Theory]
    [InlineData("--healthz-bind-address", "--metrics-bind-address")]
    [InlineData("--metrics-bind-address", "--healthz-bind-address")]
    public async Task Run_AddressIsTaken_HardFail_Exits1(string taken, string off)
    {
        using var folder = new TempFolder();
        using var squatter = new TcpListener(IPAddress.Loopback, 0) { ExclusiveAddressUse = true };
        squatter.Start();
        string manifest = folder.Write("a.yaml", Manifests.Service("web", FreePort.Next()));

        (await new Cli().RunAsync(
            "run", "--manifests", manifest, "--admin-socket", Path.Combine(folder.Path, "a.sock"), "--cluster-ips", "off",
            taken, $"{squatter.LocalEndpoint}", off, "off", "--bind-address-hard-fail")).ShouldBe(ExitCode.Failed);
    }

    private static async Task<Socket> ConnectAsync(int port)
    {
        Socket? connected = null;
        await Eventually.IsTrue(
            async () =>
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                try
                {
                    await socket.ConnectAsync(IPAddress.Loopback, port, TestContext.Current.CancellationToken);
                    connected = socket;
                    return true;
                }
                catch (SocketException)
                {
                    socket.Dispose();
                    return false;
                }
            },
            $"port {port} is open");
        return connected!;
    }
}
