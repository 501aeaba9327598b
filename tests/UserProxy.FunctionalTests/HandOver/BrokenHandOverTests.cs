using UserProxy.App.Run.HandOver;
using UserProxy.FunctionalTests.Backends;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.FunctionalTests.HandOver;

/// <summary>
/// Hand-overs that break off: one side is the real program, the other is this test, which ends, hangs or changes its mind at a step. There is one process that
/// serves at any time, and it knows.
/// </summary>
[StartsProgram]
public sealed class BrokenHandOverTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static TheoryData<HandOverStep, TransportKind> Steps { get; } = new(
        from step in Enum.GetValues<HandOverStep>()
        from transport in Enum.GetValues<TransportKind>()
            // Before that no transport has anything to do with it.
        where step >= HandOverStep.AllSockets || transport == TransportKind.Epoll
        select new TheoryDataRow<HandOverStep, TransportKind>(step, transport) { Skip = Transports.WhyNot(transport) });

    /// <summary>As after SIGKILL: its sockets and its locks go with it, and nothing is said.</summary>
    [Theory]
    [MemberData(nameof(Steps))]
    public async Task SuccessorEnds_AtAnyStep_ThePredecessorServesOn(HandOverStep step, TransportKind transport)
    {
        await using var echo = Backend.Echo();
        await using var node = new HandOverNode(echo);
        node.Declare(more: 300);
        var first = node.Start(transport);
        await first.ServesAsync();
        using var open = await Peer.ConnectAsync(node.Address);
        await open.AskAsync("before");

        using (var successor = await PlayedSuccessor.ConnectAsync(node)) await PlayedSuccessor.TalkUntilAsync(successor, step);

        (await open.AskAsync("after")).ShouldBe("after");
        for (int i = 0; i < 20; i++) await node.AskOnceAsync();
        var second = node.Start(transport, "--takeover", "wait");
        await second.TookOverAsync();
        await node.AskOnceAsync();
        open.Reset();
        await first.EndsWellAsync();
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task SuccessorHangs_ItIsGivenUpAfterFiveSeconds_AndThePredecessorServesOn(TransportKind transport)
    {
        await using var echo = Backend.Echo();
        await using var node = new HandOverNode(echo);
        var first = node.Start(transport);
        await first.ServesAsync();
        using var successor = await PlayedSuccessor.ConnectAsync(node);
        await PlayedSuccessor.TalkUntilAsync(successor, HandOverStep.AllSockets);

        await node.AskOnceAsync();
        await first.SaysAsync("nothing was heard of it for 5s");

        await node.AskOnceAsync();
        await Should.ThrowAsync<TakeoverException>(() => successor.ReceiveAsync(Eventually.Patience, Cancellation, TakeoverWord.Yours));
        await first.Process.SignalAsync("TERM");
        await first.EndsWellAsync();
        KernelTable.Count(node.Address.Port, TcpSocketState.Listen).ShouldBe(0);
    }

    [Fact]
    public async Task SuccessorOfAnotherVersion_IsRefused()
    {
        await using var echo = Backend.Echo();
        await using var node = new HandOverNode(echo);
        var first = node.Start(TransportKind.Epoll);
        await first.ServesAsync();
        using var successor = await PlayedSuccessor.ConnectAsync(node);

        successor.Send(TakeoverWord.Hello, $"{TakeoverTalk.Greeting}99\n9.9.9");

        (await successor.ReceiveAsync(Eventually.Patience, Cancellation, TakeoverWord.Refused)).Text.ShouldContain($"version {TakeoverTalk.Version}");
        await node.AskOnceAsync();
    }

    [Fact]
    public async Task SecondSuccessor_IsRefused_WhileTheFirstTalks()
    {
        await using var echo = Backend.Echo();
        await using var node = new HandOverNode(echo);
        var first = node.Start(TransportKind.Epoll);
        await first.ServesAsync();
        using var one = await PlayedSuccessor.ConnectAsync(node);
        await PlayedSuccessor.TalkUntilAsync(one, HandOverStep.Welcomed);

        using var other = await PlayedSuccessor.ConnectAsync(node);

        (await other.ReceiveAsync(Eventually.Patience, Cancellation, TakeoverWord.Refused)).Text.ShouldContain("another process");
    }

    /// <summary>A client that waits in the queue of a socket that nobody accepts from, from the moment that the socket is the program's.</summary>
    [Theory]
    [MemberData(nameof(Steps))]
    public async Task PredecessorEnds_AtAnyStep_TheSuccessorServes(HandOverStep step, TransportKind transport)
    {
        await using var echo = Backend.Echo();
        await using var node = new HandOverNode(echo);
        var fake = new FakePredecessor(node);
        HandOverRun run;
        Peer? waiting = null;
        using (fake)
        {
            run = node.Start(transport);
            if (step >= HandOverStep.AllSockets) waiting = await Peer.ConnectAsync(node.Address);
            await fake.TalkUntilAsync(step);
        }

        await run.ServesAsync();
        if (waiting is not null) (await waiting.AskAsync("waited")).ShouldBe("waited");
        waiting?.Reset();
        await node.AskOnceAsync();
        var next = node.Start(transport, "--takeover", "wait");
        await next.TookOverAsync();
        await node.AskOnceAsync();
    }

    /// <summary>It still has its sockets, and whoever comes is its client.</summary>
    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task PredecessorChangesItsMind_TheSuccessorEndsAndLeavesTheSockets(TransportKind transport)
    {
        await using var echo = Backend.Echo();
        await using var node = new HandOverNode(echo);
        using var fake = new FakePredecessor(node);
        var run = node.Start(transport);
        await fake.TalkUntilAsync(HandOverStep.Ready);

        fake.Talk!.Abandon("a test has changed its mind");

        (await run.Process.ExitCodeAsync()).ShouldBe(1, run.Log);
        run.Log.ShouldContain("a test has changed its mind");
        using var client = await Peer.ConnectAsync(node.Address);
        using var accepted = await fake.Listening.AcceptAsync(Cancellation);
        accepted.RemoteEndPoint.ShouldBe(client.Socket.LocalEndPoint);
    }

    [Fact]
    public async Task PredecessorHangs_TheSuccessorGivesUpAfterFiveSeconds()
    {
        await using var echo = Backend.Echo();
        await using var node = new HandOverNode(echo);
        using var fake = new FakePredecessor(node);
        var run = node.Start(TransportKind.Epoll);
        await fake.TalkUntilAsync(HandOverStep.Ready);

        (await run.Process.ExitCodeAsync()).ShouldBe(1, run.Log);
        run.Log.ShouldContain("nothing was heard of it for 5s");
    }

    [Fact]
    public async Task PredecessorOfAnotherVersion_TheSuccessorEndsAsWithout()
    {
        await using var echo = Backend.Echo();
        await using var node = new HandOverNode(echo);
        using var fake = new FakePredecessor(node);
        var run = node.Start(TransportKind.Epoll);
        await fake.TalkUntilAsync(HandOverStep.Greeted);

        fake.Talk!.Send(TakeoverWord.Refused, "another version");

        (await run.Process.ExitCodeAsync()).ShouldBe(1, run.Log);
        run.Log.ShouldContain("another version");
    }
}
