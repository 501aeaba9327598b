using System.Net.Sockets;
using UserProxy.FunctionalTests.Backends;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.FunctionalTests;

/// <summary>The executable from outside: its start, signals and exit codes.</summary>
[StartsProgram]
public sealed class ProcessTests
{
    private static readonly TimeSpan LongDrain = TimeSpan.FromSeconds(20);

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task Start_ThreeTimesInARow_Serves(TransportKind transport)
    {
        await using var echo = Backend.Echo();
        for (int i = 0; i < 3; i++)
        {
            await using var proxy = RunningProxy.Start(transport, echo, LongDrain);
            await proxy.ListensAsync();
            using var client = await proxy.ConnectAsync();
            (await client.AskAsync("hello")).ShouldBe("hello");
        }
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task Sigterm_RunningConnectionFinishes_ExitsWithZero(TransportKind transport)
    {
        await using var echo = Backend.Echo();
        await using var proxy = RunningProxy.Start(transport, echo, LongDrain);
        await proxy.ListensAsync();
        using var client = await proxy.ConnectAsync();
        await client.AskAsync("before");

        await proxy.Process.SignalAsync("TERM");
        await Eventually.IsTrue(() => KernelTable.Count(proxy.Port, TcpSocketState.Listen) == 0, "the port is closed");
        await Should.ThrowAsync<SocketException>(() => proxy.ConnectAsync());
        (await client.AskAsync("after")).ShouldBe("after");
        proxy.Process.HasExited.ShouldBeFalse();
        client.FinishSending();

        (await client.ReceiveToEndAsync()).End.ShouldBe(StreamEnd.Fin);
        (await proxy.Process.ExitCodeAsync()).ShouldBe(0);
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task Sigterm_DrainTimeoutPasses_ConnectionIsResetAndExitIsZero(TransportKind transport)
    {
        await using var echo = Backend.Echo();
        await using var proxy = RunningProxy.Start(transport, echo, TimeSpan.FromSeconds(1));
        await proxy.ListensAsync();
        using var client = await proxy.ConnectAsync();
        await client.AskAsync("before");

        await proxy.Process.SignalAsync("TERM");

        (await client.ReceiveToEndAsync()).End.ShouldBe(StreamEnd.Reset);
        (await proxy.Process.ExitCodeAsync()).ShouldBe(0);
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task SecondRun_OnOneNode_ExitsAndTheFirstGoesOn(TransportKind transport)
    {
        await using var echo = Backend.Echo();
        await using var proxy = RunningProxy.Start(transport, echo, LongDrain);
        await proxy.ListensAsync();

        await using var second = proxy.StartAgain("--takeover", "off");

        (await second.ExitCodeAsync()).ShouldBe(1);
        using var client = await proxy.ConnectAsync();
        (await client.AskAsync("first")).ShouldBe("first");
    }

    /// <summary>Their default is to end the process, without a drain (signal(7)).</summary>
    [Theory]
    [InlineData("HUP")]
    [InlineData("USR1")]
    [InlineData("USR2")]
    [InlineData("ALRM")]
    [InlineData("TTIN")]
    [InlineData("TTOU")]
    public async Task SignalWithoutMeaning_ConnectionGoesOn(string signal)
    {
        await using var echo = Backend.Echo();
        await using var proxy = RunningProxy.Start(TransportKind.Epoll, echo, LongDrain);
        await proxy.ListensAsync();
        using var client = await proxy.ConnectAsync();
        await client.AskAsync("before");

        await proxy.Process.SignalAsync(signal);
        // One that ended the process has ended it by now: it drains no more.
        await proxy.Process.SignalAsync("TERM");
        await Eventually.IsTrue(() => KernelTable.Count(proxy.Port, TcpSocketState.Listen) == 0, "the port is closed");
        (await client.AskAsync("after")).ShouldBe("after");
        client.FinishSending();

        (await client.ReceiveToEndAsync()).End.ShouldBe(StreamEnd.Fin);
        (await proxy.Process.ExitCodeAsync()).ShouldBe(0);
    }

    /// <summary>As under a supervisor that ignores SIGTERM itself and forgets that its children inherit that.</summary>
    [Fact]
    public async Task Sigterm_IgnoredByTheParent_StopsAllTheSame()
    {
        await using var echo = Backend.Echo();
        await using var proxy = RunningProxy.Start(TransportKind.Epoll, echo, LongDrain, "env", "--ignore-signal=TERM");
        await proxy.ListensAsync();

        await proxy.Process.SignalAsync("TERM");

        (await proxy.Process.ExitCodeAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task Sigquit_IsAsSigterm()
    {
        await using var echo = Backend.Echo();
        // A shell's background job is born with it ignored.
        await using var proxy = RunningProxy.Start(TransportKind.Epoll, echo, LongDrain, "env", "--default-signal=QUIT");
        await proxy.ListensAsync();
        using var client = await proxy.ConnectAsync();
        await client.AskAsync("before");

        await proxy.Process.SignalAsync("QUIT");
        await Eventually.IsTrue(() => KernelTable.Count(proxy.Port, TcpSocketState.Listen) == 0, "the port is closed");
        (await client.AskAsync("after")).ShouldBe("after");
        client.FinishSending();

        (await client.ReceiveToEndAsync()).End.ShouldBe(StreamEnd.Fin);
        (await proxy.Process.ExitCodeAsync()).ShouldBe(0);
    }

    /// <summary>Its name, and names that only look like its own: without a listener, with one, and with one that nobody can ask.</summary>
    [Fact]
    public async Task LockIsSquattedByAnotherUser_StartsAllTheSame()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "another user's process needs root");
        Tool.SkipUnlessInstalled("python3");
        await using var echo = Backend.Echo();
        await using var proxy = RunningProxy.Start(TransportKind.Epoll, echo, LongDrain);
        await proxy.ListensAsync();
        await proxy.Process.SignalAsync("TERM");
        (await proxy.Process.ExitCodeAsync()).ShouldBe(0);
        string name = $"userproxy:{proxy.AdminSocket}";
        await using var squatter = Tool.Start("python3", "-c", Squat(name));
        await Eventually.IsTrue(
            () => File.ReadLines("/proc/net/unix").Count(line => line.Contains($"@{name}", StringComparison.Ordinal)) > 3, "the names are taken");

        await using var again = proxy.StartAgain();

        await proxy.ListensAsync();
        await using var second = proxy.StartAgain("--takeover", "off");
        (await second.ExitCodeAsync()).ShouldBe(1, "between one's own it is a lock");
    }

    private static string Squat(string name) => $"""
        import os, socket, time
        os.setuid(65534)
        kept = [socket.socket(socket.AF_UNIX) for _ in range(4)]
        for taken, ending in zip(kept, ('', ':0123456789abcdef', ':1123456789abcdef', ':2123456789abcdef')):
            taken.bind('\0{name}' + ending)
        kept[1].listen()
        kept[2].listen(0)
        try:
            for _ in range(3):
                asking = socket.socket(socket.AF_UNIX)
                kept.append(asking)
                asking.setblocking(False)
                asking.connect('\0{name}:1123456789abcdef')
        except BlockingIOError:
            pass
        time.sleep(600)
        """;
}
