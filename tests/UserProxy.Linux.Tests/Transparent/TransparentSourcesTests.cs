using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using UserProxy.FunctionalTests.Support;
using UserProxy.Linux.Kernel;
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

    /// <summary>The image of a successor may have no nft: its predecessor's connections go on by the same rules.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task NoNft_WhatAnotherHasAdded_StaysWhileItIsLeft(bool isLeft)
    {
        await using var sources = new TransparentSources(NullLogger.Instance, TimeProvider.System, ["no-such-nft"]) { IsLeft = isLeft };
        var (others, trying) = NewNamespace.Run(() =>
        {
            var routes = AnswerRoutes.Open();
            routes.Add(Libc.AF_INET).ShouldBe(4);
            return (routes, sources.UseAsync(Cancellation).AsTask());
        });
        using (others)
        {
            await trying;

            sources.Obstacle(AddressFamily.InterNetwork).ShouldNotBeNull().ShouldContain("install the package nftables");
            others.Add(Libc.AF_INET).ShouldBe(isLeft ? 0 : 4);
        }
    }

    /// <summary>Half a minute is over in 30 ms.</summary>
    private sealed class HastyTime : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            base.CreateTimer(callback, state, dueTime > TimeSpan.Zero ? dueTime / 1000 : dueTime, period);
    }
}
