using UserProxy.Serving;

namespace UserProxy.Tests.Serving;

public sealed class MemoryBudgetTests
{
    private const int PerConnection = 1_000;

    [Fact]
    public void Limits_AreHalfAndAQuarterOfWhatTheProcessMayHave()
    {
        var budget = new MemoryBudget(available: 160_000, PerConnection);

        budget.Limit.ShouldBe(80_000);
        budget.KeepLimit.ShouldBe(40_000);
    }

    [Fact]
    public void MayKeep_FromTheKeepLimitOn_IsFalseUntilEnoughIsReturned()
    {
        var budget = new MemoryBudget(available: 160_000, PerConnection);
        budget.Take(39_999);
        budget.MayKeep.ShouldBeTrue();

        budget.Take(64_000);
        budget.MayKeep.ShouldBeFalse();

        budget.Return(39_999);
        budget.MayKeep.ShouldBeFalse();
        budget.Return(64_000);
        budget.MayKeep.ShouldBeTrue();
        budget.Held.ShouldBe(0);
    }

    [Fact]
    public void TryTakeConnection_SlowReadersHaveTheirHalf_TheOtherIsStillForConnections()
    {
        var budget = new MemoryBudget(available: 160_000, PerConnection);
        budget.Take((int)budget.KeepLimit);
        int taken = 0;
        while (budget.TryTakeConnection()) taken++;

        taken.ShouldBe(40);
        budget.Held.ShouldBe(budget.Limit);
        budget.ReturnConnection();
        budget.TryTakeConnection().ShouldBeTrue();
    }

    [Fact]
    public void MayKeep_ConnectionsAloneAreOverTheKeepLimit_IsFalse()
    {
        var budget = new MemoryBudget(available: 160_000, PerConnection);
        for (int i = 0; i < 40; i++) budget.TryTakeConnection().ShouldBeTrue();

        budget.MayKeep.ShouldBeFalse();
        budget.ReturnConnection();
        budget.MayKeep.ShouldBeTrue();
    }

    [Fact]
    public void TryTakeConnection_NextToNoMemory_StillAdmitsOne()
    {
        var budget = new MemoryBudget(available: 10, PerConnection);

        budget.TryTakeConnection().ShouldBeTrue();
        budget.TryTakeConnection().ShouldBeFalse();
    }

    [Fact]
    public void Unlimited_DoesNotOverflow()
    {
        var budget = MemoryBudget.Unlimited;
        for (int i = 0; i < 1_000; i++) budget.Take(int.MaxValue);

        budget.MayKeep.ShouldBeTrue();
        budget.TryTakeConnection().ShouldBeTrue();
    }

    [Fact]
    public async Task TakeAndReturn_FromManyThreads_ComesToNothing()
    {
        var budget = new MemoryBudget(available: 400_000, PerConnection);
        await Parallel.ForAsync(0, 8, (_, _) =>
        {
            for (int i = 0; i < 10_000; i++)
            {
                if (budget.TryTakeConnection()) budget.ReturnConnection();
                if (!budget.MayKeep) continue;
                budget.Take(64_000);
                budget.Return(64_000);
            }

            return ValueTask.CompletedTask;
        });

        budget.Held.ShouldBe(0);
        // The flag may be one change late; the next one sets it right.
        budget.Take(0);
        budget.MayKeep.ShouldBeTrue();
    }
}
