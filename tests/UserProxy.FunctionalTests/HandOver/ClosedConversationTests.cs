using UserProxy.App.Run.HandOver;
using UserProxy.FunctionalTests.Backends;
using UserProxy.FunctionalTests.Support;
using UserProxy.Linux.Host;

namespace UserProxy.FunctionalTests.HandOver;

/// <summary>
/// A conversation that the predecessor has closed while it lives: it serves on, and the successor ends, whatever it was about to say. Two that serve at once
/// would both decide about routes.
/// </summary>
[StartsProgram]
public sealed class ClosedConversationTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Both are the real program. The successor is held until the predecessor has waited for as long as it does.</summary>
    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task SuccessorIsNotReadyInTime_ItEnds_AndThePredecessorServesOn(TransportKind transport)
    {
        await using var echo = Backend.Echo();
        await using var node = new HandOverNode(echo);
        var first = node.Start(transport);
        await first.ServesAsync();
        await Eventually.IsTrue(() => File.Exists(node.TakeoverSocket), "it offers");
        HandOverRun? second = null;
        var isStarted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var relay = new TakeoverRelay(
            node, async word =>
            {
                if (word != TakeoverWord.All) return;
                await isStarted.Task;
                await StoppedProcess.HoldAsync(second!.Process.Id);
            });
        second = node.Start(transport);
        isStarted.SetResult();

        await first.SaysAsync("nothing was heard of it for 5s");
        await relay.Ended.WaitAsync(Eventually.Patience, Cancellation);
        await StoppedProcess.GoOnAsync(second.Process.Id);

        (await second.Process.ExitCodeAsync()).ShouldBe(1, second.Log);
        second.Log.ShouldContain("nothing was heard of it for 5s");
        second.Log.ShouldNotContain("UserProxy.App[575]");
        for (int i = 0; i < 20; i++) await node.AskOnceAsync();
        await first.Process.SignalAsync("TERM");
        await first.EndsWellAsync();
        KernelTable.Count(node.Address.Port, TcpSocketState.Listen).ShouldBe(0);
    }

    /// <summary>Whatever it says meets a broken pipe. Why is said before, or, when it is not, that somebody is there is found out.</summary>
    [Theory]
    [InlineData(HandOverStep.SomeSockets, true)]
    [InlineData(HandOverStep.SomeSockets, false)]
    [InlineData(HandOverStep.AllSockets, true)]
    [InlineData(HandOverStep.AllSockets, false)]
    [InlineData(HandOverStep.Yours, true)]
    [InlineData(HandOverStep.Yours, false)]
    public async Task PredecessorClosesAndLives_BeforeTheSuccessorAnswers_TheSuccessorEnds(HandOverStep step, bool isSaid)
    {
        await using var echo = Backend.Echo();
        await using var node = new HandOverNode(echo);
        using var fake = new FakePredecessor(node);
        var run = node.Start(TransportKind.Epoll);

        await fake.BreakOffAsync(step, run.Process.Id, isSaid ? "a test has changed its mind" : null);
        if (!isSaid) await fake.RefuseNextAsync();

        (await run.Process.ExitCodeAsync()).ShouldBe(1, run.Log);
        run.Log.Contains(isSaid ? "a test has changed its mind" : "serves on", StringComparison.Ordinal).ShouldBeTrue(run.Log);
        run.Log.ShouldNotContain("UserProxy.App[575]");
        using var client = await Peer.ConnectAsync(node.Address);
        using var accepted = await fake.Listening.AcceptAsync(Cancellation);
        accepted.RemoteEndPoint.ShouldBe(client.Socket.LocalEndPoint);
    }

    /// <summary>Its socket may lie where another node's is looked for: what it hands over is not what is wanted here.</summary>
    [Fact]
    public async Task PredecessorOfAnotherAdminSocket_IsNotTakenOverFrom()
    {
        await using var echo = Backend.Echo();
        await using var node = new HandOverNode(echo);
        using var other = NamespaceLock.TryTake($"userproxy:{node.AdminSocket}.other", _ => false, TimeProvider.System, out _)!;
        using var fake = new FakePredecessor(node) { OtherLock = other };
        var run = node.Start(TransportKind.Epoll);

        await fake.TalkUntilAsync(HandOverStep.Welcomed);

        (await run.Process.ExitCodeAsync()).ShouldBe(1, run.Log);
        run.Log.ShouldContain("another admin socket");
    }
}
