using UserProxy.FunctionalTests.Support;
using UserProxy.Linux.Nft;

namespace UserProxy.Linux.Tests.Nft;

public sealed class NftToolTests
{
    [Fact]
    public async Task Run_NoSuchProgram_IsMissingWithTheNextStep()
    {
        var outcome = await new NftTool(["/nonexistent/nft"]).RunAsync("", TestContext.Current.CancellationToken);

        outcome.Problem.ShouldBe(NftProblem.Missing);
        outcome.Reason.ShouldContain("install the package nftables");
    }

    [Fact]
    public async Task Run_NoProgram_IsNotStartedWithTheKernelsWords()
    {
        var outcome = await new NftTool(["/etc/passwd"]).RunAsync("", TestContext.Current.CancellationToken);

        outcome.Problem.ShouldBe(NftProblem.NotStarted);
        outcome.Reason.ShouldBe("/etc/passwd cannot be started (errno 13: Permission denied)");
    }

    [Fact]
    public async Task Run_ProgramThatReadsNothingAndFails_IsRefusedWithItsFirstLine()
    {
        // More than a pipe holds: writing meets the closed end.
        string script = new(' ', 1024 * 1024);

        var outcome = await new NftTool(
            ["sh", "-c", "echo 'Error: no such thing' >&2; echo more >&2; exit 1", "sh"]).RunAsync(script, TestContext.Current.CancellationToken);

        outcome.Problem.ShouldBe(NftProblem.Refused);
        outcome.Reason.ShouldBe("nft refused the rules: Error: no such thing");
    }

    [Fact]
    public async Task Run_Program_GetsOptionsAndScript()
    {
        var outcome = await new NftTool(["sh", "-c", "echo \"$@\"; cat", "sh"]).RunAsync("the script", TestContext.Current.CancellationToken, "-s");

        outcome.Succeeded.ShouldBeTrue();
        outcome.Output.ShouldBe("-s -f -\nthe script");
    }

    [Fact]
    public async Task Run_Cancelled_EndsAtOnce()
    {
        using var stop = new CancellationTokenSource();
        var run = new NftTool(["sh", "-c", "exec sleep 60", "sh"]).RunAsync("", stop.Token);

        await stop.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => run.WaitAsync(TimeSpan.FromSeconds(90)));
    }

    /// <summary>It is killed, nobody waits for it again, and it is tried until it answers.</summary>
    [Fact]
    public async Task Run_Hangs_IsTriedInTheBackground()
    {
        var folder = Directory.CreateTempSubdirectory("userproxy-nft-");
        string hangs = Path.Combine(folder.FullName, "hangs");
        await File.WriteAllTextAsync(hangs, "", TestContext.Current.CancellationToken);
        var answered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var patience = new NftPatience(TimeProvider.System, answered.SetResult);
        var nft = new NftTool(["sh", "-c", $"while [ -e {hangs} ]; do sleep 0.1; done; cat", "sh"], patience) { Longest = TimeSpan.FromMilliseconds(100) };

        (await nft.RunAsync("", TestContext.Current.CancellationToken)).Problem.ShouldBe(NftProblem.TimedOut);
        nft.Longest = Eventually.Patience;
        var known = nft.RunAsync("", TestContext.Current.CancellationToken);

        known.IsCompleted.ShouldBeTrue();
        (await known).Reason.ShouldBe("sh hangs: it did not end within 0 s");
        File.Delete(hangs);
        await answered.Task.WaitAsync(TimeSpan.FromSeconds(90), TestContext.Current.CancellationToken);
        (await nft.RunAsync("it answers", TestContext.Current.CancellationToken)).Output.ShouldBe("it answers");
        folder.Delete(recursive: true);
    }

    [Fact]
    public void Refused_Eperm_NamesTheCapability()
    {
        var outcome = NftTool.Refused("netlink: Error: cache initialization failed: Operation not permitted\n");

        outcome.Problem.ShouldBe(NftProblem.NotPermitted);
        outcome.Reason.ShouldContain("CAP_NET_ADMIN");
    }

    [Fact]
    public void Refused_LongLine_IsCut() => NftTool.Refused("Error: " + new string('x', 5000)).Reason.Length.ShouldBeLessThan(300);
}
