using UserProxy.Scenarios.Scenarios;

namespace UserProxy.Scenarios.Tests.Scenarios;

public sealed class SoakScenarioTests
{
    [Fact]
    public void Thirds_AreTheMostOfTheSecondAndOfTheLast()
    {
        SoakScenario.Look[] looks = [new(900, 90), new(1, 1), new(10, 3), new(12, 2), new(11, 5), new(13, 4), new(12, 6)];

        SoakScenario.ThirdsOf(looks).ShouldBe((new SoakScenario.Look(12, 3), new SoakScenario.Look(13, 6)));
    }

    [Fact]
    public void Thirds_OfNoLook_AreNothing() => SoakScenario.ThirdsOf([]).ShouldBe((default, default));
}
