using System.Net;
using UserProxy.FunctionalTests.Support;
using UserProxy.Linux.VirtualIPs;

namespace UserProxy.Linux.Tests.VirtualIPs;

/// <summary>Changes of routes as the kernel tells them, in a network namespace of the test's own.</summary>
public sealed class RouteEventsTests
{
    private static readonly TimeSpan Limit = Eventually.Patience;

    /// <summary>
    /// After a loss the kernel goes on losing, and says so only once, until its buffer is empty: the watcher must hear of the change that comes next.
    /// </summary>
    [Fact]
    public async Task WaitAsync_AfterALoss_HearsOfTheNextChange()
    {
        var (routes, events) = NewNamespace.Run(() => (RouteSocket.Open(), RouteEvents.Open()));
        using (routes)
        using (events)
        {
            var last = IPAddress.Parse("10.97.0.1");
            routes.Change(RouteChange.Add, Enumerable.Range(0, 10_000).Select(i => new IPAddress([10, 96, (byte)(i / 250), (byte)(i % 250)]))).ShouldBeEmpty();
            (await events.WaitAsync((_, _, _) => false, Limit, TimeProvider.System, CancellationToken.None)).ShouldBeTrue("more than the buffer holds");

            routes.Change(RouteChange.Add, [last]).ShouldBeEmpty();

            (await events.WaitAsync((route, _, _) => route.Address.Equals(last), Limit, TimeProvider.System, CancellationToken.None)).ShouldBeTrue();
        }
    }
}
