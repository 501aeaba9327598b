using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using UserProxy.App.CommandLine;
using UserProxy.App.Probe;
using UserProxy.Tests;

namespace UserProxy.App.Tests.Probe;

/// <summary>What a kubelet gets of <c>probe</c>, beside the socket that a run has; two Pods of a node are the chart's tests.</summary>
public sealed class ProbeCommandTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private string Path => System.IO.Path.Combine(_folder.Path, "pod", "probe.sock");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(true, true, "", 0, "live\n", 0, "ready\n")]
    [InlineData(true, false, "nothing is served yet", 0, "live\n", 1, "not ready: nothing is served yet\n")]
    [InlineData(false, false, "clients wait in vain", 1, "not live: clients wait in vain\n", 1, "not ready: clients wait in vain\n")]
    public async Task Probe_EachState_IsSaidByTextAndExitCode(bool live, bool ready, string why, int liveCode, string liveText, int readyCode, string readyText)
    {
        await using var socket = Open();
        socket.Answer = () => new ProbeAnswer(live, ready, why);

        (await AskAsync("live")).ShouldBe((liveCode, liveText));
        (await AskAsync("ready")).ShouldBe((readyCode, readyText));
        (await AskAsync()).ShouldBe((readyCode, readyText));
    }

    [Fact]
    public async Task Probe_OfAProcessThatHasJustBegun_IsLiveAndNotReady()
    {
        await using var socket = Open();

        (await AskAsync("live")).Code.ShouldBe(ExitCode.Done);
        (await AskAsync()).Code.ShouldBe(ExitCode.Failed);
    }

    [Fact]
    public async Task Probe_NobodyThere_Exits69()
    {
        (await AskAsync()).Code.ShouldBe(ExitCode.Unreachable);
        await (Open()).DisposeAsync();
        File.Exists(Path).ShouldBeFalse("its end takes the file away");
        (await AskAsync()).Code.ShouldBe(ExitCode.Unreachable);
    }

    [Theory]
    [InlineData("")]
    [InlineData("HTTP/1.1 400 Bad Request\r\n\r\n")]
    public async Task Probe_SomethingElseAnswers_Exits69(string says)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(Path)!);
        using var stranger = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        stranger.Bind(new UnixDomainSocketEndPoint(Path));
        stranger.Listen();
        var asking = AskAsync();
        using (var client = await stranger.AcceptAsync(TestContext.Current.CancellationToken)) client.Send(System.Text.Encoding.UTF8.GetBytes(says));

        (await asking).Code.ShouldBe(ExitCode.Unreachable);
    }

    [Fact]
    public async Task Probe_NoSocketIsNamed_IsBadUsage()
    {
        var cli = new Cli();
        (await cli.RunAsync("probe", "live")).ShouldBe(ExitCode.BadUsage);
        cli.Error.ToString().ShouldContain("--probe-socket");
        (await new Cli().RunAsync("probe", "alive", "--probe-socket", Path)).ShouldBe(ExitCode.BadUsage);
    }

    [Fact]
    public void Open_WhereNoFileCanBeMade_Fails()
    {
        File.WriteAllText(System.IO.Path.Combine(_folder.Path, "pod"), "");
        ProbeSocket.TryOpen(Path, NullLogger.Instance, TimeProvider.System, out var opened).ShouldBeFalse();
        opened.ShouldBeNull();
        ProbeSocket.TryOpen(null, NullLogger.Instance, TimeProvider.System, out opened).ShouldBeTrue();
        opened.ShouldBeNull();
    }

    private ProbeSocket Open()
    {
        ProbeSocket.TryOpen(Path, NullLogger.Instance, TimeProvider.System, out var opened).ShouldBeTrue();
        return opened!;
    }

    private async Task<(int Code, string Said)> AskAsync(params string[] what)
    {
        var cli = new Cli().With("USERPROXY_PROBE_SOCKET", Path);
        // A clock that stands still: its patience does not end because the machine is busy.
        var surroundings = cli.Surroundings with { Time = new FakeTimeProvider() };
        return (await CommandTree.InvokeAsync(["probe", .. what], surroundings, TestContext.Current.CancellationToken), cli.Out.ToString());
    }
}
