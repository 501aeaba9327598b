using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
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

    /// <summary>Rules need no nft. Where the tables cannot be looked at in time nothing is kept until they can.</summary>
    [Fact]
    public async Task NftHangs_RulesComeBack_AndNothingIsKeptMeanwhile()
    {
        var folder = Directory.CreateTempSubdirectory("userproxy-nft-");
        string hangs = Path.Combine(folder.FullName, "hangs");
        string[] nft = ["sh", "-c", $"while [ -e {hangs} ]; do sleep 0.1; done; cat >/dev/null", "sh"];
        await using var sources = new TransparentSources(NullLogger.Instance, TimeProvider.System, nft);
        var (others, trying) = NewNamespace.Run(() => (AnswerRoutes.Open(), sources.UseAsync(Cancellation).AsTask()));
        using (others)
        {
            await trying;
            await Eventually.IsTrue(() => sources.IsReady(AddressFamily.InterNetwork), "nft has answered, if late");
            await File.WriteAllTextAsync(hangs, "", Cancellation);

            others.Remove(Libc.AF_INET).ShouldBe((3, 1));

            await Eventually.IsTrue(() => others.Remove(Libc.AF_INET).Rules > 0, "they are back, to be removed again");
            await Eventually.IsTrue(() => !sources.IsReady(AddressFamily.InterNetwork), "nothing is kept");
            File.Delete(hangs);
            await Eventually.IsTrue(() => sources.IsReady(AddressFamily.InterNetwork), "nft has answered");
            others.Add(Libc.AF_INET).ShouldBe(0);
        }

        folder.Delete(recursive: true);
    }

    /// <summary>Who may change nothing has added nothing: what is there can be left, and nothing else.</summary>
    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 0)]
    public async Task MayNotRemove_IsSaid_WhereSomethingIsThere(bool isThere, int times)
    {
        var folder = Directory.CreateTempSubdirectory("userproxy-nft-");
        string refuses = Path.Combine(folder.FullName, "refuses");
        string[] nft = ["sh", "-c", $"cat >/dev/null; [ ! -e {refuses} ] || {{ echo 'Operation not permitted' >&2; exit 1; }}", "sh"];
        if (!isThere) await File.WriteAllTextAsync(refuses, "", Cancellation);
        var log = new Ids();
        var sources = new TransparentSources(log, TimeProvider.System, nft);
        await NewNamespace.Run(() => sources.UseAsync(Cancellation).AsTask());
        await Eventually.IsTrue(() => sources.IsReady(AddressFamily.InterNetwork) == isThere, "nft has answered, if late");
        await File.WriteAllTextAsync(refuses, "", Cancellation);

        await sources.DisposeAsync();

        log.Count(443).ShouldBe(times);
        folder.Delete(recursive: true);
    }

    /// <summary>The sockets stand for those of netlink; one of them fails.</summary>
    [Fact]
    public async Task Follow_OneSocketFails_EndsForBoth()
    {
        var (failing, other) = (Loopback(), Loopback());
        using var changes = new NetworkChanges(failing, other);
        var following = changes.FollowAsync(_ => { }, () => { }, CancellationToken.None);

        failing.Dispose();

        await Should.ThrowAsync<Exception>(() => following.WaitAsync(Eventually.Patience, Cancellation), "it has failed, and not lasted");
        following.IsFaulted.ShouldBeTrue();
    }

    private static Socket Loopback()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return socket;
    }

    /// <summary>Keeps which events were logged.</summary>
    private sealed class Ids : ILogger
    {
        private readonly ConcurrentQueue<int> _ids = [];

        public int Count(int id) => _ids.Count(each => each == id);

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            _ids.Enqueue(eventId.Id);
    }

    /// <summary>Half a minute is over in 30 ms.</summary>
    private sealed class HastyTime : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            base.CreateTimer(callback, state, dueTime > TimeSpan.Zero ? dueTime / 1000 : dueTime, period);
    }
}
