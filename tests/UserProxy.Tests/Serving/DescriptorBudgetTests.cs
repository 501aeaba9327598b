using UserProxy.Serving;

namespace UserProxy.Tests.Serving;

public sealed class DescriptorBudgetTests
{
    private const int Shares = 4;

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

        budget.TryTakeConnection(ofService: 0).ShouldBeTrue();
        budget.TryTakeConnection(ofService: 0).ShouldBeFalse();
    }

    [Fact]
    public void AdmissionLimit_NoLimit_DoesNotOverflow()
    {
        var budget = new DescriptorBudget(int.MaxValue, heldAtStart: 100);

        budget.AdmissionLimit.ShouldBeGreaterThan(1_000_000_000);
        budget.TryTakeConnection(ofService: 0).ShouldBeTrue();
    }

    [Fact]
    public void TryTakeConnection_Full_TakesNothingAndGoesOnAfterAReturn()
    {
        var budget = new DescriptorBudget(limit: 100, heldAtStart: 10);
        int taken = 0;
        while (budget.TryTakeConnection(ofService: 0)) taken++;

        taken.ShouldBe((36 - 10) / DescriptorBudget.PerConnection);
        budget.Held.ShouldBe(36);
        budget.ReturnConnection();
        budget.TryTakeConnection(ofService: 0).ShouldBeTrue();
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
        while (budget.TryTakeConnection(ofService: 0)) connections++;
        connections.ShouldBe(32 / DescriptorBudget.PerConnection);
        TryTakeListener(budget).ShouldBeFalse("listeners have all of theirs");
        budget.ReturnListener(1);
        TryTakeListener(budget).ShouldBeTrue();
    }

    [Theory]
    [InlineData(1_000, 25)]
    [InlineData(300, 16)]
    [InlineData(20_000, 500)]
    public void TakeListener_ConnectionsHaveEverything_AQuarterOfTheReserveIsForListeners(int limit, int expected)
    {
        var budget = new DescriptorBudget(limit, heldAtStart: 0);
        while (budget.TryTakeConnection(ofService: 0))
        {
        }

        int listeners = 0;
        while (TryTakeListener(budget)) listeners++;

        listeners.ShouldBe(expected);
        budget.TryTakeConnection(ofService: 0).ShouldBeFalse();
        budget.ReturnConnection();
        budget.TryTakeConnection(ofService: 0).ShouldBeFalse("what listeners have over the limit is paid back by connections that end");
    }

    [Fact]
    public void TryTakeConnection_FromManyThreads_NeverPassesTheLimit()
    {
        var budget = new DescriptorBudget(limit: 300, heldAtStart: 0);
        int taken = 0;

        Parallel.For(0, 10_000, _ =>
        {
            if (budget.TryTakeConnection(ofService: 0)) Interlocked.Increment(ref taken);
        });

        // A thread that finds it full may for a moment push another over the edge: never too many, and room that is left is given.
        taken.ShouldBeLessThanOrEqualTo(118);
        while (budget.TryTakeConnection(ofService: 0)) taken++;
        taken.ShouldBe(118);
    }

    [Fact]
    public void TryTakeUpstream_OneFamilyTakesAllItGets_TheOthersKeepTheirShares()
    {
        var budget = new DescriptorBudget(limit: 1_000, heldAtStart: 10);
        // A quarter of 500 in four shares of 31; what is nobody's is for whoever comes first.
        TakeUpstream(budget).ShouldBe(500 - (3 * 31));
        TakeUpstream(budget).ShouldBe(31);
        TakeUpstream(budget).ShouldBe(31);
        TakeUpstream(budget).ShouldBe(31);

        (budget.UpstreamLimit, budget.Held).ShouldBe((500, 510));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(30)]
    [InlineData(31)]
    [InlineData(400)]
    public void TryTakeUpstream_OneIsGivenBack_CanBeTakenAgain(int number)
    {
        var budget = new DescriptorBudget(limit: 1_000, heldAtStart: 10);
        int taken = TakeUpstream(budget);

        budget.ReturnUpstream(number, Shares);
        budget.Held.ShouldBe(10 + taken - 1);
        budget.TryTakeUpstream(number, Shares).ShouldBeTrue();
        budget.TryTakeUpstream(taken, Shares).ShouldBeFalse();
        budget.Held.ShouldBe(10 + taken);
    }

    [Fact]
    public void TryTakeUpstream_ListenersAndConnectionsHaveTheRest_OnlySharesAreLeft()
    {
        var budget = new DescriptorBudget(limit: 1_000, heldAtStart: 0);
        for (int i = 0; i < 350; i++) budget.TryTakeConnection(ofService: 0).ShouldBeTrue();

        TakeUpstream(budget).ShouldBe(800 - 700);
        budget.TryTakeUpstream(100, Shares).ShouldBeFalse();
        budget.TryTakeConnection(ofService: 0).ShouldBeTrue("what listeners and datagrams may not have is the connections'");
        TakeUpstream(budget).ShouldBe(31, "another loop's share");
        budget.TryTakeConnection(ofService: 0).ShouldBeTrue();
    }

    [Fact]
    public void TryTakeUpstream_ConnectionsHaveEverything_TheFirstOfEachHasRoom()
    {
        var budget = new DescriptorBudget(limit: 1_000, heldAtStart: 0);
        while (budget.TryTakeConnection(ofService: 0))
        {
        }

        TakeUpstream(budget).ShouldBe(1);
        TakeUpstream(budget).ShouldBe(1);
    }

    [Fact]
    public void TryTakeUpstream_Refused_LeavesItsOwnCountAlone()
    {
        var budget = new DescriptorBudget(limit: 1_000, heldAtStart: 0);
        for (int i = 0; i < 400; i++) budget.TryTakeConnection(ofService: 0);
        for (int i = 0; i < 1_000; i++) budget.TryTakeUpstream(31 + i, Shares).ShouldBeFalse();
        for (int i = 0; i < 400; i++) budget.ReturnConnection();

        TakeUpstream(budget).ShouldBe(500 - (3 * 31));
    }

    /// <summary>Whatever clients do, some are left for what the runtime opens when it needs it: without, it aborts the process.</summary>
    [Theory]
    [InlineData(320)]
    [InlineData(400)]
    [InlineData(1_000)]
    [InlineData(2_048)]
    [InlineData(20_000)]
    public void Shares_AllTakenTogether_LeaveWhatNobodyIsGiven(int limit)
    {
        var budget = new DescriptorBudget(limit, heldAtStart: 60, setAside: 100);
        budget.CountAtStart(open: 90).ShouldBeLessThanOrEqualTo(0, "the limit is high enough");
        while (budget.TryTakeConnection(ofService: 0))
        {
        }

        while (TryTakeListener(budget))
        {
        }

        while (budget.TryTakeWaiting())
        {
        }

        // As many loops as a large node has.
        for (int loop = 0; loop < 200; loop++) budget.TryTakeUpstream(0, shares: 200);

        budget.Held.ShouldBeLessThanOrEqualTo(limit - DescriptorBudget.Untouchable);
    }

    [Fact]
    public void CountAtStart_MoreIsOpenThanWasCounted_IsHeldByTheStart()
    {
        var budget = new DescriptorBudget(limit: 1_000, heldAtStart: 100, setAside: 50);
        budget.TakeListener(1);

        // 52 that nobody has told of, and the listener.
        budget.CountAtStart(open: 153).ShouldBe(153 + 50 + 16 - 800);

        budget.Held.ShouldBe(203);
        budget.CountAtStart(open: 120);
        budget.Held.ShouldBe(203, "what was open may be opened again");
    }

    [Fact]
    public void CountAtStart_LimitTooLow_SaysByHowMuch() =>
        new DescriptorBudget(limit: 300, heldAtStart: 150, setAside: 40).CountAtStart(open: 151).ShouldBe(151 + 40 + 16 - 204);

    [Fact]
    public void TryTakeWaiting_AnEighthOfWhatConnectionsLeave_AndAgainAfterAReturn()
    {
        var budget = new DescriptorBudget(limit: 1_000, heldAtStart: 0);
        while (budget.TryTakeConnection(ofService: 0))
        {
        }

        int waiting = 0;
        while (budget.TryTakeWaiting()) waiting++;

        waiting.ShouldBe(12);
        budget.Held.ShouldBe(912);
        budget.HasRoom(ofService: 0).ShouldBeFalse();
        budget.ReturnWaiting();
        budget.TryTakeWaiting().ShouldBeTrue();
    }

    private static int TakeUpstream(DescriptorBudget budget)
    {
        int taken = 0;
        while (budget.TryTakeUpstream(taken, Shares)) taken++;
        return taken;
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

    /// <summary>One Service has taken all that it can get: each of the others still gets its clients.</summary>
    [Theory]
    [InlineData(1_000)]
    [InlineData(20_000)]
    [InlineData(1_000_000)]
    public void TryTakeConnection_OfACrowd_LeavesTheLastEighthToOthers(int limit)
    {
        var budget = new DescriptorBudget(limit, heldAtStart: 100);
        int room = budget.AdmissionLimit - 100, crowd = 0, others = 0;

        while (budget.TryTakeConnection(crowd)) crowd++;
        budget.HasRoom(crowd).ShouldBeFalse();
        budget.HasRoom(ofService: 0).ShouldBeTrue();
        while (budget.TryTakeConnection(ofService: 0)) others++;

        (crowd * DescriptorBudget.PerConnection).ShouldBeInRange((room * 7 / 8) - 2, (room * 7 / 8) + 2);
        (others * DescriptorBudget.PerConnection).ShouldBeInRange((room / 8) - 3, (room / 8) + 3);
        budget.TryTakeConnection(crowd).ShouldBeFalse();
    }

    /// <summary>Each takes all that it can get, after the crowd: what is left is halved each time, and not used up.</summary>
    [Fact]
    public void TryTakeConnection_OfOneServiceAfterAnother_TheNinthStillGetsOne()
    {
        var budget = new DescriptorBudget(20_000, heldAtStart: 100);
        for (int service = 0; service < 8; service++)
        {
            int taken = 0;
            while (budget.TryTakeConnection(taken)) taken++;
            taken.ShouldBeGreaterThan(1);
        }

        budget.TryTakeConnection(ofService: 0).ShouldBeTrue();
    }

    /// <summary>However few descriptors there are.</summary>
    [Fact]
    public void TryTakeConnection_LimitBelowTheReserve_OfACrowdStillAdmitsTheFirst()
    {
        var budget = new DescriptorBudget(50, heldAtStart: 45);

        budget.TryTakeConnection(ofService: 0).ShouldBeTrue();
        budget.TryTakeConnection(ofService: 1).ShouldBeFalse();
    }
}
