using System.Net;
using System.Net.Sockets;
using UserProxy.FunctionalTests.Support;
using UserProxy.Model;

namespace UserProxy.Tests.Syncing;

/// <summary>While a successor takes over nothing changes; and then it does, or nobody came.</summary>
public sealed class ListenerHandOverTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task HoldStillAsync_TablesWait_UntilItIsUndone()
    {
        using var run = new ProxierRun();
        run.Apply(Port(1));
        var handOver = await run.Proxier.HoldStillAsync(Cancellation);

        run.Put(new ServiceTable(2, [Port(1), Port(2)]));
        await Eventually.IsTrue(() => run.Proxier.View.Sync.PendingSince is not null, "the table is known");
        run.Transport.Bound.Count.ShouldBe(1);

        handOver.Undo();
        await Eventually.IsTrue(() => run.Transport.Bound.Count == 2, "the table is applied");
    }

    [Fact]
    public async Task CompleteAsync_ClosesWhatConnectionsCameBy_AndNothingIsBoundAnyMore()
    {
        using var run = new ProxierRun();
        run.Apply(Port(1), Port(1, TransportProtocol.Udp));
        var handOver = await run.Proxier.HoldStillAsync(Cancellation);

        await handOver.PauseAsync();
        await handOver.CompleteAsync();
        run.Put(new ServiceTable(2, [Port(1), Port(2)]));

        run.Transport.Bound.ShouldBeEmpty();
        run.Datagrams.Bound.Count.ShouldBe(1, "answers may be on their way");
    }

    /// <summary>What hung ends when nobody waits for it any more: nobody would have UDP read again.</summary>
    [Fact]
    public async Task PauseAsync_UndoneWhileALoopHangs_LeavesTheRestAlone()
    {
        using var run = new ProxierRun();
        run.Apply(Port(1), Port(1, TransportProtocol.Udp));
        var hung = new TaskCompletionSource();
        run.Transport.Bound.Values.Single().Pause = hung.Task;
        var handOver = await run.Proxier.HoldStillAsync(Cancellation);

        var pausing = handOver.PauseAsync();
        handOver.Undo();
        hung.SetResult();
        await pausing;

        run.Datagrams.Bound.Values.Single().Pauses.ShouldBe(0);
    }

    private static ServicePort Port(int number, TransportProtocol protocol = TransportProtocol.Tcp) =>
        new()
        {
            Name = new ServicePortName("test", $"service-{number}", "", protocol),
            Family = AddressFamily.InterNetwork,
            Listeners = [new ListenAddress(ListenerKind.NodePort, IPAddress.Any, 30_000 + number)],
            ClusterEndpoints = [new Endpoint(IPAddress.Parse("10.0.0.1"), 80)],
            HasEndpoints = true,
        };
}
