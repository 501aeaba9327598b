namespace UserProxy.Scenarios.Tests.Runs;

/// <summary>A run that does not come to its end leaves nothing behind.</summary>
public sealed class InterruptTests
{
    /// <summary>130 and 143 would be a shell's codes; the harness says 130 for both: it was stopped.</summary>
    private const int Interrupted = 130;

    private static readonly string[] Long = ["--only", "requests-100b-64", "--paths", "direct,iptables,userproxy-epoll", "--seconds", "60"];

    [Theory]
    [InlineData("INT", "check userproxy-epoll")]
    [InlineData("INT", "requests-100b-64: iptables")]
    [InlineData("TERM", "requests-100b-64: direct")]
    [InlineData("HUP", "requests-100b-64: direct")]
    public async Task Signal_InTheMiddle_LeavesNothing(string signal, string when)
    {
        RunTraces.SkipUnlessAble();
        string[] seconds = when.EndsWith("iptables", StringComparison.Ordinal) ? ["--seconds", "1"] : ["--seconds", "60"];
        await using var run = BenchProcess.Start([.. Long[..^2], .. seconds]);
        await run.PrintsAsync(when);
        RunTraces.NamespacesOf(run.Id).Count.ShouldBe(5);

        await run.SignalAsync(signal);

        (await run.EndsAsync()).ShouldBe(Interrupted, run.Printed);
        RunTraces.LeftBy(run.Id).ShouldBeEmpty();
    }
}
