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
    public void TryTakeSession_ThreeEighths_TheRestIsForConnections()
    {
        var budget = new MemoryBudget(available: 160_000, PerConnection);
        int sessions = 0;
        while (budget.TryTakeSession(1_000)) sessions++;

        (sessions, budget.Held).ShouldBe((30, 30_000));
        budget.TakeSession(1_000);
        budget.Held.ShouldBe(31_000, "what a loop has in any case");
        int connections = 0;
        while (budget.TryTakeConnection()) connections++;
        connections.ShouldBe(49);
        budget.ReturnSession(2_000);
        budget.TryTakeSession(1_000).ShouldBeTrue();
    }

    [Fact]
    public void TryTakePin_AnEighth_AndAgainAfterAReturn()
    {
        var budget = new MemoryBudget(available: 160_000, PerConnection);
        int pins = 0;
        while (budget.TryTakePin()) pins++;

        pins.ShouldBe(10_000 / MemoryBudget.PerPin);
        budget.Held.ShouldBe(pins * MemoryBudget.PerPin);
        budget.ReturnPins(pins);
        budget.Held.ShouldBe(0);
        budget.TryTakePin().ShouldBeTrue();
    }

    [Fact]
    public void TryTake_ConnectionsHaveEverything_NeitherSessionNorPin()
    {
        var budget = new MemoryBudget(available: 160_000, PerConnection);
        while (budget.TryTakeConnection())
        {
        }

        budget.TryTakeSession(1_000).ShouldBeFalse();
        budget.TryTakePin().ShouldBeFalse();
        budget.Held.ShouldBe(budget.Limit);
    }

    [Fact]
    public void IsShort_NobodyIsLetInAndNothingKept_UntilItIsNot()
    {
        var budget = new MemoryBudget(available: 160_000, PerConnection) { IsShort = true };

        (budget.MayKeep, budget.TryTakeConnection(), budget.TryTakeSession(1), budget.TryTakePin()).ShouldBe((false, false, false, false));
        budget.Take(1);
        budget.Return(1);
        budget.MayKeep.ShouldBeFalse();

        budget.IsShort = false;
        (budget.MayKeep, budget.TryTakeConnection(), budget.TryTakeSession(1), budget.TryTakePin()).ShouldBe((true, true, true, true));
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
