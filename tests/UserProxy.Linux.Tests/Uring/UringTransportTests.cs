using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using UserProxy.Linux.Loops;
using UserProxy.Linux.Tests.Loops;
using UserProxy.Linux.Uring;
using UserProxy.Policy;
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

    /// <summary>Each end of a relay is told of it while the other has not been yet; the next ones must not take over anything of theirs.</summary>
    [Theory]
    [InlineData(3)]
    [InlineData(100)]
    public async Task RingBreaks_ManyRelaysAndADial_AllAreReset_NoneMeetsAnother(int relays)
    {
        await using var listener = await Transport.BindAsync(new IPEndPoint(IPAddress.Loopback, 0));
        using var server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        server.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        server.Listen(200);
        var old = await RelayManyAsync(listener, server, relays);
        // Its queue is full: a dial to it goes on.
        using var full = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        full.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        full.Listen(0);
        using var inQueue = await ConnectAsync(full.LocalEndPoint!);
        using var dialling = await ConnectAsync(listener.EndPoint);
        var client = (LoopConnection)(await listener.AcceptAsync())!;
        var dial = new TaskCompletionSource<DialResult>();
        client.Loop.Schedule(
            async _ => dial.SetResult(await Transport.DialAsync((IPEndPoint)full.LocalEndPoint!, client, new DialOptions(Long)).ConfigureAwait(false)), null);

        foreach (var loop in Transport.Loops) loop.Schedule(loop => ((UringLoop)loop!).Ring.Break(), loop);

        foreach (var (one, other) in old)
        {
            (await EndOfAsync(one)).ShouldBe(SocketError.ConnectionReset);
            (await EndOfAsync(other)).ShouldBe(SocketError.ConnectionReset);
        }

        (await dial.Task.WaitAsync(Hang)).Outcome.ShouldBe(ConnectOutcome.ClientLeft);
        var next = await RelayManyAsync(listener, server, 200);
        // All at once, so that whose bytes come is not a matter of turns.
        for (int i = 0; i < next.Count; i++) await next[i].Client.SendAsync(BitConverter.GetBytes(i));
        for (int i = 0; i < next.Count; i++)
        {
            byte[] number = new byte[4];
            (await next[i].Backend.ReceiveAsync(number).WaitAsync(Hang)).ShouldBe(4);
            BitConverter.ToInt32(number).ShouldBe(i);
        }

        foreach (var (one, other) in old.Concat(next))
        {
            one.Dispose();
            other.Dispose();
        }
    }

    /// <summary>
    /// Its entry waits in the ring with the number of its socket. Closed at once, the number would be the next socket's, and the entry would dial from that.
    /// </summary>
    [Fact]
    public async Task DialAsync_OverInTheTurnInWhichItBegan_DialsFromNoOtherSocket()
    {
        await using var listener = await Transport.BindAsync(new IPEndPoint(IPAddress.Loopback, 0));
        using var endpoint = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        endpoint.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        endpoint.Listen(200);
        using var server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        server.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        server.Listen(200);
        using var client = await ConnectAsync(listener.EndPoint);
        var accepted = (LoopConnection)(await listener.AcceptAsync())!;
        for (int i = 0; i < 50; i++)
        {
            Socket? next = null;

            var dial = await DialAsync(accepted, (IPEndPoint)endpoint.LocalEndPoint!, new DialOptions(Long), () =>
            {
                ((ITimed)accepted.Owner!).OnTick(long.MaxValue);
                next = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            });

            dial.Outcome.ShouldBe(ConnectOutcome.TimedOut);
            using var own = next!;
            await own.ConnectAsync(server.LocalEndPoint!).WaitAsync(Hang);
            own.RemoteEndPoint.ShouldBe(server.LocalEndPoint);
        }
    }

    private async Task<List<(Socket Client, Socket Backend)>> RelayManyAsync(IConnectionListener listener, Socket server, int count)
    {
        var relays = new List<(Socket, Socket)>();
        for (int i = 0; i < count; i++)
        {
            var client = await ConnectAsync(listener.EndPoint);
            relays.Add((client, await RelayAsync((LoopConnection)(await listener.AcceptAsync())!, server)));
        }

        return relays;
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
