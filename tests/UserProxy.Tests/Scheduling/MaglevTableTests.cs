using FsCheck.Fluent;
using UserProxy.Scheduling;

namespace UserProxy.Tests.Scheduling;

public class MaglevTableTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(16)]
    [InlineData(17)]
    [InlineData(1_000)]
    [InlineData(4_094)]
    public void Build_EqualWeights_SlotsDifferByOneAtMost(int count)
    {
        int[] slots = Slots([.. Enumerable.Repeat(7, count)]);
        (slots.Max() - slots.Min()).ShouldBeLessThanOrEqualTo(1);
        slots.Sum().ShouldBe(MaglevTable.SizeFor(count));
    }

    [Fact]
    public void Build_AnyWeights_EveryEndpointHasItsShareAndAtLeastOneSlot()
    {
        var cases = Gen.Choose(1, 65_535).NonEmptyListOf().Where(weights => weights.Count <= 16);
        PropertyCheck.ForAll(cases, weights =>
        {
            int[] slots = Slots([.. weights]);
            double sum = weights.Sum();
            for (int i = 0; i < slots.Length; i++)
            {
                slots[i].ShouldBeGreaterThan(0);
                // One round of turns is all that anybody can be ahead.
                double exact = slots.Sum() * weights[i] / sum;
                ((double)slots[i]).ShouldBe(exact, (slots.Length * weights[i] / sum) + 1.0);
            }
        });
    }

    [Theory]
    [InlineData(1)]
    [InlineData(17)]
    [InlineData(4_094)]
    public void SizeFor_AnyCount_IsPrime(int count)
    {
        int size = MaglevTable.SizeFor(count);
        for (int divisor = 2; divisor * divisor <= size; divisor++) (size % divisor).ShouldNotBe(0);
    }

    [Fact]
    public void Build_NoEndpoints_IsEmpty() => MaglevTable.Build([], []).ShouldBeEmpty();

    private static int[] Slots(int[] weights)
    {
        ulong[] hashes = [.. Sets.Equal(weights.Length).Select(EndpointHash.Of)];
        int[] slots = new int[weights.Length];
        foreach (ushort index in MaglevTable.Build(hashes, weights)) slots[index]++;
        return slots;
    }
}
