using System.Diagnostics;
using System.Net.Sockets;
using UserProxy.FunctionalTests.Backends;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.FunctionalTests;

/// <summary>
/// The outage that this proxy answers: listen without accept leaves a full Recv-Q and CLOSE_WAIT sockets that nobody owns.
/// </summary>
[Collection(nameof(Alone))]
public sealed class AcceptQueueTests
{
    private const int Clients = 10_000, AtATime = 8;

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task TenThousandClients_ThatSendAndLeave_LeaveNothingBehind(TransportKind transport)
    {
        await using var backend = Backend.Run(async peer =>
        {
            await peer.ReceiveToEndAsync();
        });
        await using var proxy = await Proxy.StartAsync(transport, Service.OnFreePort().To(backend));
        int port = proxy.Address.Port;
        var request = new byte[251];

        // Threads of their own for the clients: what waits for the thread pool is the accept loop alone.
        using var pace = new ManualResetEventSlim();
        int started = 0;
        var clients = Enumerable.Range(0, AtATime).Select(_ => OnThread(() =>
        {
            // Nobody comes while more wait than come at a time: the queue is emptied all the time, as fast as this machine can, or there are no ten thousand.
            for (; Interlocked.Increment(ref started) <= Clients; pace.Wait(1))
            {
                var waiting = Stopwatch.StartNew();
                while (KernelTable.AcceptQueue(port) > AtATime)
                {
                    waiting.Elapsed.ShouldBeLessThan(Eventually.Patience, "nobody accepts");
                    pace.Wait(1);
                }

                using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                client.Connect(proxy.Address);
                client.Send(request);
            }
        })).ToList();
        await Task.WhenAll(clients);

        await Eventually.IsTrue(() => proxy.Status.ActiveConnections == 0 && proxy.Counters.Accepted == Clients, "all have been handled");
        await Eventually.IsTrue(
            () => KernelTable.Count(port, TcpSocketState.CloseWait) + KernelTable.Count(backend.EndPoint.Port, TcpSocketState.CloseWait) == 0,
            "no CLOSE_WAIT is left");
    }

    private static Task OnThread(Action action) =>
        Task.Factory.StartNew(action, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
}
