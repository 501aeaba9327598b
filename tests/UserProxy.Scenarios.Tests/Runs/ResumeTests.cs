using UserProxy.Scenarios.Running;

namespace UserProxy.Scenarios.Tests.Runs;

/// <summary>A run that was interrupted goes on, and another one does not take its place.</summary>
public sealed class ResumeTests
{
    private static readonly string[] Run = ["--only", "requests-100b-64,connections", "--paths", "direct,iptables", "--seconds", "1", "--repeat", "2"];

    [Fact]
    public async Task InterruptedRun_GoesOn_AndEndsAsIfItHadNotBeen()
    {
        RunTraces.SkipUnlessAble();
        await using var first = BenchProcess.Start(Run);
        await first.PrintsAsync("connections: iptables");
        await first.SignalAsync("INT");
        (await first.EndsAsync()).ShouldBe(130, first.Printed);
        first.Printed.ShouldContain("finished rounds are kept in");
        RunTraces.LeftBy(first.Id).ShouldBeEmpty();

        await using var other = first.StartAgain([.. Run[..^1], "3", "--resume"]);
        (await other.EndsAsync()).ShouldBe(64, other.Printed);
        other.Printed.ShouldContain("--resume: not the same run: turns (--repeat): 2 before, 3 now");

        await using var second = other.StartAgain([.. Run, "--resume"]);
        (await second.EndsAsync()).ShouldBe(0, second.Printed);

        second.Printed.ShouldContain("finished rounds are there, and are not measured again");
        second.Printed.Split('\n').Count(line => line.EndsWith("requests-100b-64: direct", StringComparison.Ordinal)).ShouldBe(1); // of its two rounds
        var report = second.Report();
        report.Notes.ShouldContain("The run was interrupted and gone on with: 2 sittings.");
        foreach (var sample in report.Scenarios.SelectMany(scenario => scenario.Metrics[0].Points.Single().Samples.Values)) sample.Values.Count.ShouldBe(2);
        File.Exists(Path.Combine(second.Out, TurnLog.FileName)).ShouldBeFalse();
    }

    /// <summary>Without anything to go on with, nothing is measured in its name.</summary>
    [Fact]
    public async Task NothingToGoOnWith_IsAMistake()
    {
        RunTraces.SkipUnlessAble();
        await using var run = BenchProcess.Start([.. Run, "--resume"]);

        (await run.EndsAsync()).ShouldBe(64, run.Printed);

        run.Printed.ShouldContain("has no interrupted run");
        RunTraces.LeftBy(run.Id).ShouldBeEmpty();
    }
}
