using UserProxy.Linux.Netlink;

namespace UserProxy.Linux.Tests.Netlink;

public sealed class OwnershipLockTests
{
    [Fact]
    public void TryTake_Held_IsNullUntilItIsGivenBack()
    {
        string name = $"\0userproxy-test:{Guid.NewGuid()}";
        using (OwnershipLock.TryTake(name).ShouldNotBeNull()) OwnershipLock.TryTake(name).ShouldBeNull();
        OwnershipLock.TryTake(name).ShouldNotBeNull().Dispose();
    }

    [Fact]
    public void TryTake_Denied_SaysWhy() =>
        Should.Throw<IOException>(() => OwnershipLock.TryTake("/nonexistent/lock")).Message.ShouldContain("lock of virtual IPs");
}
