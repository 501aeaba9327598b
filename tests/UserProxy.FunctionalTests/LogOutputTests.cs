using System.Net;
using UserProxy.FunctionalTests.Backends;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.FunctionalTests;

/// <summary>The executable's log on a descriptor that is full, or that nobody reads: what is served and SIGTERM do not depend on it.</summary>
[StartsProgram]
public sealed class LogOutputTests : IDisposable
{
    private static string Executable => TestedProgram.Path;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("userproxy-log-");
    private readonly int _port = FreePort.Next();
    private readonly int _metrics = FreePort.Next();

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task DiskIsFull_ServesAndCountsAndStops(TransportKind transport)
    {
        await using var echo = Backend.Echo();
        await using var process = await StartAsync(transport, echo, "/dev/full");

        for (int i = 0; i < 20; i++) await AskAsync();

        await Eventually.IsTrue(async () => await DroppedAsync() >= 20, "each line is counted");
        await process.SignalAsync("TERM");
        (await process.ExitCodeAsync()).ShouldBe(0);
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task PipeLosesItsReaderAndGetsOneThatIsFrozen_ServesAndStops(TransportKind transport)
    {
        Tool.SkipUnlessInstalled("mkfifo");
        string pipe = Path.Combine(_folder.FullName, "pipe");
        await Tool.RunAsync("mkfifo", pipe);
        await using var echo = Backend.Echo();
        Tool process;
        // Both ends, or opening it would wait.
        await using (var reader = new FileStream(pipe, FileMode.Open, FileAccess.ReadWrite)) process = await StartAsync(transport, echo, pipe);
        await using var started = process;
        for (int i = 0; i < 20; i++) await AskAsync();
        await Eventually.IsTrue(async () => await DroppedAsync() >= 20, "without a reader, each line is counted");

        await using var frozen = new FileStream(pipe, FileMode.Open, FileAccess.ReadWrite);
        // More than the 64 KiB of a pipe: access lines have more than 100 bytes.
        for (int i = 0; i < 700; i++) await AskAsync();

        (await DroppedAsync()).ShouldBeGreaterThanOrEqualTo(20, "the metrics port answers");
        await process.SignalAsync("TERM");
        (await process.ExitCodeAsync()).ShouldBe(0);
    }

    /// <summary>Before there is a log: whoever waits for the exit code would wait for good.</summary>
    [Theory]
    [InlineData("run --nonsense", 64)]
    [InlineData("run --manifests /nonexistent/services.yaml --cluster-ips off", 64)]
    [InlineData("run --kubeconfig /nonexistent/kubeconfig --cluster-ips off", 64)]
    [InlineData("run --manifests . --transport nonsense", 64)]
    [InlineData("list --nonsense", 64)]
    [InlineData("list", 69)]
    [InlineData("migrate plan --kubeconfig /nonexistent/kubeconfig", 64)]
    public async Task PipeIsFullAndItsReaderFrozen_WrongUsageEndsWithItsCode(string arguments, int code)
    {
        Tool.SkipUnlessInstalled("mkfifo", "dd");
        string pipe = Path.Combine(_folder.FullName, "pipe");
        await Tool.RunAsync("mkfifo", pipe);
        await using var frozen = new FileStream(pipe, FileMode.Open, FileAccess.ReadWrite);
        await Tool.RunAsync("sh", "-c", $"dd if=/dev/zero of={pipe} bs=4096 count=1024 oflag=nonblock; true");

        await using var process = Tool.Start(
            "sh", "-c", $"cd {_folder.FullName}; USERPROXY_ADMIN_SOCKET={_folder.FullName}/admin.sock exec {Executable} {arguments} 2>{pipe}");

        (await process.ExitCodeAsync()).ShouldBe(code);
    }

    /// <summary>Some supervisors start a daemon without standard output.</summary>
    [Theory]
    [InlineData("/dev/null 1>&-")]
    [InlineData("/dev/null 0<&- 1>&-")]
    [InlineData("&- 0<&- 1>&-")]
    public async Task OutputIsClosed_ServesAndStops(string log)
    {
        await using var backend = Backend.Echo();
        await using var process = await StartAsync(TransportKind.Epoll, backend, log);

        await AskAsync();

        await process.SignalAsync("TERM");
        (await process.ExitCodeAsync()).ShouldBe(0);
    }

    private async Task<Tool> StartAsync(TransportKind transport, Backend backend, string log)
    {
        string manifest = Path.Combine(_folder.FullName, "services.yaml");
        File.WriteAllText(manifest, ServingProcess.ServiceOf("echo", _port, "rr", backend));
        string command =
            $"exec {Executable} run --manifests {manifest} --node-port-addresses 127.0.0.0/8 --node-name node-1 --cluster-ips off --drain-timeout 0s "
                + $"--access-log"
            + $" --transport {transport.Name()} --admin-socket {_folder.FullName}/admin.sock"
            + $" --healthz-bind-address off --metrics-bind-address 127.0.0.1:{_metrics} 2>{log}";
        var process = Tool.Start("sh", "-c", command);
        await Eventually.IsTrue(() => KernelTable.Count(_port, TcpSocketState.Listen) > 0, "the proxy listens");
        return process;
    }

    private async Task AskAsync()
    {
        using var client = await Peer.ConnectAsync(new IPEndPoint(IPAddress.Loopback, _port));
        (await client.AskAsync("hello")).ShouldBe("hello");
    }

    private async Task<double> DroppedAsync() =>
        (await Scrape.OfAsync(_metrics)).Samples["userproxy_log_lines_dropped_total"];
}
