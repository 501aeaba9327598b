using UserProxy.Scenarios.Report;
using UserProxy.Scenarios.Report.Markdown;
using UserProxy.Scenarios.Results;

namespace UserProxy.Scenarios.Tests.Report;

/// <summary>This run beside an earlier one.</summary>
public sealed class ComparisonTests
{
    [Theory]
    [InlineData(true, new double[] { 100, 110, 105 }, new double[] { 111, 120, 115 }, nameof(Verdict.Better), "x1.10 ▲")]
    [InlineData(false, new double[] { 100, 110, 105 }, new double[] { 111, 120, 115 }, nameof(Verdict.Worse), "x1.10 ▼")]
    [InlineData(true, new double[] { 111, 120, 115 }, new double[] { 100, 110, 105 }, nameof(Verdict.Worse), "x0.91 ▼")]
    [InlineData(true, new double[] { 100, 112, 105 }, new double[] { 111, 120, 115 }, nameof(Verdict.Untold), "x1.10 ~")]
    [InlineData(true, new double[] { 100, 110, 105 }, new double[] { 110, 120, 115 }, nameof(Verdict.Untold), "x1.10 ~")]
    [InlineData(true, new double[] { 100 }, new double[] { 111, 120, 115 }, nameof(Verdict.Once), "x1.15")]
    [InlineData(true, new double[] { 100, 110, 105 }, new double[] { 500 }, nameof(Verdict.Once), "x4.76")]
    public void Verdict_IsThereOnlyWhereTheTurnsLieApart(bool higher, double[] before, double[] now, string verdict, string text)
    {
        var change = Compare(higher ? Better.Higher : Better.Lower, before, now).Rows.Single().Change!.Value;

        change.Verdict.ToString().ShouldBe(verdict);
        change.ToString().ShouldBe(text);
    }

    /// <summary>The least that any turn now is of any turn before, and the most.</summary>
    [Fact]
    public void Spread_IsThatOfAnyTurnByAnyOther() =>
        Compare(Better.Higher, [100, 200], [150, 300]).Rows.Single().Change!.Value.Range.ShouldBe("0.75-3.00");

    [Fact]
    public void RowOfNothingOrOfZero_HasNoRatio()
    {
        Compare(Better.Lower, [0, 1], [1, 1]).Rows.Single().Change.ShouldBeNull();
        Compare(Better.Lower, [], [1, 1]).Rows.Single().Change.ShouldBeNull();
    }

    [Fact]
    public void Full_BesideItself_HasEveryRowAndNoDifference()
    {
        var comparison = Comparison.Of(Samples.Full, Samples.Full);

        comparison.Rows.Count.ShouldBe(Samples.Full.Scenarios.Sum(scenario => scenario.Metrics.Sum(metric => metric.Points.Sum(point => point.Samples.Count))));
        comparison.Rows.ShouldAllBe(row => row.Change == null || row.Change.Value.Verdict == Verdict.Untold);
        (comparison.Gone, comparison.Added).ShouldBe((0, 0));
        comparison.Sentences().Count().ShouldBe(2);
        comparison.Sentences().ShouldContain(sentence => sentence.Contains("Direct, which is none of ours, did x1.00", StringComparison.Ordinal));
    }

    /// <summary>Another machine or other rows are no reason to say nothing, and are said.</summary>
    [Fact]
    public void OtherMachineAndRows_AreSaid()
    {
        var before = Samples.Full with
        {
            Machine = Samples.Full.Machine with { Cores = 8 },
            Scenarios = [.. Samples.Full.Scenarios.Skip(1)],
        };

        string text = string.Join('\n', Comparison.Of(before, Samples.Full).Sentences());

        text.ShouldContain("Another machine (8 cores, now 2 cores)");
        text.ShouldContain("0 rows are in that run alone, 32 in this one alone.");
    }

    [Fact]
    public void Markdown_HasTheRowsBesideEachOther()
    {
        var output = new StringWriter { NewLine = "\n" };

        MarkdownReport.Write(output, Samples.Full, Comparison.Of(Samples.Full, Samples.Full));

        output.ToString().ShouldContain("## Beside the run of 2026-11-21 14:05 UTC");
        output.ToString().ShouldContain("| scenario | what | path | before | now | now / before |");
    }

    private static Comparison Compare(Better better, double[] before, double[] now) => Comparison.Of(Report(better, before), Report(better, now));

    private static BenchReport Report(Better better, double[] turns) => Samples.Full with
    {
        Paths = [new PathInfo("own", "UserProxy", PathKind.Own, "")],
        Scenarios =
        [
            new ScenarioResult("s", "s", "Requests", "", "", [new MetricResult("m", "", better, [
                new MetricPoint(0, new Dictionary<string, Sample> { ["own"] = new Sample([.. turns.Select(turn => (double?)turn)]) }),
            ])]),
        ],
    };
}
