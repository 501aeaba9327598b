using UserProxy.Model;

namespace UserProxy.Tests.Model;

public sealed class ServiceSettingsTests
{
    [Fact]
    public void HalfCloseTimeout_NobodySaysOtherwise_IsKubeProxysHourForCloseWait() =>
        ServiceSettings.Default.HalfCloseTimeout.ShouldBe(TimeSpan.FromHours(1));
}
