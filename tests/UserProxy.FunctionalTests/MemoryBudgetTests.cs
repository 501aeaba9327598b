using System.Net.Sockets;
using System.Security.Cryptography;
using UserProxy.FunctionalTests.Backends;
using UserProxy.FunctionalTests.Support;
using UserProxy.Serving;

namespace UserProxy.FunctionalTests;

/// <summary>
/// A proxy that has no memory to keep what a slow reader does not take: the bytes stay in the socket that they came to, and all of them arrive.
/// </summary>
public sealed class MemoryBudgetTests
{
    private const int PendingBytes = 16 * 1024 * 1024;

    /// <summary>Two connections, and half of it, one, is where nothing is kept any more.</summary>
    private const long TwoConnectionsOfSockets = 4 * 20 * 1024, TwoConnectionsOfLoops = 4 * 12 * 1024;

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task NothingMayBeKept_StalledBothWaysThenReadOn_AllArrivesAndNothingWasKept(TransportKind transport)
    {
        var payload = RandomBytes(PendingBytes);
        var mayRead = new TaskCompletionSource();
        var atBackend = new TaskCompletionSource<(long Count, byte[] Hash, StreamEnd End)>();
        await using var backend = Backend.Run(async peer => atBackend.SetResult(await ExchangeAsync(peer)));
        await using var proxy = await Proxy.StartAsync(transport, TwoConnections(transport), Service.OnFreePort().To(backend));
        using var client = await proxy.ConnectAsync();

        var exchange = ExchangeAsync(client);
        // More than the kernel of either side has room for at first, so each way has met a full socket.
        await Eventually.IsTrue(() => backend.Accepted == 1, "the backend is connected");
        await StandsStillAsync(proxy);
        long held = proxy.Memory.Held;
        mayRead.SetResult();

        var (count, hash, end) = await exchange;
        (count, end).ShouldBe((PendingBytes, StreamEnd.Fin));
        hash.ShouldBe(SHA256.HashData(payload));
        (count, hash, end) = await atBackend.Task;
        (count, end).ShouldBe((PendingBytes, StreamEnd.Fin));
        hash.ShouldBe(SHA256.HashData(payload));
        held.ShouldBe(proxy.Memory.KeepLimit, "the connection alone");
        await Eventually.IsTrue(() => proxy.Memory.Held == 0, "all has been given back");

        async Task<(long Count, byte[] Hash, StreamEnd End)> ExchangeAsync(Peer peer)
        {
            var sending = SendAllAsync(peer, payload);
            await mayRead.Task;
            var received = await peer.HashToEndAsync();
            await sending;
            return received;
        }
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task NothingMayBeKept_QuestionsOfManySizes_AreAnswered(TransportKind transport)
    {
        await using var echo = Backend.Echo();
        await using var proxy = await Proxy.StartAsync(transport, TwoConnections(transport), Service.OnFreePort().To(echo));
        using var client = await proxy.ConnectAsync();

        for (int size = 1; size < 512 * 1024; size = (size * 3) + 1)
        {
            var question = RandomBytes(size);
            var sending = client.SendAsync(question);
            (await client.ReceiveAsync(size)).ShouldBe(question);
            await sending;
        }
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task NothingMayBeKept_ResetBehindBytes_BothArriveInThisOrder(TransportKind transport)
    {
        await using var backend = Backend.Run(async peer =>
        {
            await peer.ReceiveAsync(1);
            await peer.SendAsync("last words");
            peer.Reset();
        });
        await using var proxy = await Proxy.StartAsync(transport, TwoConnections(transport), Service.OnFreePort().To(backend));
        using var client = await proxy.ConnectAsync();

        await client.SendAsync("?");

        (await client.ReceiveTextAsync("last words".Length)).ShouldBe("last words");
        (await client.ReceiveToEndAsync()).End.ShouldBe(StreamEnd.Reset);
        await proxy.EndsWith(EndReason.BackendReset);
        proxy.Memory.Held.ShouldBe(0);
    }

    /// <summary>What was kept goes back however the connection ends.</summary>
    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task KeptForASlowReader_WhoResets_IsGivenBack(TransportKind transport)
    {
        var payload = new byte[PendingBytes];
        await using var backend = Backend.Run(peer => SendUntilBrokenAsync(peer, payload));
        await using var proxy = await Proxy.StartAsync(transport, Service.OnFreePort().To(backend));
        using var client = await proxy.ConnectAsync();
        await client.ReceiveAsync(1);
        await Eventually.IsTrue(() => proxy.Memory.Held >= 16 * 1024, "something is kept");

        client.Reset();

        await Eventually.IsTrue(() => proxy.Memory.Held == 0, "all has been given back");
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task NoMemoryLeft_OneMoreClient_IsResetAndCountedAndServedWhenThereIsRoom(TransportKind transport)
    {
        await using var echo = Backend.Echo();
        await using var proxy = await Proxy.StartAsync(transport, TwoConnections(transport), Service.OnFreePort().To(echo));
        using var first = await proxy.ConnectAsync();
        using var second = await proxy.ConnectAsync();
        await first.AskAsync("1");
        await second.AskAsync("2");

        (await proxy.ConnectAndReadToEndAsync()).ShouldBe(StreamEnd.Reset);
        await proxy.EndsWith(EndReason.Limit);
        proxy.Counters.Accepted.ShouldBe(3);

        first.Dispose();
        // It is counted when its memory has been given back, and no sooner.
        await proxy.EndsWith(EndReason.ClientFin);
        using var fourth = await proxy.ConnectAsync();
        (await fourth.AskAsync("4")).ShouldBe("4");
        (await second.AskAsync("22")).ShouldBe("22");
    }

    private static long TwoConnections(TransportKind transport) => transport == TransportKind.Sockets ? TwoConnectionsOfSockets : TwoConnectionsOfLoops;

    private static byte[] RandomBytes(int count)
    {
        var bytes = new byte[count];
        new Random(count).NextBytes(bytes);
        return bytes;
    }

    private static async Task SendAllAsync(Peer peer, byte[] payload)
    {
        await peer.SendAsync(payload);
        peer.FinishSending();
    }

    private static async Task SendUntilBrokenAsync(Peer peer, byte[] payload)
    {
        try
        {
            while (true) await peer.SendAsync(payload);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The client has left.
        }
    }

    /// <summary>Both kernels are full: the proxy has moved something, and then nothing for a while.</summary>
    private static async Task StandsStillAsync(Proxy proxy)
    {
        long last = 0;
        long changedAt = Environment.TickCount64;
        await Eventually.IsTrue(
            () =>
            {
                if (proxy.Moved is var now && now != last) (last, changedAt) = (now, Environment.TickCount64);
                return last > 0 && Environment.TickCount64 - changedAt > 300;
            },
            "nothing moves");
    }
}
