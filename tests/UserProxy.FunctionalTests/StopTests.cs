using System.Net.Sockets;
using UserProxy.FunctionalTests.Backends;
using UserProxy.FunctionalTests.Support;
using UserProxy.Serving;
using UserProxy.Syncing;

namespace UserProxy.FunctionalTests;

/// <summary>The stop: nobody new, nobody lost who was queued, the running ones get their time.</summary>
[Collection(nameof(Alone))]
public sealed class StopTests
{
    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task Stop_HundredRunning_SomeFinishAndTheRestIsReset(TransportKind transport)
    {
        await using var echo = Backend.Echo();
        var options = new ProxyOptions { AllowLoopbackEndpoints = true, DrainTimeout = TimeSpan.FromSeconds(4) };
        await using var proxy = await Proxy.StartAsync(transport, options, Service.OnFreePort().To(echo));
        var clients = new List<Peer>();
        for (int i = 0; i < 100; i++)
        {
            var client = await proxy.ConnectAsync();
            await client.AskAsync("up");
            clients.Add(client);
        }

        var counters = proxy.Counters;
        var stopping = proxy.StopAsync();
        await Eventually.IsTrue(() => KernelTable.Count(proxy.Address.Port, TcpSocketState.Listen) == 0, "the port is closed");
        await Should.ThrowAsync<SocketException>(() => proxy.ConnectAsync());
        foreach (var client in clients[..40])
        {
            (await client.AskAsync("still served")).ShouldBe("still served");
            client.FinishSending();
            (await client.ReceiveToEndAsync()).End.ShouldBe(StreamEnd.Fin);
        }

        (await stopping).ShouldBe(new DrainReport(Finished: 40, Reset: 60));
        // When the stop returns the process may end at once, which would turn what is not yet reset into FIN.
        (counters.Closed(EndReason.ClientFin), counters.Closed(EndReason.Drained)).ShouldBe((40, 60));
        foreach (var client in clients[40..]) (await client.ReceiveToEndAsync()).End.ShouldBe(StreamEnd.Reset);
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task Stop_ClientsThatWereQueued_AreServed(TransportKind transport)
    {
        const int clients = 300;
        await using var echo = Backend.Echo();
        var options = new ProxyOptions { AllowLoopbackEndpoints = true, DrainTimeout = TimeSpan.FromSeconds(20) };
        for (int round = 0; round < 5; round++)
        {
            await using var proxy = await Proxy.StartAsync(transport, options, Service.OnFreePort().To(echo));
            // Connected without a gap, so that the accept loop is behind when the stop comes.
            var sockets = Enumerable.Range(0, clients).Select(_ => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)).ToList();
            foreach (var socket in sockets) socket.Connect(proxy.Address);
            var stopping = proxy.StopAsync();

            foreach (var socket in sockets)
            {
                using var client = new Peer(socket);
                (await client.AskAsync("queued")).ShouldBe("queued");
                client.FinishSending();
                (await client.ReceiveToEndAsync()).End.ShouldBe(StreamEnd.Fin);
            }

            (await stopping).Reset.ShouldBe(0);
        }
    }
}
