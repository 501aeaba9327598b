using System.Net.Sockets;
using UserProxy.App.Run.HandOver;
using UserProxy.FunctionalTests.Backends;
using UserProxy.FunctionalTests.Support;
using UserProxy.Linux.Handover;
using UserProxy.Linux.Host;

namespace UserProxy.FunctionalTests.HandOver;

/// <summary>
/// Hand-overs that break off: one side is the real program, the other is this test, which ends, hangs or changes its mind at a step. There is one process that
/// serves at any time, and it knows.
/// </summary>
[StartsProgram]
public sealed class BrokenHandOverTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public enum Step
    {
        Connected,
        Greeted,
        Welcomed,
        Begun,
        SomeSockets,
        AllSockets,
        Ready,
        Yours,
    }

    public static TheoryData<Step, TransportKind> Steps { get; } = new(
        from step in Enum.GetValues<Step>()
        from transport in Enum.GetValues<TransportKind>()
            // Before that no transport has anything to do with it.
        where step >= Step.AllSockets || transport == TransportKind.Epoll
        select new TheoryDataRow<Step, TransportKind>(step, transport) { Skip = Transports.WhyNot(transport) });

    /// <summary>As after SIGKILL: its sockets and its locks go with it, and nothing is said.</summary>
    [Theory]
    [MemberData(nameof(Steps))]
    public async Task SuccessorEnds_AtAnyStep_ThePredecessorServesOn(Step step, TransportKind transport)
    {
        await using var echo = Backend.Echo();
        await using var node = new HandOverNode(echo);
        node.Declare(more: 300);
        var first = node.Start(transport);
        await first.ServesAsync();
        using var open = await Peer.ConnectAsync(node.Address);
        await open.AskAsync("before");

        using (var successor = await ConnectAsync(node)) await TalkUntilAsync(successor, step);

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
        using var successor = await ConnectAsync(node);
        await TalkUntilAsync(successor, Step.AllSockets);

        await node.AskOnceAsync();
        await first.SaysAsync("nothing was heard of it for 5s");

        await node.AskOnceAsync();
        await Should.ThrowAsync<TakeoverException>(() => successor.HearAsync(Eventually.Patience, Cancellation, TakeoverWord.Yours));
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
        using var successor = await ConnectAsync(node);

        successor.Say(TakeoverWord.Hello, $"{TakeoverTalk.Greeting}99\n9.9.9");

        (await successor.HearAsync(Eventually.Patience, Cancellation, TakeoverWord.Refused)).Text.ShouldContain("version 1");
        await node.AskOnceAsync();
    }

    [Fact]
    public async Task SecondSuccessor_IsRefused_WhileTheFirstTalks()
    {
        await using var echo = Backend.Echo();
        await using var node = new HandOverNode(echo);
        var first = node.Start(TransportKind.Epoll);
        await first.ServesAsync();
        using var one = await ConnectAsync(node);
        await TalkUntilAsync(one, Step.Welcomed);

        using var other = await ConnectAsync(node);

        (await other.HearAsync(Eventually.Patience, Cancellation, TakeoverWord.Refused)).Text.ShouldContain("another process");
    }

    /// <summary>A client that waits in the queue of a socket that nobody accepts from, from the moment that the socket is the program's.</summary>
    [Theory]
    [MemberData(nameof(Steps))]
    public async Task PredecessorEnds_AtAnyStep_TheSuccessorServes(Step step, TransportKind transport)
    {
        await using var echo = Backend.Echo();
        await using var node = new HandOverNode(echo);
        var fake = new FakePredecessor(node);
        HandOverRun run;
        Peer? waiting = null;
        using (fake)
        {
            run = node.Start(transport);
            if (step >= Step.AllSockets) waiting = await Peer.ConnectAsync(node.Address);
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
        await fake.TalkUntilAsync(Step.Ready);

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
        await fake.TalkUntilAsync(Step.Ready);

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
        await fake.TalkUntilAsync(Step.Greeted);

        fake.Talk!.Say(TakeoverWord.Refused, "another version");

        (await run.Process.ExitCodeAsync()).ShouldBe(1, run.Log);
        run.Log.ShouldContain("another version");
    }

    private static async Task<TakeoverTalk> ConnectAsync(HandOverNode node)
    {
        Socket? socket = null;
        await Eventually.IsTrue(
            () =>
            {
                socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                try
                {
                    socket.Connect(new UnixDomainSocketEndPoint(node.TakeoverSocket));
                    return true;
                }
                catch (SocketException)
                {
                    socket.Dispose();
                    return false;
                }
            },
            "it can be taken over from");
        return new TakeoverTalk(new DescriptorChannel(socket!), TimeProvider.System);
    }

    /// <summary>What a successor says and hears.</summary>
    private static async Task TalkUntilAsync(TakeoverTalk talk, Step step)
    {
        if (step == Step.Connected) return;
        talk.Say(TakeoverWord.Hello, $"{TakeoverTalk.Greeting}{TakeoverTalk.Version}\n0.0.0");
        if (step == Step.Greeted) return;
        Keep(await talk.HearAsync(Eventually.Patience, Cancellation, TakeoverWord.Welcome)).Count.ShouldBe(1);
        if (step == Step.Welcomed) return;
        talk.Say(TakeoverWord.Begin);
        if (step == Step.Begun) return;
        int sockets = 0;
        while (true)
        {
            var saying = await talk.HearAsync(Eventually.Patience, Cancellation, TakeoverWord.Services, TakeoverWord.Sockets, TakeoverWord.All);
            if (saying.Word == TakeoverWord.All) break;
            sockets += Keep(saying).Count;
            if (step == Step.SomeSockets && saying.Word == TakeoverWord.Sockets) return;
            talk.Say(TakeoverWord.Taken);
        }

        sockets.ShouldBeGreaterThan(3);
        if (step == Step.AllSockets) return;
        talk.Say(TakeoverWord.Ready);
        if (step == Step.Ready) return;
        while ((await talk.HearAsync(Eventually.Patience, Cancellation, TakeoverWord.Figures, TakeoverWord.Yours)).Word != TakeoverWord.Yours)
            talk.Say(TakeoverWord.Taken);
    }

    /// <summary>Closed at once: the predecessor has them still.</summary>
    private static IReadOnlyList<object> Keep(TakeoverSaying saying)
    {
        foreach (var descriptor in saying.Descriptors) descriptor.Dispose();
        return saying.Descriptors;
    }

    /// <summary>Holds the node's lock and the port of its Service, and accepts nobody. Disposed of, it has ended.</summary>
    private sealed class FakePredecessor : IDisposable
    {
        private readonly NamespaceLock _instance;
        private readonly Socket _takeover = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

        public FakePredecessor(HandOverNode node)
        {
            _instance = NamespaceLock.TryTake($"userproxy:{node.AdminSocket}", _ => false, TimeProvider.System, out _)!;
            _takeover.Bind(new UnixDomainSocketEndPoint(node.TakeoverSocket));
            _takeover.Listen();
            Listening.Bind(node.Address);
            Listening.Listen();
        }

        public Socket Listening { get; } = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

        public TakeoverTalk? Talk { get; private set; }

        public async Task TalkUntilAsync(Step step)
        {
            Talk = new TakeoverTalk(new DescriptorChannel(await _takeover.AcceptAsync(Cancellation)), TimeProvider.System);
            if (step == Step.Connected) return;
            await Talk.HearAsync(Eventually.Patience, Cancellation, TakeoverWord.Hello);
            if (step == Step.Greeted) return;
            Talk.Say(TakeoverWord.Welcome, "0.0.0", [_instance.Handle]);
            if (step == Step.Welcomed) return;
            await Talk.HearAsync(Eventually.Patience, Cancellation, TakeoverWord.Begin);
            if (step == Step.Begun) return;
            Talk.Say(TakeoverWord.Sockets, $"tcp {Listening.LocalEndPoint}\nof-a-later-version x", [Listening.SafeHandle, _takeover.SafeHandle]);
            if (step == Step.SomeSockets) return;
            await Talk.HearAsync(Eventually.Patience, Cancellation, TakeoverWord.Taken);
            Talk.Say(TakeoverWord.All);
            if (step == Step.AllSockets) return;
            await Talk.HearAsync(Eventually.Patience, Cancellation, TakeoverWord.Ready);
            if (step == Step.Ready) return;
            Talk.Say(TakeoverWord.Yours);
            await Talk.HearAsync(Eventually.Patience, Cancellation, TakeoverWord.Mine);
        }

        public void Dispose()
        {
            Talk?.Dispose();
            _takeover.Dispose();
            Listening.Dispose();
            _instance.Dispose();
        }
    }
}
