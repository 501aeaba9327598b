using UserProxy.Scheduling;

namespace UserProxy.Tests.Scheduling;

public class SchedulerCursorTests
{
    [Fact]
    public void Take_AfterPeek_GivesWhatPeekSaid()
    {
        var cursor = new SchedulerCursor(41);
        cursor.Peek().ShouldBe(41UL);
        cursor.Peek().ShouldBe(41UL);
        cursor.Take().ShouldBe(41UL);
        cursor.Take().ShouldBe(42UL);
    }

    [Fact]
    public void Take_AtTheEndOfNumbers_WrapsAround()
    {
        var cursor = new SchedulerCursor(ulong.MaxValue);
        cursor.Take().ShouldBe(ulong.MaxValue);
        cursor.Take().ShouldBe(0UL);
    }
}
