using System.Net.Sockets;
using UserProxy.FunctionalTests.Backends;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.FunctionalTests;

/// <summary>The executable from outside: signals and exit codes.</summary>
public sealed class ProcessTests
{
    private static readonly TimeSpan LongDrain = TimeSpan.FromSeconds(20);

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

        await using var second = proxy.StartAgain();

        (await second.ExitCodeAsync()).ShouldBe(1);
        using var client = await proxy.ConnectAsync();
        (await client.AskAsync("first")).ShouldBe("first");
    }
}
