using UserProxy.Linux.Tests.Loops;

namespace UserProxy.Linux.Tests.Uring;

public sealed class TinyRingTransportTests() : LoopTransportTests(Rings.CreateTinyTransport);

/// <summary>One entry and eight completions: nearly everything waits in the kernel for a place.</summary>
public sealed class TinyRingTests() : LoopRelayTests(Rings.CreateTinyTransport(1))
{
    private static readonly TimeSpan Hang = TimeSpan.FromSeconds(90);

    [Fact]
    public async Task MoreCompletionsThanFit_AllAreServed()
    {
        var pairs = new List<Pair>();
        for (int i = 0; i < 100; i++)
        {
            pairs.Add(await ConnectAsync(""));
            await pairs[i].RunAsync();
        }

        for (int turn = 0; turn < 3; turn++)
        {
            using var release = HoldLoop(pairs[0].Accepted.Loop);
            foreach (var pair in pairs)
            {
                await pair.Client.SendAsync("request"u8.ToArray());
                await pair.Backend.SendAsync("reply"u8.ToArray());
            }

            release.Set();
            foreach (var pair in pairs)
            {
                (await ReceiveAsync(pair.Backend, 7).WaitAsync(Hang)).ShouldBe("request");
                (await ReceiveAsync(pair.Client, 5).WaitAsync(Hang)).ShouldBe("reply");
            }
        }

        foreach (var pair in pairs) pair.Dispose();
    }
}
