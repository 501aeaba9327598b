using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using UserProxy.Linux.Loops;
using UserProxy.Linux.Tests.Loops;
using UserProxy.Linux.Uring;
using UserProxy.Tcp;

namespace UserProxy.Linux.Tests.Uring;

/// <summary>A ring with so few buffers that a client or two which do not read hold them all.</summary>
public sealed class FewBuffersTests() : LoopRelayTests(Rings.Create(Create))
{
    private static LoopTransport Create() => LoopTransport.Start(
        "uring", 1, maxPipes: 8, long.MaxValue, (_, pipes, memory) => new UringLoop("uring-0", pipes, memory, NullLogger.Instance, buffers: 8));

    [Fact]
    public async Task NoBufferIsFree_OthersAreServedWithoutTheRing()
    {
        using var first = await ConnectAsync("");
        using var second = await ConnectAsync("");
        Trickle(first, await first.RunAsync());
        Trickle(second, await second.RunAsync());

        using var other = await ConnectAsync("request");
        await other.RunAsync();

        (await ReceiveAsync(other.Backend, 7).WaitAsync(TimeSpan.FromSeconds(90))).ShouldBe("request");
        await other.Backend.SendAsync(Encoding.ASCII.GetBytes("reply"));
        (await ReceiveAsync(other.Client, 5).WaitAsync(TimeSpan.FromSeconds(90))).ShouldBe("reply");
    }

    /// <summary>
    /// Small messages, each relayed before the next, until the client's side takes no more; then those that are held. Bulk would leave the ring.
    /// </summary>
    private static void Trickle(Pair pair, Relay relay)
    {
        byte[] small = new byte[5000];
        long sent = 0;
        do sent += pair.Backend.Send(small);
        while (SpinWait.SpinUntil(() => relay.BytesOut == sent, TimeSpan.FromSeconds(1)));
        for (int i = 0; i < 20; i++)
        {
            pair.Backend.Send(small);
            Thread.Sleep(2);
        }
    }
}
