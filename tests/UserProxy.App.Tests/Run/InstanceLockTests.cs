using Microsoft.Extensions.Logging.Abstractions;
using UserProxy.App.Run;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.App.Tests.Run;

public sealed class InstanceLockTests
{
    [Theory]
    [InlineData("")]
    [InlineData("a-very-long-name-that-does-not-fit-into-the-name-of-a-socket-a-very-long-name-that-does-not-fit-into-the-name-of-a-socket")]
    public void TryTake_Held_GivesNullUntilReleased(string suffix)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "abstract sockets are Linux's");
        string path = $"/run/test-{Guid.NewGuid():N}{suffix}/admin.sock";

        using (InstanceLock.TryTake(path, NullLogger.Instance, TimeProvider.System).ShouldNotBeNull()) InstanceLock.TryTake(
            path, NullLogger.Instance, TimeProvider.System).ShouldBeNull();

        // A program that another test starts has a copy of the socket between its fork and its exec.
        InstanceLock? again = null;
        SpinWait.SpinUntil(
            () => (again = InstanceLock.TryTake(path, NullLogger.Instance, TimeProvider.System)) is not null, Eventually.Patience).ShouldBeTrue();
        again!.Dispose();
    }

    [Fact]
    public void TryTake_OtherPath_IsAnotherLock()
    {
        using var one = InstanceLock.TryTake($"/run/test-{Guid.NewGuid():N}.sock", NullLogger.Instance, TimeProvider.System);
        using var other = InstanceLock.TryTake($"/run/test-{Guid.NewGuid():N}.sock", NullLogger.Instance, TimeProvider.System);

        one.ShouldNotBeNull();
        other.ShouldNotBeNull();
    }
}
