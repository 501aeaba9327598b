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
}
