using System.Net.Sockets;
using UserProxy.FunctionalTests.Backends;
using UserProxy.FunctionalTests.Support;
using UserProxy.Model;
using UserProxy.Serving;

namespace UserProxy.FunctionalTests;

/// <summary>RST is passed on as RST, after what came before it.</summary>
public sealed class ResetTests
{
    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task BackendReset_AfterThousandBytes_ClientGetsThemThenReset(TransportKind transport)
    {
        await using var backend = Backend.Run(SendThenResetAsync);
        await using var proxy = await Proxy.StartAsync(transport, Service.OnFreePort().To(backend));
        for (int i = 0; i < 50; i++)
        {
            using var client = await proxy.ConnectAsync();
            await client.SendAsync("go");

            var received = await client.ReceiveToEndAsync();

            received.Bytes.Length.ShouldBe(1000);
            received.End.ShouldBe(StreamEnd.Reset);
        }

        await proxy.EndsWith(EndReason.BackendReset, 50);
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task BackendReset_ClientReadsOnlyWhenAllIsOver_StillGetsTheBytes(TransportKind transport)
    {
        await using var backend = Backend.Run(SendThenResetAsync);
        await using var proxy = await Proxy.StartAsync(transport, Service.OnFreePort().To(backend));
        using var client = await proxy.ConnectAsync();
        await client.SendAsync("go");

        await proxy.EndsWith(EndReason.BackendReset);
        var received = await client.ReceiveToEndAsync();

        received.Bytes.Length.ShouldBe(1000);
        received.End.ShouldBe(StreamEnd.Reset);
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task BackendReset_WhileClientUploads_ClientIsResetNotFinished(TransportKind transport)
    {
        // The write to the backend may take the error that the read from it would have seen: the end must not look like a FIN then.
        await using var backend = Backend.Run(async peer =>
        {
            await peer.ReceiveAsync(10_000);
            await peer.SendAsync(new byte[1000]);
            peer.Reset();
        });
        await using var proxy = await Proxy.StartAsync(transport, Service.OnFreePort().To(backend));
        for (int i = 0; i < 50; i++)
        {
            using var client = await proxy.ConnectAsync();
            var uploading = UploadUntilEndAsync(client);

            var received = await client.ReceiveToEndAsync();

            // The same trap at the client: whoever comes first, its receive or its send, is told ECONNRESET. Beside a backend without a proxy, too, now and
            // then neither is, and the send is told EPIPE. That the proxy sends no FIN before the RST is pinned by EpollRelayTests.
            var uploaded = received.End == StreamEnd.Reset ? SocketError.ConnectionReset : await uploading;
            uploaded.ShouldBeOneOf([SocketError.ConnectionReset, SocketError.Shutdown], $"after {received.Bytes.Length} bytes and {received.End}");
        }

        await proxy.EndsWith(EndReason.BackendReset, 50);
    }

    /// <summary>
    /// Without a proxy the client's own kernel would keep them for as long as it likes. The pause is longer than any patience the relay once had (2 s).
    /// </summary>
    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task BackendReset_ClientReadsLate_GetsAllThatCameBefore(TransportKind transport)
    {
        const int sent = 100_000;
        var written = new TaskCompletionSource();
        await using var backend = Backend.Run(async peer =>
        {
            await peer.SendAsync(new byte[sent]);
            await written.Task;
            peer.Reset();
        });
        await using var proxy = await Proxy.StartAsync(transport, Service.OnFreePort().To(backend));
        using var client = await proxy.ConnectAsync(receiveBuffer: 4096);
        await Eventually.IsTrue(() => proxy.Moved == sent, "all has been read from the backend");
        written.SetResult();
        await Task.Delay(TimeSpan.FromSeconds(3), TestContext.Current.CancellationToken);

        var received = await client.ReceiveToEndAsync();

        (received.Bytes.Length, received.End).ShouldBe((sent, StreamEnd.Reset));
        await proxy.EndsWith(EndReason.BackendReset);
    }

    /// <summary>One who takes nothing is not waited for longer than after a FIN.</summary>
    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task BackendReset_ClientTakesNothing_IsGivenUpAfterTheHalfCloseTimeout(TransportKind transport)
    {
        await using var backend = Backend.Run(async peer =>
        {
            await peer.SendAsync(new byte[100_000]);
            await peer.ReceiveAsync(2);
            peer.Reset();
        });
        var settings = new ServiceSettings { HalfCloseTimeout = TimeSpan.FromMilliseconds(600) };
        await using var proxy = await Proxy.StartAsync(transport, Service.OnFreePort().To(backend) with { Settings = settings });
        using var client = await proxy.ConnectAsync(receiveBuffer: 4096);
        await Eventually.IsTrue(() => proxy.Moved == 100_000, "all has been read from the backend");
        await client.SendAsync("go");

        await proxy.EndsWith(EndReason.BackendReset);

        (await client.ReceiveToEndAsync()).Bytes.Length.ShouldBeLessThan(100_000);
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task ClientReset_AfterThousandBytes_BackendGetsThemThenReset(TransportKind transport)
    {
        var atBackend = new TaskCompletionSource<Received>();
        await using var backend = Backend.Run(async peer =>
        {
            await peer.SendAsync("ready");
            atBackend.SetResult(await peer.ReceiveToEndAsync());
        });
        await using var proxy = await Proxy.StartAsync(transport, Service.OnFreePort().To(backend));
        using var client = await proxy.ConnectAsync();
        await client.ReceiveTextAsync(5);
        await client.SendAsync(new byte[1000]);

        client.Reset();
        var received = await atBackend.Task.WaitAsync(Eventually.Patience);

        received.Bytes.Length.ShouldBe(1000);
        received.End.ShouldBe(StreamEnd.Reset);
        await proxy.EndsWith(EndReason.ClientReset);
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task BackendReset_AfterItsFin_ClientGetsAllAndTheRelayEnds(TransportKind transport)
    {
        await using var backend = Backend.Run(async peer =>
        {
            await peer.SendAsync("all of it");
            peer.FinishSending();
            await peer.ReceiveAsync(1);
            peer.Reset();
        });
        await using var proxy = await Proxy.StartAsync(transport, Service.OnFreePort().To(backend));
        using var client = await proxy.ConnectAsync();

        (await client.ReceiveTextAsync(9)).ShouldBe("all of it");
        await client.SendAsync("x");

        await proxy.EndsWith(EndReason.BackendReset);
    }

    private static async Task SendThenResetAsync(Peer peer)
    {
        await peer.ReceiveAsync(2);
        await peer.SendAsync(new byte[1000]);
        peer.Reset();
    }

    private static async Task<SocketError> UploadUntilEndAsync(Peer client)
    {
        try
        {
            for (int i = 0; i < 10_000; i++) await client.SendAsync(new byte[10_000]);
            return SocketError.Success;
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode;
        }
    }
}
