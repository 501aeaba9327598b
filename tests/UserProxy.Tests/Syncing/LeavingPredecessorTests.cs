using System.Net;
using System.Net.Sockets;
using UserProxy.FunctionalTests.Support;
using UserProxy.Model;
using UserProxy.Policy;
using UserProxy.Reading;
using UserProxy.Serving;

namespace UserProxy.Tests.Syncing;

/// <summary>Ports that a predecessor has at other addresses, and closes when this process serves.</summary>
public sealed class LeavingPredecessorTests
{
    private static readonly ListenAddress Wanted = new(ListenerKind.NodePort, IPAddress.Loopback, 30_001);

    private static readonly ServicePort Port = new()
    {
        Name = new ServicePortName("test", "web", "", TransportProtocol.Tcp),
        Family = AddressFamily.InterNetwork,
        Listeners = [Wanted],
        ClusterEndpoints = [new Endpoint(IPAddress.Parse("10.0.0.1"), 80)],
        HasEndpoints = true,
    };

    [Fact]
    public async Task PortIsItsOwnStill_IsNoProblem_AndIsBoundWhenItIsClosed()
    {
        var left = new TaskCompletionSource();
        using var run = new ProxierRun(shared: new SocketSharing { Left = left.Task });
        await WaitAsync(run);

        run.Transport.Taken.Clear();
        left.SetResult();
        await run.Proxier.FirstSync.WaitAsync(TestContext.Current.CancellationToken);

        run.Transport.Bound.Keys.ShouldBe([Wanted.EndPoint]);
        run.Problems.ShouldBeEmpty();
    }

    /// <summary>It was somebody else's.</summary>
    [Fact]
    public async Task PortIsTakenWhenItHasClosed_IsToldOnce()
    {
        var left = new TaskCompletionSource();
        using var run = new ProxierRun(shared: new SocketSharing { Left = left.Task });
        await WaitAsync(run);

        left.SetResult();
        await run.Proxier.FirstSync.WaitAsync(TestContext.Current.CancellationToken);

        run.Problems.ShouldHaveSingleItem().Message.ShouldStartWith($"cannot listen on {Wanted.EndPoint} (NodePort): the port is taken");
        Listener(run).State.ShouldBe(ListenerState.Failed);
    }

    private static async Task WaitAsync(ProxierRun run)
    {
        run.Transport.Taken.Add(Wanted.EndPoint);
        run.Put(new ServiceTable(1, [Port]));
        await Eventually.IsTrue(
            () => run.Proxier.View.Services().Any()
                && Listener(run) is { State: ListenerState.Refusing, Reason: { } reason } && reason.Contains("hands over", StringComparison.Ordinal),
            "it waits for the predecessor");
        run.Problems.ShouldBeEmpty();
        run.Proxier.FirstSync.IsCompleted.ShouldBeFalse();
    }

    private static ListenerReading Listener(ProxierRun run) => run.Proxier.View.Services().Single().Listeners.Single();
}
