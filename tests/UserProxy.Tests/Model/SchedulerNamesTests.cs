using UserProxy.Model;

namespace UserProxy.Tests.Model;

public class SchedulerNamesTests
{
    [Theory]
    [InlineData("rr", SchedulerKind.RoundRobin)]
    [InlineData("wrr", SchedulerKind.WeightedRoundRobin)]
    [InlineData("lc", SchedulerKind.LeastConnection)]
    [InlineData("wlc", SchedulerKind.WeightedLeastConnection)]
    [InlineData("sh", SchedulerKind.SourceHash)]
    [InlineData("mh", SchedulerKind.Maglev)]
    [InlineData("sed", SchedulerKind.ShortestExpectedDelay)]
    [InlineData("nq", SchedulerKind.NeverQueue)]
    [InlineData("p2c", SchedulerKind.PowerOfTwoChoices)]
    [InlineData("random", SchedulerKind.Random)]
    [InlineData(" WLC ", SchedulerKind.WeightedLeastConnection)]
    public void TryParse_KnownName_KindWithoutNote(string name, SchedulerKind expected)
    {
        SchedulerNames.TryParse(name, out var kind, out string? note).ShouldBeTrue();
        kind.ShouldBe(expected);
        note.ShouldBeNull();
    }

    [Fact]
    public void ShortName_EveryKind_ParsesBackToItself()
    {
        foreach (var kind in Enum.GetValues<SchedulerKind>())
        {
            SchedulerNames.TryParse(kind.ShortName(), out var parsed, out _).ShouldBeTrue();
            parsed.ShouldBe(kind);
        }

        SchedulerNames.All.Count.ShouldBe(Enum.GetValues<SchedulerKind>().Length);
    }

    [Fact]
    public void TryParse_DestinationHash_IsServedAsSourceHashWithNote()
    {
        SchedulerNames.TryParse("DH", out var kind, out string? note).ShouldBeTrue();
        kind.ShouldBe(SchedulerKind.SourceHash);
        note.ShouldNotBeNull().ShouldContain("served as sh");
        SchedulerNames.All.ShouldNotContain("dh");
    }

    [Theory]
    [InlineData("")]
    [InlineData("lblc")]
    [InlineData("rr,wrr")]
    public void TryParse_UnknownName_FalseAndTheDefault(string name)
    {
        SchedulerNames.TryParse(name, out var kind, out string? note).ShouldBeFalse();
        kind.ShouldBe(SchedulerKind.RoundRobin);
        note.ShouldBeNull();
    }
}
