using System.Net;
using UserProxy.FunctionalTests.Backends;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.FunctionalTests;

/// <summary>
/// The executable where io_uring cannot be had: <c>--transport auto</c> serves with the next best and says the reason in one line, and a transport that was
/// asked for by name ends the start with it.
/// </summary>
[StartsProgram]
public sealed class TransportFallbackTests : IAsyncDisposable
{
    private const int EPERM = 1, ENOSYS = 38;

    private const string Forbidden = "io_uring is forbidden here (EPERM: a seccomp profile, or kernel.io_uring_disabled)";

    private const string Missing = "there is no io_uring here (ENOSYS: a seccomp profile hides it, or the kernel has none)";

    /// <summary>A user of no other process, without CAP_IPC_LOCK: the kernel counts what memory each user has locked.</summary>
    private static readonly string[] AsNobody =
    [
        "setpriv", "--reuid", $"{100_000 + Environment.ProcessId}", "--regid", "65534", "--clear-groups", "--no-new-privs", "--bounding-set", "-all",
        "--inh-caps", "-all",
    ];

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("userproxy-transport-");
    private readonly Backend _echo = Backend.Echo();
    private readonly int _port = FreePort.Next();

    private string Log => Path.Combine(_folder.FullName, "log");

    public async ValueTask DisposeAsync()
    {
        await _echo.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    /// <summary>Docker and containerd answer the first, Podman and CRI-O the second.</summary>
    [Theory]
    [InlineData(EPERM, Forbidden)]
    [InlineData(ENOSYS, Missing)]
    public async Task Auto_SeccompRefusesTheRing_ServesByEpollAndSaysWhy(int errno, string reason)
    {
        Tool.SkipUnlessInstalled("python3");
        SkipUnlessTheRingIsHad();

        await ServesAsync(SeccompFilter.RefusingIoUring(errno));

        Lines(518).ShouldHaveSingleItem().ShouldContain($"the uring transport cannot be had here: {reason};");
        Lines(507).ShouldBeEmpty();
        Lines(500).ShouldHaveSingleItem().ShouldContain("transport epoll with ");
    }

    [Fact]
    public async Task Auto_SeccompRefusesToEnterTheRing_ServesByEpollAndSaysWhy()
    {
        Tool.SkipUnlessInstalled("python3");
        SkipUnlessTheRingIsHad();

        await ServesAsync(SeccompFilter.RefusingToEnter(EPERM));

        Lines(518).ShouldHaveSingleItem().ShouldContain($"the uring transport cannot be had here: {Forbidden};");
        Lines(500).ShouldHaveSingleItem().ShouldContain("transport epoll with ");
    }

    /// <summary>IORING_REGISTER_RESTRICTIONS, _ENABLE_RINGS and _PBUF_RING: a ring is made, and found to be of no use by the one that sets it up.</summary>
    [Theory]
    [InlineData(11)]
    [InlineData(12)]
    [InlineData(22)]
    public async Task Auto_SeccompRefusesAnOperationOfTheRing_ServesByEpollAndSaysWhy(int operation)
    {
        Tool.SkipUnlessInstalled("python3");
        SkipUnlessTheRingIsHad();

        await ServesAsync(SeccompFilter.RefusingToRegister(EPERM, operation));

        Lines(518).ShouldHaveSingleItem().ShouldContain("the uring transport cannot be had here: ");
        Lines(500).ShouldHaveSingleItem().ShouldContain("transport epoll with ");
    }

    [Theory]
    [InlineData(EPERM, Forbidden)]
    [InlineData(ENOSYS, Missing)]
    public async Task Uring_SeccompRefusesTheRing_EndsWithTheReason(int errno, string reason)
    {
        Tool.SkipUnlessInstalled("python3");

        await using var proxy = await StartAsync(SeccompFilter.RefusingIoUring(errno), "--transport", "uring");

        (await proxy.ExitCodeAsync()).ShouldBe(1);
        Lines(508).ShouldHaveSingleItem().ShouldEndWith($"the uring transport was asked for and cannot be had: {reason}");
        Lines(500).ShouldBeEmpty();
    }

    /// <summary>
    /// From Linux 6.14 on the rings' pages count against RLIMIT_MEMLOCK, as they did before 5.12; between the two they count as memory of the cgroup alone.
    /// The kernel is asked by the transport's name.
    /// </summary>
    [Fact]
    public async Task Auto_NoMemoryMayBeLocked_ServesByUringOrSaysWhyNot()
    {
        Tool.SkipUnlessInstalled("setpriv", "prlimit");
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "another user's process needs root");
        SkipUnlessTheRingIsHad();
        string[] prefix = [.. AsNobody, "prlimit", "--memlock=0:0"];
        var readable = await Tool.FeedAsync("", prefix[0], [.. prefix[1..], TestedProgram.Path, "version"]);
        Assert.SkipUnless(readable.ExitCode == 0, $"other users cannot start what was built here: {readable.Output}");
        bool refused;
        await using (var byName = await StartAsync(prefix, "--transport", "uring"))
        {
            await Eventually.IsTrue(() => byName.HasExited || Lines(500).Length > 0, "it is decided");
            refused = byName.HasExited;
        }

        if (refused) Lines(508).ShouldHaveSingleItem().ShouldContain("(ENOMEM: RLIMIT_MEMLOCK");
        else Environment.OSVersion.Version.ShouldBeLessThan(new Version(6, 14));

        await ServesAsync(prefix);

        Lines(518).Length.ShouldBe(refused ? 1 : 0);
        foreach (string line in Lines(518)) line.ShouldContain("there is no memory for io_uring (ENOMEM: RLIMIT_MEMLOCK, or the cgroup's limit);");
        Lines(500).ShouldHaveSingleItem().ShouldContain(refused ? "transport epoll with " : "transport uring with ");
    }

    /// <summary>Where the usual rings of two loops do not fit, smaller ones do.</summary>
    [Fact]
    public async Task Auto_LittleMemoryMayBeLocked_ServesByUring()
    {
        Tool.SkipUnlessInstalled("setpriv", "prlimit");
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "another user's process needs root");
        SkipUnlessTheRingIsHad();
        var readable = await Tool.FeedAsync("", AsNobody[0], [.. AsNobody[1..], TestedProgram.Path, "version"]);
        Assert.SkipUnless(readable.ExitCode == 0, $"other users cannot start what was built here: {readable.Output}");

        await ServesAsync([.. AsNobody, "prlimit", "--memlock=262144:262144"], "--threads", "2");

        Lines(518).ShouldBeEmpty();
        Lines(500).ShouldHaveSingleItem().ShouldContain("transport uring with ");
    }

    /// <summary>A loop of either kind takes two: there are too few for the loops, and enough for everything else.</summary>
    [Fact]
    public async Task Auto_TooFewDescriptorsForTheLoops_ServesBySocketsAndSaysWhy()
    {
        Tool.SkipUnlessInstalled("prlimit");
        const string Reason = "no descriptor is left for the loops (ulimit -n, LimitNOFILE; --threads says how many loops)";

        await ServesAsync(["prlimit", "--nofile=400:400"], "--threads", "220");

        Lines(518).ShouldHaveSingleItem().ShouldContain(IsRingHad() ? "descriptor" : "io_uring");
        Lines(507).ShouldHaveSingleItem().ShouldContain($"epoll cannot be had here ({Reason}); falling back to the sockets transport");
        Lines(500).ShouldHaveSingleItem().ShouldContain("transport sockets,");
    }

    [Fact]
    public async Task Auto_WhereTheRingIsHad_ServesByUringAndSaysNothingOfIt()
    {
        SkipUnlessTheRingIsHad();

        await ServesAsync([]);

        Lines(518).ShouldBeEmpty();
        Lines(507).ShouldBeEmpty();
        Lines(500).ShouldHaveSingleItem().ShouldContain("transport uring with ");
    }

    private async Task ServesAsync(string[] prefix, params string[] arguments)
    {
        await using var proxy = await StartAsync(prefix, arguments);
        await Eventually.IsTrue(() => proxy.HasExited || KernelTable.Count(_port, TcpSocketState.Listen) > 0, "the proxy listens");
        proxy.HasExited.ShouldBeFalse(string.Join('\n', await File.ReadAllLinesAsync(Log)));
        using var client = await Peer.ConnectAsync(new IPEndPoint(IPAddress.Loopback, _port));
        (await client.AskAsync("hello")).ShouldBe("hello");
        await proxy.SignalAsync("TERM");
        (await proxy.ExitCodeAsync()).ShouldBe(0);
    }

    private async Task<Tool> StartAsync(string[] prefix, params string[] arguments)
    {
        string manifest = Path.Combine(_folder.FullName, "services.yaml");
        await File.WriteAllTextAsync(manifest, ServingProcess.ServiceOf("echo", _port, "rr", _echo));
        // For its socket, whoever it runs as.
        await Tool.RunAsync("chmod", "0777", _folder.FullName);
        return Tool.Start(
            "sh",
            ["-c", $"exec \"$@\" 2>{Log}", "sh", .. prefix, TestedProgram.Path, "run", "--manifests", manifest,
                "--node-port-addresses", "127.0.0.0/8", "--cluster-ips", "off", "--drain-timeout", "0s", "--healthz-bind-address", "off",
                "--metrics-bind-address", "off", "--admin-socket", Path.Combine(_folder.FullName, "admin.sock"), .. arguments]);
    }

    private string[] Lines(int id) =>
        File.Exists(Log) ? [.. File.ReadLines(Log).Where(line => line.Contains($"UserProxy.App[{id}]", StringComparison.Ordinal))] : [];

    private static void SkipUnlessTheRingIsHad() => Assert.SkipUnless(IsRingHad(), "io_uring cannot be had here at all");

    private static bool IsRingHad() => Transports.WhyNot(TransportKind.Uring) is null;
}
