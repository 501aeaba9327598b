using System.ComponentModel;
using System.Net;
using System.Runtime.InteropServices;
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
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "network namespaces need root");
        var (routes, events) = InANewNamespace(() => (RouteSocket.Open(), RouteEvents.Open()));
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

    /// <summary>Sockets belong to the namespace of the thread that makes them, and to that thread the namespace: it is thrown away.</summary>
    private static T InANewNamespace<T>(Func<T> work)
    {
        const int CloneNewNet = 0x40000000;
        T? result = default;
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                if (Unshare(CloneNewNet) != 0) throw new Win32Exception(Marshal.GetLastPInvokeError());
                result = work();
            }
            catch (Exception e)
            {
                failure = e;
            }
        });
        thread.Start();
        thread.Join();
        return failure is null ? result! : throw new InvalidOperationException($"no namespace: {failure.Message}", failure);
    }

    [DllImport("libc", EntryPoint = "unshare", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Unshare(int flags);
}
