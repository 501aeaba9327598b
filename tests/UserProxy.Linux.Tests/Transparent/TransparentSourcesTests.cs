using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using UserProxy.FunctionalTests.Support;
using UserProxy.Linux.Transparent;

namespace UserProxy.Linux.Tests.Transparent;

/// <summary>Rules and routes in a network namespace of the test's own, with a stand-in for nft.</summary>
public sealed class TransparentSourcesTests
{
    private static readonly string[] WellNft = ["sh", "-c", "cat >/dev/null", "sh"];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>A defect, or a want of resources: it is tried again, and all that follows is watched.</summary>
    [Fact]
    public async Task FirstTryThrows_IsSaid_AndTriedAgain()
    {
        // An empty command is not looked for: it throws.
        List<string> nft = [];
        await using var sources = new TransparentSources(NullLogger.Instance, new HastyTime(), nft);
        await NewNamespace.Run(() => sources.UseAsync(Cancellation).AsTask());
        sources.IsReady(AddressFamily.InterNetwork).ShouldBeFalse();
        sources.Obstacle(AddressFamily.InterNetwork).ShouldNotBeNull();

        nft.AddRange(WellNft);

        await Eventually.IsTrue(() => sources.IsReady(AddressFamily.InterNetwork), "it is tried again");
        sources.Obstacle(AddressFamily.InterNetwork).ShouldBeNull();
    }

    /// <summary>Half a minute is over in 30 ms.</summary>
    private sealed class HastyTime : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            base.CreateTimer(callback, state, dueTime > TimeSpan.Zero ? dueTime / 1000 : dueTime, period);
    }
}
