using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using UserProxy.Linux.Loops;
using UserProxy.Linux.Tests.Loops;
using UserProxy.Linux.Uring;

namespace UserProxy.Linux.Tests.Uring;

/// <summary>A ring whose clients do not read, with little memory for them.</summary>
public sealed class ShortMemoryTests() : LoopRelayTests(Rings.Create(Create))
{
    /// <summary>Of which a quarter may be kept.</summary>
    private const long Memory = 16 << 20;

    /// <summary>What the kernel may fill when the budget is full.</summary>
    private const long Provided = 64 * BufferPool.BufferLength;

    private static LoopTransport Create() => LoopTransport.Start(
        "uring", 1, maxPipes: 8, Memory, (_, pipes, memory) => new UringLoop("uring-0", pipes, memory, NullLogger.Instance));

    [Fact]
    public async Task NobodyReads_NoMoreIsKeptThanTheBudgetAllows()
    {
        var pairs = new List<Pair>();
        byte[] piece = new byte[12_000];
        for (int i = 0; i < 150; i++)
        {
            var pair = await ConnectAsync("");
            await pair.RunAsync();
            // So that the kernel keeps little, and the relay is asked to.
            using var inside = new Socket(new SafeSocketHandle(pair.Accepted.Descriptor, ownsHandle: false));
            inside.SendBufferSize = 4096;
            pair.Backend.SendBufferSize = 4096;
            pair.Backend.Blocking = false;
            pairs.Add(pair);
        }

        // Piece by piece to all of them: one that comes in bulk would leave the ring.
        for (int turn = 0; turn < 40; turn++)
        {
            foreach (var pair in pairs) pair.Backend.Send(piece, 0, piece.Length, SocketFlags.None, out _);
            // The loop has taken this round before the next one comes.
            for (int i = 0; i < 2; i++) await TurnAsync(pairs[0].Accepted.Loop);
            Transport.Memory.Held.ShouldBeLessThanOrEqualTo(Transport.Memory.KeepLimit + Provided);
        }

        Transport.Memory.Held.ShouldBeGreaterThanOrEqualTo(Transport.Memory.KeepLimit / 2, "or it was no test");
        using var other = await ConnectAsync("request");
        await other.RunAsync();
        (await ReceiveAsync(other.Backend, 7).WaitAsync(TimeSpan.FromSeconds(90))).ShouldBe("request");
        foreach (var pair in pairs) pair.Dispose();
    }
    private static Task TurnAsync(EventLoop loop)
    {
        var turned = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        loop.Schedule(static turned => ((TaskCompletionSource)turned!).SetResult(), turned);
        return turned.Task;
    }
}
