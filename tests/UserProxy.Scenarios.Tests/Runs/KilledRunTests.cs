namespace UserProxy.Scenarios.Tests.Runs;

/// <summary>A run that is killed leaves everything behind. No other may start meanwhile: it would clean up.</summary>
[Collection(nameof(Alone))]
public sealed class KilledRunTests
{
    [Fact]
    public async Task KilledRun_IsCleanedUpByTheNext()
    {
        RunTraces.SkipUnlessAble();
        await using var killed = BenchProcess.Start("--only", "requests-100b-64", "--paths", "direct,iptables,userproxy-epoll", "--seconds", "60");
        await killed.PrintsAsync("requests-100b-64: direct");
        await killed.SignalAsync("KILL");
        await killed.EndsAsync();
        RunTraces.LeftBy(killed.Id).ShouldNotBeEmpty();

        await using var next = BenchProcess.Start("--smoke", "--only", "requests", "--paths", "direct");
        (await next.EndsAsync()).ShouldBe(0, next.Printed);

        RunTraces.LeftBy(killed.Id).ShouldBeEmpty();
        RunTraces.LeftBy(next.Id).ShouldBeEmpty();
    }
}
