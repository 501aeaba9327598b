using UserProxy.FunctionalTests.Backends;
using UserProxy.FunctionalTests.Support;
using UserProxy.Serving;

namespace UserProxy.FunctionalTests;

/// <summary>A backend host that vanishes without a word, in a namespace of its own.</summary>
public sealed class SilentBackendTests
{
    /// <summary>All transports at once, because the limit is half a minute.</summary>
    [Fact]
    public async Task HostVanishesWithDataUnacknowledged_IsGivenUp_WhileAStalledReaderIsNot()
    {
        await using var host = await NetNamespace.CreateAsync();
        await using var vanishing = Backend.RunOn(host.Listen(), Backend.EchoAsync);
        var mayRead = new TaskCompletionSource();
        await using var stalled = Backend.Run(_ => mayRead.Task);
        var pairs = new List<Pair>();
        foreach (var kind in Enum.GetValues<TransportKind>().Where(kind => Transports.WhyNot(kind) is null))
            pairs.Add(await Pair.StartAsync(kind, vanishing, stalled));

        // More than all buffers on the way hold: the stalled backend's window closes.
        var uploads = pairs.Select(pair => pair.Patient.SendAsync(new byte[32 * 1024 * 1024])).ToList();
        await host.FallSilentAsync();
        foreach (var pair in pairs) await pair.Client.SendAsync("gone?");
        var ends = await Task.WhenAll(pairs.Select(pair => EndAsync(pair.Silent, pair.Client)));

        ends.ShouldAllBe(end => end == StreamEnd.Reset);
        pairs.ShouldAllBe(pair => pair.Stalled.Status.ActiveConnections == 1);
        mayRead.SetResult();
        await Eventually.IsTrue(() => uploads.All(upload => upload.IsCompleted), "the uploads end, one way or the other");
        foreach (var pair in pairs) await pair.DisposeAsync();
    }

    private static async Task<StreamEnd> EndAsync(Proxy proxy, Peer client)
    {
        var took = await proxy.EndsWith(EndReason.BackendTimeout);
        took.ShouldBeGreaterThan(TimeSpan.FromSeconds(25));
        return (await client.ReceiveToEndAsync()).End;
    }

    /// <summary>Two proxies of one transport, each with a client that is connected.</summary>
    private sealed record Pair(Proxy Silent, Proxy Stalled, Peer Client, Peer Patient) : IAsyncDisposable
    {
        public static async Task<Pair> StartAsync(TransportKind kind, Backend vanishing, Backend stalled)
        {
            var silent = await Proxy.StartAsync(kind, Service.OnFreePort().To(vanishing));
            var other = await Proxy.StartAsync(kind, Service.OnFreePort().To(stalled));
            var pair = new Pair(silent, other, await silent.ConnectAsync(), await other.ConnectAsync());
            (await pair.Client.AskAsync("there?")).ShouldBe("there?", kind.ToString());
            return pair;
        }

        public async ValueTask DisposeAsync()
        {
            Client.Dispose();
            Patient.Dispose();
            await Silent.DisposeAsync();
            await Stalled.DisposeAsync();
        }
    }
}
