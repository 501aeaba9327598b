using System.Globalization;
using System.Net;
using System.Net.Sockets;
using UserProxy.FunctionalTests.Backends;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.FunctionalTests.HandOver;

/// <summary>What <c>--takeover</c> does where another process serves that cannot be taken over from, or not yet.</summary>
[StartsProgram]
public sealed class TakeoverTests
{
    [Fact]
    public async Task Takeover_Off_EndsAndTheFirstGoesOn()
    {
        await using var echo = Backend.Echo();
        await using var node = new HandOverNode(echo);
        var first = node.Start(TransportKind.Epoll);
        await first.ServesAsync();

        var second = node.Start(TransportKind.Epoll, "--takeover", "off");

        (await second.Process.ExitCodeAsync()).ShouldBe(1);
        await node.AskOnceAsync();
    }

    /// <summary>Somebody tries another file beside the run of a node, and ends what only that one serves.</summary>
    [Fact]
    public async Task Takeover_WithFewerServices_SaysWhichAreRefusedNow()
    {
        await using var echo = Backend.Echo();
        await using var node = new HandOverNode(echo);
        node.Declare(more: 1);
        var first = node.Start(TransportKind.Epoll);
        await first.ServesAsync();
        node.Declare("");

        var second = node.Start(TransportKind.Epoll);

        await second.SaysAsync("and whose clients are refused now: default/echo, default/more-0");
        await second.SaysAsync("UserProxy.App[522]");
        await first.EndsWellAsync();
    }

    /// <summary>Whoever tries another file beside the run of a node reads whose clients it takes, while that can still be left.</summary>
    [Fact]
    public async Task Takeover_WithAnotherSource_IsSaidFirst_AndInBothLogs()
    {
        await using var echo = Backend.Echo();
        await using var node = new HandOverNode(echo);
        node.Declare(more: 1);
        string before = node.Manifest;
        var first = node.Start(TransportKind.Epoll);
        await first.ServesAsync();
        node.Declare();

        var second = node.Start(TransportKind.Epoll);
        await second.TookOverAsync();
        await first.EndsWellAsync();

        second.Log.ShouldContain($"which serves {before}, as soon as there is something to serve");
        second.Log.IndexOf("UserProxy.App[599]", StringComparison.Ordinal).ShouldBeInRange(
            0, second.Log.IndexOf("UserProxy.App[572]", StringComparison.Ordinal), second.Log);
        second.Log.ShouldContain($"this process serves {node.Manifest}, and pid ");
        second.Log.ShouldContain($" served {before}; Services no longer served: default/more-0");
        first.Log.ShouldContain($": it serves {node.Manifest}; connections");
    }

    /// <summary>What the first has at all addresses it closes a moment later: nobody is to look for a process that is in the way.</summary>
    [Fact]
    public async Task Takeover_WithOtherNodePortAddresses_NamesThem_AndComplainsOfNoPort()
    {
        await using var echo = Backend.Echo();
        await using var node = new HandOverNode(echo);
        var first = node.Start(TransportKind.Epoll, "--node-port-addresses", "0.0.0.0/0");
        await first.ServesAsync();

        var second = node.Start(TransportKind.Epoll);

        await second.SaysAsync("UserProxy.App[597]");
        await second.ServesAsync();
        await first.EndsWellAsync();
        await node.AskOnceAsync();
        second.Log.ShouldContain("--node-port-addresses (was ");
        second.Log.ShouldContain(string.Create(CultureInfo.InvariantCulture, $"is closed: 0.0.0.0:{node.Address.Port} (TCP)"));
        second.Log.ShouldContain(", 1 listening, 0 failed,");
        second.Log.ShouldNotContain("cannot listen");
    }

    /// <summary>A slip in the new manifest is not to end what is served.</summary>
    [Fact]
    public async Task Takeover_NothingToServeByAMistake_WaitsUntilItIsMended()
    {
        await using var echo = Backend.Echo();
        await using var node = new HandOverNode(echo);
        var first = node.Start(TransportKind.Epoll);
        await first.ServesAsync();
        string meant = await File.ReadAllTextAsync(Directory.GetFiles(node.Folder, "services-*.yaml").Single(), TestContext.Current.CancellationToken);
        node.Declare(more: 1);
        node.Declare(meant.Replace("kind: Service\n", "kind: Servce\n", StringComparison.Ordinal));

        var second = node.Start(TransportKind.Epoll);
        await second.SaysAsync("UserProxy.App[598]");
        await node.AskOnceAsync();
        second.Log.ShouldContain("did you mean Service?");
        second.Log.ShouldNotContain("UserProxy.App[572]");

        node.Declare(meant);
        await second.TookOverAsync();
        await first.EndsWellAsync();
        await node.AskOnceAsync();
    }

    /// <summary>Who has to end because of it ends before it has taken anything over.</summary>
    [Fact]
    public async Task Takeover_AddressThatMustBeHadIsSomebodyElses_EndsAndTheFirstGoesOn()
    {
        await using var echo = Backend.Echo();
        await using var node = new HandOverNode(echo);
        using var holder = new TcpListener(IPAddress.Loopback, node.MetricsPort);
        holder.Start();
        var first = node.Start(TransportKind.Epoll);
        await first.ServesAsync();

        var second = node.Start(TransportKind.Epoll, "--bind-address-hard-fail", "true");

        (await second.Process.ExitCodeAsync()).ShouldBe(1);
        second.Log.ShouldContain(string.Create(CultureInfo.InvariantCulture, $"metrics cannot be answered on 127.0.0.1:{node.MetricsPort}"));
        second.Log.ShouldContain("UserProxy.App[576]");
        second.Log.ShouldNotContain("UserProxy.App[575]");
        await node.AskOnceAsync();
    }

    [Theory]
    [InlineData("try")]
    [InlineData("wait")]
    [InlineData("force")]
    public async Task Takeover_FromOneThatHandsNothingOver(string how)
    {
        await using var echo = Backend.Echo();
        await using var node = new HandOverNode(echo);
        var first = node.Start(TransportKind.Epoll, "--takeover", "off");
        await first.ServesAsync();

        var second = node.Start(TransportKind.Epoll, "--takeover", how);

        if (how == "try")
        {
            (await second.Process.ExitCodeAsync()).ShouldBe(1);
            await node.AskOnceAsync();
            return;
        }

        if (how == "wait")
        {
            await second.SaysAsync("UserProxy.App[577]");
            await node.AskOnceAsync();
            await first.Process.SignalAsync("TERM");
        }

        await first.EndsWellAsync();
        await second.ServesAsync();
        await node.AskOnceAsync();
    }

    /// <summary>One that starts, or is about to take over itself, has the locks and offers nothing yet.</summary>
    [Fact]
    public async Task Takeover_FromOneThatOffersItLater_Waits()
    {
        await using var echo = Backend.Echo();
        await using var node = new HandOverNode(echo);
        var first = node.Start(TransportKind.Epoll);
        await first.ServesAsync();
        await Eventually.IsTrue(() => File.Exists(node.TakeoverSocket), "it offers");
        // In the way of the file, which would be made again at once.
        File.Delete(node.TakeoverSocket);
        Directory.CreateDirectory(node.TakeoverSocket);

        var second = node.Start(TransportKind.Epoll);
        await second.SaysAsync("UserProxy.App[571]");
        Directory.Delete(node.TakeoverSocket);

        await second.TookOverAsync();
        await first.EndsWellAsync();
        await node.AskOnceAsync();
    }

    /// <summary>Whoever cleans /run may take it away, of which no listening socket is told.</summary>
    [Fact]
    public async Task Takeover_TheFileIsRemoved_ItIsMadeAgain()
    {
        await using var echo = Backend.Echo();
        await using var node = new HandOverNode(echo);
        var first = node.Start(TransportKind.Epoll);
        await first.ServesAsync();
        await Eventually.IsTrue(() => File.Exists(node.TakeoverSocket), "it offers");

        File.Delete(node.TakeoverSocket);
        await Eventually.IsTrue(() => File.Exists(node.TakeoverSocket), "it offers again");

        var second = node.Start(TransportKind.Epoll);
        await second.TookOverAsync();
        await first.EndsWellAsync();
        await node.AskOnceAsync();
    }

    /// <summary>Who asks meanwhile waits in the queue, and nobody has to start the first one again.</summary>
    [Fact]
    public async Task Takeover_NoDescriptorIsLeftForAWhile_WaitsUntilThereIs()
    {
        Tool.SkipUnlessInstalled("prlimit");
        await using var echo = Backend.Echo();
        await using var node = new HandOverNode(echo);
        var first = node.Start(TransportKind.Epoll);
        await first.ServesAsync();
        await Eventually.IsTrue(() => File.Exists(node.TakeoverSocket), "it offers");
        string limit = await LimitAsync(first, "--nofile", "--output=SOFT", "--noheadings");
        await LimitAsync(first, "--nofile=1:");

        using var successor = await PlayedSuccessor.ConnectAsync(node);
        await first.SaysAsync("UserProxy.App[580]");
        await LimitAsync(first, $"--nofile={limit.Trim()}:");

        await PlayedSuccessor.TalkUntilAsync(successor, HandOverStep.AllSockets);
    }

    /// <summary>Neither root nor the user of the first.</summary>
    [Fact]
    public async Task Takeover_AsAnotherUser_EndsAndTheFirstGoesOn()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "another user's process needs root");
        Tool.SkipUnlessInstalled("setpriv");
        await using var echo = Backend.Echo();
        await using var node = new HandOverNode(echo);
        await Tool.RunAsync("chmod", "0777", node.Folder);
        var first = node.Start(TransportKind.Epoll);
        await first.ServesAsync();

        var second = node.StartBehind(["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"], TransportKind.Epoll);

        (await second.Process.ExitCodeAsync()).ShouldBe(1);
        second.Log.ShouldContain("UserProxy.App[571]");
        await node.AskOnceAsync();
    }

    /// <summary>It says so and ends; the first has lost nothing.</summary>
    [Fact]
    public async Task Takeover_WithFewerDescriptorsThanSockets_EndsAndTheFirstGoesOn()
    {
        Tool.SkipUnlessInstalled("prlimit");
        await using var echo = Backend.Echo();
        await using var node = new HandOverNode(echo);
        node.Declare(more: 400);
        var first = node.Start(TransportKind.Epoll);
        await first.ServesAsync();

        var second = node.StartBehind(["prlimit", "--nofile=320:320"], TransportKind.Epoll);

        (await second.Process.ExitCodeAsync()).ShouldBe(1, second.Log);
        second.Log.ShouldContain("UserProxy.App[576]");
        await node.AskOnceAsync();
        await first.SaysAsync("UserProxy.App[583]");
    }

    private static Task<string> LimitAsync(HandOverRun run, params string[] what) =>
        Tool.RunAsync("prlimit", ["--pid", run.Process.Id.ToString(CultureInfo.InvariantCulture), .. what]);
}
