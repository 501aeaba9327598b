using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using UserProxy.FunctionalTests.Backends;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.FunctionalTests.HandOver;

/// <summary>
/// What a SIGKILL costs: those that are open, and those that come, with a snapshot, with and without a service manager that keeps what listens.
/// </summary>
[StartsProgram]
public sealed partial class CrashTests
{
    /// <summary>
    /// Of the connected sockets of process 1 that have the local port 2 or 3, how many the kernel would end with RST: by copies of its descriptors
    /// (pidfd_getfd(2)).
    /// </summary>
    private const string CountLingering = """
        import ctypes, os, socket, struct, sys
        call, pid, ports = ctypes.CDLL(None).syscall, int(sys.argv[1]), {int(port) for port in sys.argv[2:]}
        of, count = call(434, pid, 0), 0
        for name in os.listdir(f"/proc/{pid}/fd"):
            try:
                if not os.readlink(f"/proc/{pid}/fd/{name}").startswith("socket:"): continue
                one = socket.socket(fileno=call(438, of, int(name), 0))
                if one.getsockname()[1] in ports and one.getpeername() and one.getsockopt(1, 13, 8) == struct.pack("ii", 1, 0): count += 1
            except (OSError, TypeError, IndexError, ValueError):
                pass
        print(count)
        """;

    private const int Services = 100, Open = 1_000, Minute = 60;

    public static TheoryData<TransportKind, bool> Rows { get; } = new(
        from transport in Enum.GetValues<TransportKind>()
        from withStore in new[] { false, true }
        select new TheoryDataRow<TransportKind, bool>(transport, withStore) { Skip = Transports.WhyNot(transport) });

    /// <summary>A FIN would make half of an answer look like all of it.</summary>
    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task Killed_WhatIsOpen_EndsWithReset_OnBothSides(TransportKind transport)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "sockets of another process are root's to look at");
        Tool.SkipUnlessInstalled("python3");
        var (dialled, ended) = (new TaskCompletionSource<EndPoint>(), new TaskCompletionSource<StreamEnd>());
        await using var backend = Backend.Run(async peer =>
        {
            await peer.SendAsync("half of");
            dialled.TrySetResult(peer.Socket.RemoteEndPoint!);
            ended.TrySetResult((await peer.ReceiveToEndAsync()).End);
        });
        await using var node = new HandOverNode(backend);
        var run = node.Start(transport);
        await run.ServesAsync();
        using var client = await Peer.ConnectAsync(node.Address);
        string answer = await client.ReceiveTextAsync("half of".Length);
        int port = ((IPEndPoint)await dialled.Task).Port;
        string[] asked = [.. new[] { run.Process.Id, port, node.Address.Port }.Select(number => number.ToString(CultureInfo.InvariantCulture))];
        await Eventually.IsTrue(async () => await Tool.RunAsync("python3", ["-c", CountLingering, .. asked]) == "2\n", "both sockets linger for zero seconds");

        await run.Process.SignalAsync("KILL");

        answer.ShouldBe("half of");
        (await client.ReceiveToEndAsync()).End.ShouldBe(StreamEnd.Reset);
        (await ended.Task).ShouldBe(StreamEnd.Reset);
    }

    /// <summary>With its figures; for a machine that does nothing else.</summary>
    [Theory(Explicit = true)]
    [MemberData(nameof(Rows))]
    public async Task Killed_UnderLoad_WithFigures(TransportKind transport, bool withStore)
    {
        await using var echo = Backend.Echo();
        await using var named = DatagramBackend.Named("pod", DatagramBackend.OnLoopback());
        await using var node = new HandOverNode(echo, named);
        node.Declare(more: Services - 2);
        string[] arguments = ["--threads", "2", "--state-dir", Path.Combine(node.Folder, "state")];
        var systemd = withStore ? PlayedSystemd.Start(node, transport, pause: 0, most: 1_000, more: arguments) : null;
        var run = systemd?.Run ?? node.Start(transport, arguments);
        await run.ServesAsync();
        if (systemd is not null) await Eventually.IsTrue(() => systemd.Kept >= Services, "all is kept");
        await Eventually.IsTrue(() => File.Exists(Path.Combine(node.Folder, "state", "services.snapshot")), "there is a snapshot");
        var open = new List<Peer>();
        for (int i = 0; i < Open; i++) open.Add(await Peer.ConnectAsync(node.Address));
        foreach (var client in open) await client.AskAsync("before");
        await using var connections = SteadyLoad.OfConnections(node.Address, clients: 16, isFlatOut: true);
        await using var datagrams = SteadyLoad.OfDatagrams(node.DatagramAddress, "pod", clients: 16, isFlatOut: true);
        await Task.WhenAll(connections.GoesOnAsync(4_000), datagrams.GoesOnAsync(4_000));
        (long before, long startedAt) = (connections.Done, TimeProvider.System.GetTimestamp());
        var without = connections.LongestGap;
        connections.ForgetGaps();

        if (systemd is not null) await systemd.KillAsync();
        else await run.Process.SignalAsync("KILL");
        var next = systemd?.Run ?? node.Start(transport, arguments);
        await Eventually.IsTrue(() => Served().Count(next.Log) == (withStore ? 2 : 1), "the next one serves");
        long wanted = connections.Done + 4_000;
        await Eventually.IsTrue(() => connections.Done >= wanted, "clients are served");

        double rate = (connections.Done - before) / TimeProvider.System.GetElapsedTime(startedAt).TotalSeconds;
        long failed = connections.Refused + connections.Broken;
        var ends = new List<StreamEnd>();
        foreach (var client in open) ends.Add((await client.ReceiveToEndAsync()).End);
        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{transport}, {(withStore ? "with" : "without")} a store: {connections.Refused} refused and {connections.Broken} that talked broken off, which is "
                + $"{100 * failed / (rate * Minute):0.000} % of a minute's at {rate:0} connections/s; longest gap "
                + $"{connections.LongestGap.TotalMilliseconds:0} ms (without: {without.TotalMilliseconds:0}); "
                + $"{Services} Services served {Served().Matches(next.Log)[^1].Groups[1].Value} ms after the start; "
                + $"of {Open} open ones {ends.Count(end => end == StreamEnd.Fin)} ended with FIN"));
        ends.ShouldAllBe(end => end == StreamEnd.Reset);
        if (withStore) connections.Refused.ShouldBe(0);
    }

    [GeneratedRegex(@"UserProxy\.App\[501\].* (\d+) ms after the start")]
    private static partial Regex Served();
}
