using UserProxy.Tcp;

namespace UserProxy.Tests.Tcp;

public sealed class DescriptorBudgetTests
{
    [Theory]
    [InlineData(10_000, 9_000)]
    [InlineData(640, 576)]
    [InlineData(300, 236)]
    public void AdmissionLimit_IsNinetyPercentOrLeavesTheReserve(int limit, int expected) =>
        new DescriptorBudget(limit, heldAtStart: 0).AdmissionLimit.ShouldBe(expected);

    [Fact]
    public void AdmissionLimit_LimitBelowTheReserve_StillAdmitsOneConnection()
    {
        var budget = new DescriptorBudget(limit: 40, heldAtStart: 30);

        budget.TryTakeConnection().ShouldBeTrue();
        budget.TryTakeConnection().ShouldBeFalse();
    }

    [Fact]
    public void AdmissionLimit_NoLimit_DoesNotOverflow()
    {
        var budget = new DescriptorBudget(int.MaxValue, heldAtStart: 100);

        budget.AdmissionLimit.ShouldBeGreaterThan(1_000_000_000);
        budget.TryTakeConnection().ShouldBeTrue();
    }

    [Fact]
    public void TryTakeConnection_Full_TakesNothingAndGoesOnAfterAReturn()
    {
        var budget = new DescriptorBudget(limit: 100, heldAtStart: 10);
        int taken = 0;
        while (budget.TryTakeConnection()) taken++;

        taken.ShouldBe((36 - 10) / DescriptorBudget.PerConnection);
        budget.Held.ShouldBe(36);
        budget.ReturnConnection();
        budget.TryTakeConnection().ShouldBeTrue();
    }

    [Fact]
    public void TakeListener_LeavesRoomForConnectionsAndForTheRest()
    {
        var budget = new DescriptorBudget(limit: 300, heldAtStart: 100);
        int listeners = 0;
        while (TryTakeListener(budget)) listeners++;

        // 1.5 times the reserve is left: the reserve, and half of it for connections.
        listeners.ShouldBe(300 - 96 - 100);
        int connections = 0;
        while (budget.TryTakeConnection()) connections++;
        connections.ShouldBe(32 / DescriptorBudget.PerConnection);
        budget.Return(1);
        TryTakeListener(budget).ShouldBeFalse("connections have taken more than that");
    }

    [Fact]
    public void TryTakeConnection_FromManyThreads_NeverPassesTheLimit()
    {
        var budget = new DescriptorBudget(limit: 300, heldAtStart: 0);
        int taken = 0;

        Parallel.For(0, 10_000, _ =>
        {
            if (budget.TryTakeConnection()) Interlocked.Increment(ref taken);
        });

        // A thread that finds it full may for a moment push another over the edge: never too many, and room that is left is given.
        taken.ShouldBeLessThanOrEqualTo(118);
        while (budget.TryTakeConnection()) taken++;
        taken.ShouldBe(118);
    }

    private static bool TryTakeListener(DescriptorBudget budget)
    {
        try
        {
            budget.TakeListener(1);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }
}
