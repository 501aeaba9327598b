using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using UserProxy.FunctionalTests.Support;
using UserProxy.Linux.Kernel;
using UserProxy.Linux.Loops;
using UserProxy.Tcp;

namespace UserProxy.Linux.Tests.Loops;

/// <summary>Which packets a relay spares (docs/decisions/0024), and that no byte waits for one that does not come.</summary>
public abstract class LoopRelayTests(LoopTransport transport) : IAsyncDisposable
{
    /// <summary>Of struct tcp_info: tcpi_segs_in.</summary>
    private const int SegmentsInOffset = 140;

    private protected LoopTransport Transport => transport;

    public async ValueTask DisposeAsync()
    {
        await transport.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task ShortConnection_FirstBytesCarryTheAck_LastOnesTheFin()
    {
        uint backendGot = uint.MaxValue, clientGot = uint.MaxValue;
        // The least of ten: a busy machine may add an ACK by its timer, or split what goes together.
        for (int i = 0; i < 10; i++)
        {
            using var pair = await ConnectAsync("request");
            await pair.RunAsync();

            (await ReceiveAsync(pair.Backend, 7)).ShouldBe("request");
            backendGot = Math.Min(backendGot, SegmentsIn(pair.Backend));
            SendWithFin(pair.Backend, "reply");
            (await ReceiveAsync(pair.Client, 5)).ShouldBe("reply");
            (await pair.Client.ReceiveAsync(new byte[1])).ShouldBe(0);
            clientGot = Math.Min(clientGot, SegmentsIn(pair.Client));
        }

        backendGot.ShouldBe(2u, "the SYN, and the request with the ACK");
        clientGot.ShouldBe(3u, "the SYN-ACK, the ACK of the request, and the reply with the FIN");
    }

    /// <summary>
    /// The client's last bytes wait for its FIN, and in the same turn of the loop it turns out that nothing can be written to it: the backend gets RST, and no
    /// FIN.
    /// </summary>
    [Fact]
    public async Task ClientBreaksWhileItsLastBytesWaitForTheFin_TheyAreSentAtOnce()
    {
        // The kernel's timer would send them after 200 ms, each time. A busy machine needs more tries.
        var took = TimeSpan.MaxValue;
        for (int i = 0; i < 100 && took > TimeSpan.FromMilliseconds(150); i++)
        {
            using var pair = await ConnectAsync("");
            var relay = await pair.RunAsync();
            FillUp(pair, relay);
            using var held = HoldLoop(pair.Accepted.Loop);
            SendWithFin(pair.Client, "last");
            // What the relay holds for the client can no longer be written.
            using (var inside = new Socket(new SafeSocketHandle(pair.Accepted.Descriptor, ownsHandle: false))) inside.Shutdown(SocketShutdown.Send);

            var watch = Stopwatch.StartNew();
            held.Set();

            (await ReceiveAsync(pair.Backend, 4)).ShouldBe("last");
            took = watch.Elapsed;
        }

        took.ShouldBeLessThan(TimeSpan.FromMilliseconds(150));
    }

    /// <summary>Probes of connections that were opened together, and come together, are lost together.</summary>
    [Fact]
    public async Task RelaysThatLast_AreProbedAtDifferentTimes()
    {
        using var one = await ConnectAsync("");
        using var other = await ConnectAsync("");
        await one.RunAsync();
        await other.RunAsync();

        int[] sockets = [one.Accepted.Descriptor, one.Dialled.Descriptor, other.Accepted.Descriptor, other.Dialled.Descriptor];
        foreach (int socket in sockets) await Eventually.IsTrue(() => KeepAliveTimeOf(socket) == 60 - (socket % 30), "the first sweep sets it");
        sockets.Select(KeepAliveTimeOf).Distinct().Count().ShouldBeGreaterThan(2);
    }

    private static int KeepAliveTimeOf(int descriptor)
    {
        using var socket = new Socket(new SafeSocketHandle(descriptor, ownsHandle: false));
        return (int)socket.GetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime)!;
    }

    private protected async Task<Pair> ConnectAsync(string first)
    {
        await using var listener = await transport.BindAsync(new IPEndPoint(IPAddress.Loopback, 0));
        var server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        server.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        server.Listen();
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };
        await client.ConnectAsync(listener.EndPoint);
        if (first.Length > 0) await client.SendAsync(Encoding.ASCII.GetBytes(first));
        var accepted = (LoopConnection)(await listener.AcceptAsync())!;
        return new Pair(transport, client, accepted, server);
    }

    /// <summary>Until the relay holds bytes that the client does not take.</summary>
    private static void FillUp(Pair pair, Relay relay)
    {
        byte[] block = new byte[64 * 1024];
        pair.Backend.Blocking = false;
        long moved;
        do
        {
            moved = relay.BytesOut;
            while (true)
            {
                pair.Backend.Send(block, 0, block.Length, SocketFlags.None, out var error);
                if (error == SocketError.WouldBlock) break;
            }
        }
        while (pair.Backend.Poll(TimeSpan.FromMilliseconds(200), SelectMode.SelectWrite) || relay.BytesOut != moved);
        pair.Backend.Blocking = true;
    }

    /// <summary>The loop stands still until the event is set: what comes meanwhile, it then finds all at once.</summary>
    private protected static ManualResetEventSlim HoldLoop(EventLoop loop)
    {
        var release = new ManualResetEventSlim();
        using var held = new ManualResetEventSlim();
        loop.Schedule(
            _ =>
            {
                held.Set();
                release.Wait();
            },
            null);
        held.Wait();
        return release;
    }

    private protected static async Task<string> ReceiveAsync(Socket from, int length)
    {
        byte[] buffer = new byte[length];
        int received = 0;
        while (received < length)
        {
            int more = await from.ReceiveAsync(buffer.AsMemory(received));
            if (more == 0) break;
            received += more;
        }

        return Encoding.ASCII.GetString(buffer, 0, received);
    }

    /// <summary>As one packet.</summary>
    private static unsafe void SendWithFin(Socket from, string text)
    {
        byte[] bytes = Encoding.ASCII.GetBytes(text);
        fixed (byte* pointer = bytes) Libc.Send((int)from.Handle, pointer, bytes.Length, moreFollows: true).ShouldBe(bytes.Length);
        from.Shutdown(SocketShutdown.Send);
    }

    private protected static unsafe bool IsClosed(int descriptor)
    {
        TcpInfo info = default;
        Libc.GetTcpInfo(descriptor, &info).ShouldBeGreaterThanOrEqualTo(0);
        return info.State == TcpInfo.Closed;
    }

    private static unsafe uint SegmentsIn(Socket socket)
    {
        TcpInfo info = default;
        Libc.GetTcpInfo((int)socket.Handle, &info).ShouldBeGreaterThanOrEqualTo(0);
        return *(uint*)((byte*)&info + SegmentsInOffset);
    }

    /// <summary>A client, a backend, and the relay between them.</summary>
    private protected sealed class Pair(LoopTransport transport, Socket client, LoopConnection accepted, Socket server) : IDisposable
    {
        private Socket? _backend;
        private LoopConnection? _dialled;

        public Socket Client => client;

        public LoopConnection Accepted => accepted;

        public Socket Backend => _backend ?? throw new InvalidOperationException("not run");

        public LoopConnection Dialled => _dialled ?? throw new InvalidOperationException("not run");

        /// <summary>Dials and relays, on the loop, as a connection does.</summary>
        public async Task<Relay> RunAsync()
        {
            var running = new TaskCompletionSource<Relay>(TaskCreationOptions.RunContinuationsAsynchronously);
            accepted.Loop.Schedule(
                async _ =>
                {
                    var dialled = await transport.DialAsync((IPEndPoint)server.LocalEndPoint!, accepted, new(Eventually.Patience)).ConfigureAwait(false);
                    _dialled = (LoopConnection)dialled.Connection!;
                    var relay = transport.CreateRelay(accepted, _dialled, new RelayOptions(TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(10)));
                    var end = relay.RunAsync();
                    running.SetResult(relay);
                    await end.ConfigureAwait(false);
                },
                null);
            _backend = await server.AcceptAsync();
            return await running.Task;
        }

        public void Dispose()
        {
            client.Dispose();
            _backend?.Dispose();
            server.Dispose();
        }
    }
}
