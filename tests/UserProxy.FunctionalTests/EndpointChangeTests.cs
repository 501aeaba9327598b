using UserProxy.FunctionalTests.Backends;
using UserProxy.FunctionalTests.Support;
using UserProxy.Model;
using UserProxy.Serving;

namespace UserProxy.FunctionalTests;

/// <summary>A swap of endpoints: new connections see the new set, established ones what their drain policy says.</summary>
[Collection(nameof(Alone))]
public sealed class EndpointChangeTests
{
    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task EndpointsComeAndGo_UnderLoad_NoConnectionFails(TransportKind transport)
    {
        await using var a = Backend.Echo();
        await using var b = Backend.Echo();
        await using var c = Backend.Echo();
        var service = Service.OnFreePort();
        await using var proxy = await Proxy.StartAsync(transport, service.To(a));
        using var stop = new CancellationTokenSource();
        int asked = 0;
        var load = Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                using var client = await proxy.ConnectAsync();
                (await client.AskAsync("ping")).ShouldBe("ping");
                Interlocked.Increment(ref asked);
            }
        })).ToList();

        Backend[][] sets = [[a, b], [b], [b, c], [c, a, b], [c], [a]];
        for (int i = 0; i < 60; i++)
        {
            int before = Volatile.Read(ref asked);
            await proxy.UpdateAsync(service.To(sets[i % sets.Length]));
            await Eventually.IsTrue(() => Volatile.Read(ref asked) > before + 10, "clients are served by this set");
        }

        await stop.CancelAsync();
        await Task.WhenAll(load);
        b.Accepted.ShouldBeGreaterThan(0);
        c.Accepted.ShouldBeGreaterThan(0);
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task NewConnections_AfterTheSwap_NeverSeeTheRemovedEndpoint(TransportKind transport)
    {
        await using var a = Backend.Named("a");
        await using var b = Backend.Named("b");
        var service = Service.OnFreePort();
        await using var proxy = await Proxy.StartAsync(transport, service.To(a, b));

        await proxy.UpdateAsync(service.To(b));

        for (int i = 0; i < 50; i++)
        {
            using var client = await proxy.ConnectAsync();
            (await client.ReceiveTextAsync(1)).ShouldBe("b");
        }
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task DrainNone_EndpointRemoved_EstablishedConnectionGoesOn(TransportKind transport)
    {
        await using var old = Backend.Echo();
        await using var next = Backend.Echo();
        var service = Service.OnFreePort();
        await using var proxy = await Proxy.StartAsync(transport, service.To(old));
        using var client = await proxy.ConnectAsync();
        await client.AskAsync("before");

        await proxy.UpdateAsync(service.To(next));

        for (int i = 0; i < 10; i++) (await client.AskAsync("after")).ShouldBe("after");
        next.Accepted.ShouldBe(0);
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task DrainImmediate_EndpointRemoved_ItsConnectionsAreResetAndOthersAreNot(TransportKind transport)
    {
        await using var old = Backend.Echo();
        await using var kept = Backend.Echo();
        var service = Service.OnFreePort().With(new ServiceSettings { Drain = DrainPolicy.Immediate });
        await using var proxy = await Proxy.StartAsync(transport, service.To(old));
        using var removed = await proxy.ConnectAsync();
        await removed.AskAsync("before");
        await proxy.UpdateAsync(service.To(old, kept));
        using var staying = await ConnectToAsync(proxy, kept);

        await proxy.UpdateAsync(service.To(kept));

        (await removed.ReceiveToEndAsync()).End.ShouldBe(StreamEnd.Reset);
        (await staying.AskAsync("still here")).ShouldBe("still here");
        await proxy.EndsWith(EndReason.Drained);
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task DrainImmediate_DuringTheDial_ResetsTheClientAtOnce(TransportKind transport)
    {
        await using var silent = await Blackhole.StartAsync();
        await using var next = Backend.Echo();
        var settings = new ServiceSettings { Drain = DrainPolicy.Immediate, ConnectTimeout = TimeSpan.FromMinutes(10), ConnectAttempts = 1 };
        var service = Service.OnFreePort().With(settings);
        await using var proxy = await Proxy.StartAsync(transport, service.To(silent));
        using var client = await proxy.ConnectAsync();
        await Eventually.IsTrue(() => proxy.Status.ReadEndpoints().Single().ActiveConnections == 1, "the dial is under way");

        await proxy.UpdateAsync(service.To(next));

        (await client.ReceiveToEndAsync()).End.ShouldBe(StreamEnd.Reset);
        (await TryAskAsync(proxy)).ShouldBe("next");
        await proxy.EndsWith(EndReason.Drained);
    }

    private static async Task<string> TryAskAsync(Proxy proxy)
    {
        using var client = await proxy.ConnectAsync();
        return await client.AskAsync("next");
    }

    /// <summary>Connects until <paramref name="wanted"/> has got one; the others are closed.</summary>
    private static async Task<Peer> ConnectToAsync(Proxy proxy, Backend wanted)
    {
        for (int i = 0; i < 10; i++)
        {
            int before = wanted.Accepted;
            var client = await proxy.ConnectAsync();
            await client.AskAsync("who");
            if (wanted.Accepted > before) return client;
            client.Dispose();
        }

        throw new InvalidOperationException("round robin never came round");
    }
}
