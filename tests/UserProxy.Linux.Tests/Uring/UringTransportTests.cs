using System.Net;
using System.Net.Sockets;
using UserProxy.Linux.Loops;
using UserProxy.Linux.Tests.Loops;
using UserProxy.Linux.Uring;
using UserProxy.Tcp;

namespace UserProxy.Linux.Tests.Uring;

public sealed class UringTransportTests() : LoopTransportTests(Rings.CreateTransport)
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(10), Hang = TimeSpan.FromSeconds(90);

    /// <summary>What a kernel at fault would do to it: nothing hangs and nothing is silent.</summary>
    [Fact]
    public async Task RingBreaks_RelayIsReset_NextClientIsServed()
    {
        await using var listener = await Transport.BindAsync(new IPEndPoint(IPAddress.Loopback, 0));
        using var server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        server.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        server.Listen();
        using var client = await ConnectAsync(listener.EndPoint);
        var accepted = (LoopConnection)(await listener.AcceptAsync())!;
        using var backend = await RelayAsync(accepted, server);
        await EchoAsync(client, backend);

        foreach (var loop in Transport.Loops) loop.Schedule(loop => ((UringLoop)loop!).Ring.Break(), loop);

        (await EndOfAsync(client)).ShouldBe(SocketError.ConnectionReset);
        (await EndOfAsync(backend)).ShouldBe(SocketError.ConnectionReset);
        using var next = await ConnectAsync(listener.EndPoint);
        using var nextBackend = await RelayAsync((LoopConnection)(await listener.AcceptAsync())!, server);
        await EchoAsync(next, nextBackend);
    }

    /// <summary>On the client's loop, as a connection does.</summary>
    private async Task<Socket> RelayAsync(LoopConnection client, Socket server)
    {
        client.Loop.Schedule(
            async _ =>
            {
                var dial = await Transport.DialAsync((IPEndPoint)server.LocalEndPoint!, client, new DialOptions(Long)).ConfigureAwait(false);
                await Transport.CreateRelay(client, dial.Connection!, new RelayOptions(Long, Long)).RunAsync().ConfigureAwait(false);
            },
            null);
        return await server.AcceptAsync();
    }

    private static async Task<SocketError> EndOfAsync(Socket socket) =>
        (await Should.ThrowAsync<SocketException>(async () => await socket.ReceiveAsync(new byte[1]).WaitAsync(Hang))).SocketErrorCode;

    private static async Task EchoAsync(Socket client, Socket backend)
    {
        byte[] one = new byte[1];
        await client.SendAsync(new byte[] { 7 });
        (await backend.ReceiveAsync(one).WaitAsync(Hang)).ShouldBe(1);
        await backend.SendAsync(one);
        (await client.ReceiveAsync(one).WaitAsync(Hang)).ShouldBe(1);
        one[0].ShouldBe((byte)7);
    }
}
