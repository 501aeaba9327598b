using UserProxy.FunctionalTests.Backends;
using UserProxy.FunctionalTests.Support;
using UserProxy.Serving;

namespace UserProxy.FunctionalTests;

/// <summary>A FIN ends one direction only (RFC 9293, 3.6).</summary>
public sealed class HalfCloseTests
{
    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task ClientFin_ThenLongReply_ArrivesWhole(TransportKind transport)
    {
        var reply = new byte[300_000];
        Random.Shared.NextBytes(reply);
        await using var backend = Backend.Run(async peer =>
        {
            await peer.ReceiveToEndAsync();
            await peer.SendAsync(reply);
        });
        await using var proxy = await Proxy.StartAsync(transport, Service.OnFreePort().To(backend));
        using var client = await proxy.ConnectAsync();

        await client.SendAsync("request");
        client.FinishSending();
        var received = await client.ReceiveToEndAsync();

        received.End.ShouldBe(StreamEnd.Fin);
        received.Bytes.AsSpan().SequenceEqual(reply).ShouldBeTrue();
        await proxy.EndsWith(EndReason.ClientFin);
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task BackendFin_ThenLongUpload_ArrivesWhole(TransportKind transport)
    {
        var upload = new byte[100_000];
        Random.Shared.NextBytes(upload);
        var atBackend = new TaskCompletionSource<Received>();
        await using var backend = Backend.Run(async peer =>
        {
            await peer.SendAsync("bye");
            peer.FinishSending();
            atBackend.SetResult(await peer.ReceiveToEndAsync());
        });
        await using var proxy = await Proxy.StartAsync(transport, Service.OnFreePort().To(backend));
        using var client = await proxy.ConnectAsync();

        var farewell = await client.ReceiveToEndAsync();
        await client.SendAsync(upload);
        client.FinishSending();
        var received = await atBackend.Task.WaitAsync(Eventually.Patience);

        farewell.End.ShouldBe(StreamEnd.Fin);
        received.End.ShouldBe(StreamEnd.Fin);
        received.Bytes.AsSpan().SequenceEqual(upload).ShouldBeTrue();
        await proxy.EndsWith(EndReason.BackendFin);
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task OrderlyEnds_FiveHundredConnections_NeverReset(TransportKind transport)
    {
        int backendResets = 0;
        await using var backend = Backend.Run(async peer =>
        {
            await peer.SendAsync("reply");
            peer.FinishSending();
            if ((await peer.ReceiveToEndAsync()).End == StreamEnd.Reset) Interlocked.Increment(ref backendResets);
        });
        await using var proxy = await Proxy.StartAsync(transport, Service.OnFreePort().To(backend));

        for (int i = 0; i < 500; i++)
        {
            using var client = await proxy.ConnectAsync();
            await client.SendAsync("request");
            // Both orders of the two FINs.
            if (i % 2 == 0) client.FinishSending();
            (await client.ReceiveToEndAsync()).End.ShouldBe(StreamEnd.Fin);
        }

        await Eventually.IsTrue(() => backend.Finished == 500, "all connections end at the backend");
        await Eventually.IsTrue(() => proxy.Counters.Closed(EndReason.ClientFin) + proxy.Counters.Closed(EndReason.BackendFin) == 500, "all end in order");
        backendResets.ShouldBe(0);
    }
}
