using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using UserProxy.FunctionalTests.Backends;
using UserProxy.FunctionalTests.Support;
using UserProxy.Serving;

namespace UserProxy.FunctionalTests;

/// <summary>Bytes arrive: all of them, once, in order, in both directions.</summary>
[Collection(nameof(Alone))]
public sealed class EchoTests
{
    private const int BulkBytes = 1024 * 1024 * 1024;

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task Echo_OneMessage_ComesBackAndBothFinsAreInOrder(TransportKind transport)
    {
        await using var echo = Backend.Echo();
        await using var proxy = await Proxy.StartAsync(transport, Service.OnFreePort().To(echo));
        using var client = await proxy.ConnectAsync();

        await client.SendAsync("hello");
        client.FinishSending();
        var reply = await client.ReceiveToEndAsync();

        Encoding.ASCII.GetString(reply.Bytes).ShouldBe("hello");
        reply.End.ShouldBe(StreamEnd.Fin);
        await proxy.EndsWith(EndReason.ClientFin);
        var endpoint = proxy.Status.ReadEndpoints().Single();
        (endpoint.BytesIn, endpoint.BytesOut, endpoint.ActiveConnections).ShouldBe((5, 5, 0));
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task Bulk_BothWaysAtOnce_HashesAreEqual(TransportKind transport)
    {
        var upload = Pattern(1);
        var download = Pattern(2);
        var atBackend = new TaskCompletionSource<(long Count, byte[] Hash, StreamEnd End)>();
        await using var backend = Backend.Run(async peer =>
        {
            var reading = peer.HashToEndAsync();
            await SendAsync(peer, download);
            atBackend.SetResult(await reading);
        });
        await using var proxy = await Proxy.StartAsync(transport, Service.OnFreePort().To(backend));
        using var client = await proxy.ConnectAsync();

        var reading = client.HashToEndAsync();
        await SendAsync(client, upload);

        ShouldBeWhole(await atBackend.Task, upload);
        ShouldBeWhole(await reading, download);
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task ServerFirst_ClientIsSilent_GreetingArrives(TransportKind transport)
    {
        await using var smtp = Backend.Run(async peer =>
        {
            await peer.SendAsync("220 ready");
            await peer.ReceiveToEndAsync();
        });
        await using var proxy = await Proxy.StartAsync(transport, Service.OnFreePort().To(smtp));
        using var client = await proxy.ConnectAsync();

        (await client.ReceiveTextAsync(9)).ShouldBe("220 ready");
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task UrgentByte_InTheMiddle_StaysInlineInOrder(TransportKind transport)
    {
        await using var echo = Backend.Echo();
        await using var proxy = await Proxy.StartAsync(transport, Service.OnFreePort().To(echo));
        using var client = await proxy.ConnectAsync();

        await client.SendAsync("abc");
        await client.Socket.SendAsync("U"u8.ToArray(), SocketFlags.OutOfBand);
        await client.SendAsync("def");

        (await client.ReceiveTextAsync(7)).ShouldBe("abcUdef");
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task Families_SamePortOnBothWildcards_AreServedApart(TransportKind transport)
    {
        int port = FreePort.Next();
        await using var four = Backend.Named("four");
        await using var six = Backend.Run(async peer => await peer.SendAsync("six!"), IPAddress.IPv6Loopback);
        await using var proxy = await Proxy.StartAsync(
            transport,
            Service.On(new IPEndPoint(IPAddress.Any, port)).To(four),
            Service.On(new IPEndPoint(IPAddress.IPv6Any, port)).To(six));

        using var client4 = await Peer.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port));
        using var client6 = await Peer.ConnectAsync(new IPEndPoint(IPAddress.IPv6Loopback, port));

        (await client4.ReceiveTextAsync(4)).ShouldBe("four");
        (await client6.ReceiveTextAsync(4)).ShouldBe("six!");
    }

    private static void ShouldBeWhole((long Count, byte[] Hash, StreamEnd End) received, byte[] pattern)
    {
        (received.Count, received.End).ShouldBe((BulkBytes, StreamEnd.Fin));
        received.Hash.ShouldBe(HashOf(pattern));
    }

    private static byte[] Pattern(int seed)
    {
        // A prime length, so that no buffer boundary ever falls on the same place of the pattern twice.
        var bytes = new byte[1_048_573];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private static async Task SendAsync(Peer peer, byte[] pattern)
    {
        for (long sent = 0; sent < BulkBytes; sent += pattern.Length) await peer.SendAsync(Part(pattern, sent));
        peer.FinishSending();
    }

    private static byte[] HashOf(byte[] pattern)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (long at = 0; at < BulkBytes; at += pattern.Length) hash.AppendData(Part(pattern, at).Span);
        return hash.GetHashAndReset();
    }

    private static ReadOnlyMemory<byte> Part(byte[] pattern, long at) => pattern.AsMemory(0, (int)Math.Min(pattern.Length, BulkBytes - at));
}
