using Microsoft.Extensions.Logging.Abstractions;
using UserProxy.Linux.VirtualIPs;

namespace UserProxy.Linux.Tests.VirtualIPs;

public sealed class RoutedVirtualIPsTests
{
    /// <summary>SIGTERM while nft runs; what really opens is for the functional tests.</summary>
    [Fact]
    public async Task Open_Cancelled_SaysSo()
    {
        using var stop = new CancellationTokenSource();
        var options = new VirtualIPOptions { NftCommand = ["sh", "-c", "exec sleep 60", "sh"] };
        var opening = RoutedVirtualIPs.OpenAsync(options, NullLogger.Instance, TimeProvider.System, stop.Token);
        await stop.CancelAsync();

        var result = await opening.WaitAsync(TimeSpan.FromSeconds(90), TestContext.Current.CancellationToken);

        result.Opened.ShouldBeNull();
        Assert.SkipWhen(result.Obstacle is VirtualIPObstacle.NoRoutes or VirtualIPObstacle.InUse, result.Reason);
        result.Obstacle.ShouldBe(VirtualIPObstacle.Cancelled);
    }
}
