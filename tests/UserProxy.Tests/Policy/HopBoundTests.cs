using UserProxy.Policy;

namespace UserProxy.Tests.Policy;

public sealed class HopBoundTests
{
    [Theory]
    [InlineData(64, 63)]
    [InlineData(255, 254)]
    [InlineData(2, 1)]
    [InlineData(0, HopBound.Unknown)]
    public void Next_IsOneLess(int received, int next) => new HopBound().Next(received).ShouldBe(next);

    [Fact]
    public void Next_TheLastHop_IsNone()
    {
        var hops = new HopBound();
        hops.Next(64);
        hops.Next(1).ShouldBe(HopBound.None);
    }

    [Fact]
    public void Next_KernelSaysOneOfEverybody_IsUnknown()
    {
        var hops = new HopBound();
        hops.Next(1).ShouldBe(HopBound.Unknown);
        hops.Next(1).ShouldBe(HopBound.Unknown);
    }

    [Theory]
    [InlineData(64, false)]
    [InlineData(62, false)]
    [InlineData(61, true)]
    [InlineData(20, true)]
    [InlineData(126, false)]
    [InlineData(110, true)]
    [InlineData(255, false)]
    [InlineData(0, false)]
    [InlineData(1, false)]
    public void ComesFromAfar_OverThreeHopsOrMore(int received, bool isAfar) => HopBound.ComesFromAfar(received).ShouldBe(isAfar);
}
