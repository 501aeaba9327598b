using System.Security.Cryptography;
using UserProxy.FunctionalTests.Backends;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.FunctionalTests;

/// <summary>A peer that does not read stalls its sender, not the memory of the proxy.</summary>
[Collection(nameof(Alone))]
public sealed class BackPressureTests
{
    private const int PendingBytes = 64 * 1024 * 1024;

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task SlowReader_SixtyFourMegabytesPending_SenderBlocksThenAllArrives(TransportKind transport)
    {
        var payload = new byte[PendingBytes];
        new Random(3).NextBytes(payload);
        var mayRead = new TaskCompletionSource();
        var atBackend = new TaskCompletionSource<(long Count, byte[] Hash, StreamEnd End)>();
        await using var backend = Backend.Run(async peer =>
        {
            await mayRead.Task;
            atBackend.SetResult(await peer.HashToEndAsync());
        });
        await using var proxy = await Proxy.StartAsync(transport, Service.OnFreePort().To(backend));
        using var client = await proxy.ConnectAsync();

        long sent = 0;
        var sending = Task.Run(async () =>
        {
            for (int at = 0; at < PendingBytes; at += 256 * 1024)
            {
                await client.SendAsync(payload.AsMemory(at, 256 * 1024));
                Interlocked.Add(ref sent, 256 * 1024);
            }

            client.FinishSending();
        });
        await StallsAsync(() => Interlocked.Read(ref sent));
        Interlocked.Read(ref sent).ShouldBeLessThan(PendingBytes);
        mayRead.SetResult();

        await sending;
        var (count, hash, end) = await atBackend.Task;
        (count, end).ShouldBe((PendingBytes, StreamEnd.Fin));
        hash.ShouldBe(SHA256.HashData(payload));
    }

    /// <summary>Returns when <paramref name="sent"/> has grown, and then not for half a second.</summary>
    private static async Task StallsAsync(Func<long> sent)
    {
        long last = 0;
        long changedAt = Environment.TickCount64;
        await Eventually.IsTrue(
            () =>
            {
                if (sent() is var now && now != last) (last, changedAt) = (now, Environment.TickCount64);
                return last > 0 && Environment.TickCount64 - changedAt > 500;
            },
            "the senders stall");
    }
}
