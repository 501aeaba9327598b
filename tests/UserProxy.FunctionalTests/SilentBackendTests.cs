using UserProxy.FunctionalTests.Backends;
using UserProxy.FunctionalTests.Support;
using UserProxy.Serving;

namespace UserProxy.FunctionalTests;

/// <summary>A backend host that vanishes without a word, in a namespace of its own.</summary>
public sealed class SilentBackendTests
{
    /// <summary>Both transports at once, because the limit is half a minute.</summary>
    [Fact]
    public async Task HostVanishesWithDataUnacknowledged_IsGivenUp_WhileAStalledReaderIsNot()
    {
        await using var host = await NetNamespace.CreateAsync();
        await using var vanishing = Backend.RunOn(host.Listen(), Backend.EchoAsync);
        var mayRead = new TaskCompletionSource();
        await using var stalled = Backend.Run(_ => mayRead.Task);
        await using var sockets = await Proxy.StartAsync(TransportKind.Sockets, Service.OnFreePort().To(vanishing));
        await using var epoll = await Proxy.StartAsync(TransportKind.Epoll, Service.OnFreePort().To(vanishing));
        await using var socketsStalled = await Proxy.StartAsync(TransportKind.Sockets, Service.OnFreePort().To(stalled));
        await using var epollStalled = await Proxy.StartAsync(TransportKind.Epoll, Service.OnFreePort().To(stalled));
        using var client1 = await sockets.ConnectAsync();
        using var client2 = await epoll.ConnectAsync();
        using var patient1 = await socketsStalled.ConnectAsync();
        using var patient2 = await epollStalled.ConnectAsync();
        (await client1.AskAsync("there?")).ShouldBe("there?");
        (await client2.AskAsync("there?")).ShouldBe("there?");
        // More than all buffers on the way hold: the stalled backend's window closes.
        var uploads = new[] { patient1.SendAsync(new byte[32 * 1024 * 1024]), patient2.SendAsync(new byte[32 * 1024 * 1024]) };

        await host.FallSilentAsync();
        await client1.SendAsync("gone?");
        await client2.SendAsync("gone?");
        var ends = await Task.WhenAll(EndAsync(sockets, client1), EndAsync(epoll, client2));

        ends.ShouldBe([StreamEnd.Reset, StreamEnd.Reset]);
        socketsStalled.Status.ActiveConnections.ShouldBe(1);
        epollStalled.Status.ActiveConnections.ShouldBe(1);
        mayRead.SetResult();
        await Eventually.IsTrue(() => uploads.All(upload => upload.IsCompleted), "the uploads end, one way or the other");
    }

    private static async Task<StreamEnd> EndAsync(Proxy proxy, Peer client)
    {
        var took = await proxy.EndsWith(EndReason.BackendTimeout);
        took.ShouldBeGreaterThan(TimeSpan.FromSeconds(25));
        return (await client.ReceiveToEndAsync()).End;
    }
}
