using System.Diagnostics;
using System.Net;
using System.Text;
using UserProxy.FunctionalTests.Backends;
using UserProxy.FunctionalTests.Support;
using UserProxy.Model;
using UserProxy.ProxyProtocol;
using UserProxy.Serving;

namespace UserProxy.FunctionalTests.ProxyProtocol;

/// <summary>Endpoints are told the client before its first byte, once, whoever speaks first.</summary>
[Collection(nameof(Alone))]
public sealed class HeaderToEndpointsTests
{
    public static TheoryData<TransportKind, ProxyProtocolVersion> Both { get; } = new(
        from row in Transports.All
        from version in Enum.GetValues<ProxyProtocolVersion>()
        select new TheoryDataRow<TransportKind, ProxyProtocolVersion>(row.Data, version) { Skip = row.Skip });

    [Theory]
    [MemberData(nameof(Both))]
    public async Task Client_IsTold_AndItsBytesFollow(TransportKind transport, ProxyProtocolVersion version)
    {
        await using var backend = ToldBackend.Echo();
        await using var proxy = await StartAsync(transport, version, backend);
        using var client = await proxy.ConnectAsync();

        (await client.AskAsync("question")).ShouldBe("question");
        (await client.AskAsync("another")).ShouldBe("another");

        var told = backend.Told.Single();
        (told.Command, told.Source, told.Destination).ShouldBe((ProxyCommand.Proxy, (IPEndPoint)client.Socket.LocalEndPoint!, proxy.Address));
        (told.UniqueId is not null).ShouldBe(version == ProxyProtocolVersion.V2);
    }

    /// <summary>A header is no byte of the client.</summary>
    [Theory]
    [MemberData(nameof(Both))]
    public async Task Bytes_AreCountedWithoutTheHeader(TransportKind transport, ProxyProtocolVersion version)
    {
        await using var backend = ToldBackend.Echo();
        await using var proxy = await StartAsync(transport, version, backend);
        using var client = await proxy.ConnectAsync();

        await client.AskAsync("12345");

        // Counted when they have been written: the client may be quicker.
        await Eventually.IsTrue(() => proxy.Connections.Single() is { BytesIn: 5, BytesOut: 5 }, "five bytes each");
        var connection = proxy.Connections.Single();
        (connection.Client, connection.ToldBy).ShouldBe(((IPEndPoint)client.Socket.LocalEndPoint!, null));
        connection.UniqueId.ShouldBe(backend.Told.Single().UniqueId is { } id ? Encoding.ASCII.GetString(id) : null);
    }

    [Theory]
    [MemberData(nameof(Both))]
    public async Task IPv6_IsTold(TransportKind transport, ProxyProtocolVersion version)
    {
        Assert.SkipUnless(System.Net.Sockets.Socket.OSSupportsIPv6, "no IPv6 here");
        await using var backend = ToldBackend.Echo();
        var service = Service.On(new IPEndPoint(IPAddress.IPv6Loopback, FreePort.Next())).To(backend.Backend);
        await using var proxy = await Proxy.StartAsync(transport, service.With(new ServiceSettings { ProxyProtocol = version }));
        using var client = await proxy.ConnectAsync();

        await client.AskAsync("question");

        backend.Told.Single().Source.ShouldBe((IPEndPoint)client.Socket.LocalEndPoint!);
    }

    /// <summary>A silent client: the header must not wait for its bytes, nor for the 200 ms after which the kernel lets go of what is held back.</summary>
    [Theory]
    [MemberData(nameof(Both))]
    public async Task BackendSpeaksFirst_HeaderDoesNotWaitForTheClient(TransportKind transport, ProxyProtocolVersion version)
    {
        await using var backend = ToldBackend.Greeting("220 ready");
        await using var proxy = await StartAsync(transport, version, backend);

        await Eventually.IsTrue(
            async () =>
            {
                var watch = Stopwatch.StartNew();
                using var client = await proxy.ConnectAsync();
                (await client.ReceiveTextAsync(9)).ShouldBe("220 ready");
                return watch.Elapsed < TimeSpan.FromMilliseconds(150);
            },
            "a greeting that did not wait");
    }

    /// <summary>What has come while an endpoint did not answer leaves behind the header, and both go to the one that does: once.</summary>
    [Theory]
    [MemberData(nameof(Both))]
    public async Task DialIsTriedAgain_HeaderGoesOnceToTheOneThatAnswers(TransportKind transport, ProxyProtocolVersion version)
    {
        byte[] request = new byte[20_000];
        Random.Shared.NextBytes(request);
        await using var dead = Backend.Refusing();
        await using var silent = await Blackhole.StartAsync();
        await using var backend = ToldBackend.Echo();
        var settings = new ServiceSettings { ConnectTimeout = TimeSpan.FromMilliseconds(300), ProxyProtocol = version };
        await using var proxy = await Proxy.StartAsync(transport, Service.OnFreePort().To(dead, silent, backend.Backend).With(settings));
        for (int i = 0; i < 3; i++)
        {
            using var client = await proxy.ConnectAsync();
            await client.SendAsync(request);
            client.FinishSending();

            var received = await client.ReceiveToEndAsync();

            received.Bytes.AsSpan().SequenceEqual(request).ShouldBeTrue();
        }

        backend.Told.Count.ShouldBe(3);
        proxy.Counters.ConnectRetries.ShouldBeGreaterThanOrEqualTo(3);
    }

    /// <summary>The first segment has both: who reads once and expects a request finds it.</summary>
    [Theory]
    [MemberData(nameof(Both))]
    public async Task ClientHasSentAlready_HeaderAndItsBytesAreReadAtOnce(TransportKind transport, ProxyProtocolVersion version)
    {
        await using var busy = await Blackhole.StartAsync();
        var settings = new ServiceSettings { ConnectTimeout = TimeSpan.FromMilliseconds(700), ConnectAttempts = 100, ProxyProtocol = version };
        await using var proxy = await Proxy.StartAsync(transport, Service.OnFreePort().To(busy).With(settings));
        using var client = await proxy.ConnectAsync();
        await client.SendAsync("question");
        await Eventually.IsTrue(() => proxy.Status.ReadEndpoints()[0].ActiveConnections == 1, "the dial is under way");
        string? first = null;

        await using var awake = busy.WakeUp(async peer =>
        {
            var (_, behind) = await ToldBackend.ReadHeaderAsync(peer);
            first = Encoding.ASCII.GetString(behind);
            await peer.SendAsync("!");
        });

        (await client.ReceiveTextAsync(1)).ShouldBe("!");
        first.ShouldBe("question");
    }

    [Theory]
    [MemberData(nameof(Both))]
    public async Task ClientFinishesWithoutAByte_HeaderIsFollowedByFin(TransportKind transport, ProxyProtocolVersion version)
    {
        await using var backend = ToldBackend.Telling();
        await using var proxy = await StartAsync(transport, version, backend);
        using var client = await proxy.ConnectAsync();
        client.FinishSending();

        var received = await client.ReceiveToEndAsync();

        Encoding.ASCII.GetString(received.Bytes).ShouldBe($"{client.Socket.LocalEndPoint} ");
        received.End.ShouldBe(StreamEnd.Fin);
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task Options_AreInTheHeader(TransportKind transport)
    {
        string? first = null;
        await using var backend = Backend.Run(async peer =>
        {
            var buffer = new byte[1024];
            first = Encoding.Latin1.GetString(buffer, 0, await peer.Socket.ReceiveAsync(buffer));
            await peer.SendAsync("!");
        });
        var settings = new ServiceSettings { ProxyProtocol = ProxyProtocolVersion.V2, ProxyV2Options = ProxyV2Options.ServiceName | ProxyV2Options.Crc32c };
        var service = Service.OnFreePort().To(backend).With(settings);
        await using var proxy = await Proxy.StartAsync(transport, service);
        using var client = await proxy.ConnectAsync();

        (await client.ReceiveTextAsync(1)).ShouldBe("!");

        first!.ShouldContain(service.PortName.ToString());
        // The type of a checksum and its length; that it is right is asked by the reader of the other cases.
        first!.ShouldContain("\u0003\0\u0004");
    }

    /// <summary>Endpoints that are told cut no corner of the relay: bulk, and a reset right behind the handshake.</summary>
    [Theory]
    [MemberData(nameof(Both))]
    public async Task Bulk_ArrivesBehindTheHeader(TransportKind transport, ProxyProtocolVersion version)
    {
        byte[] bulk = new byte[8 << 20];
        Random.Shared.NextBytes(bulk);
        await using var backend = ToldBackend.Echo();
        await using var proxy = await StartAsync(transport, version, backend);
        using var client = await proxy.ConnectAsync();
        var sending = Task.Run(async () =>
        {
            await client.SendAsync(bulk);
            client.FinishSending();
        }, TestContext.Current.CancellationToken);

        var received = await client.ReceiveToEndAsync();
        await sending;

        received.Bytes.AsSpan().SequenceEqual(bulk).ShouldBeTrue();
    }

    [Theory]
    [MemberData(nameof(Both))]
    public async Task EndpointResetsAtOnce_ClientIsReset(TransportKind transport, ProxyProtocolVersion version)
    {
        const int Clients = 200;
        await using var resetting = Backend.Run(peer =>
        {
            peer.Reset();
            return Task.CompletedTask;
        });
        var settings = new ServiceSettings { ProxyProtocol = version };
        await using var proxy = await Proxy.StartAsync(transport, Service.OnFreePort().To(resetting).With(settings));

        await Parallel.ForAsync(0, Clients, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (_, _) =>
            (await proxy.ConnectAndReadToEndAsync()).ShouldBe(StreamEnd.Reset));

        await proxy.EndsWith(EndReason.BackendReset, Clients);
    }

    private static Task<Proxy> StartAsync(TransportKind transport, ProxyProtocolVersion version, ToldBackend backend) =>
        Proxy.StartAsync(transport, Service.OnFreePort().To(backend.Backend).With(new ServiceSettings { ProxyProtocol = version }));
}
