using System.Net;
using System.Net.Sockets;
using System.Text;
using UserProxy.FunctionalTests.Backends;
using UserProxy.FunctionalTests.Support;
using UserProxy.Model;
using UserProxy.Serving;
using static UserProxy.FunctionalTests.Support.Connecting;

namespace UserProxy.FunctionalTests.ProxyProtocol;

/// <summary>A listed load balancer tells who the client is, and that is the client from then on; nobody else is believed.</summary>
[Collection(nameof(Alone))]
public sealed class HeaderFromBalancersTests
{
    private const string Line = "PROXY TCP4 203.0.113.7 198.51.100.1 40000 443\r\n";

    private static readonly IPAddress Balancer = IPAddress.Parse("127.0.0.5");

    private static readonly IPAddress SomebodyElse = IPAddress.Parse("127.0.0.6");

    private static readonly byte[] Local = [0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A, 0x20, 0x00, 0x00, 0x00];

    private static ServiceSettings Accepting { get; } = new() { AcceptProxyProtocol = [new CidrBlock(Balancer, 32)] };

    /// <summary>The same in version 2, with a unique id and padding.</summary>
    private static byte[] Binary { get; } = [.. Bytes(
        "0D0A0D0A000D0A515549540A", "21", "11", "0016", "CB007107", "C6336401", "9C40", "01BB", "050003616263", "040001FF")];

    public static TheoryData<TransportKind, bool> Both { get; } = new(
        from row in Transports.All
        from binary in new[] { false, true }
        select new TheoryDataRow<TransportKind, bool>(row.Data, binary) { Skip = row.Skip });

    /// <summary>What follows the header is the client's stream, and reaches the Pod to the byte, however both are cut.</summary>
    [Theory]
    [MemberData(nameof(Both))]
    public async Task SplitAnywhere_PayloadReachesThePodExactly(TransportKind transport, bool binary)
    {
        byte[] header = binary ? Binary : Encoding.ASCII.GetBytes(Line);
        byte[] sent = [.. header, .. "payload"u8];
        await using var backend = ToldBackend.Telling();
        await using var proxy = await Proxy.StartAsync(
            transport, Service.OnFreePort().To(backend.Backend).With(Accepting with { ProxyProtocol = ProxyProtocolVersion.V2 }));

        await Parallel.ForAsync(0, sent.Length + 1, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (split, stop) =>
        {
            using var client = await proxy.ConnectAsync(Balancer);
            await client.SendAsync(sent.AsMemory(0, split));
            // Most often each part is seen by itself; the result may not depend on it.
            await Task.Delay(5, stop);
            await client.SendAsync(sent.AsMemory(split));
            client.FinishSending();

            var received = await client.ReceiveToEndAsync();

            Encoding.ASCII.GetString(received.Bytes).ShouldBe("203.0.113.7:40000 payload", $"split at {split}");
        });

        backend.Told.ShouldAllBe(told => told.Destination!.ToString() == "198.51.100.1:443");
        if (binary) backend.Told.ShouldAllBe(told => Encoding.ASCII.GetString(told.UniqueId!) == "abc");
    }

    [Theory]
    [MemberData(nameof(Both))]
    public async Task ByteByByte_PayloadReachesThePodExactly(TransportKind transport, bool binary)
    {
        byte[] sent = [.. binary ? Binary : Encoding.ASCII.GetBytes(Line), .. "payload"u8];
        await using var echo = Backend.Echo();
        await using var proxy = await Proxy.StartAsync(transport, Service.OnFreePort().To(echo).With(Accepting));
        using var client = await proxy.ConnectAsync(Balancer);

        foreach (byte next in sent)
        {
            await client.SendAsync(new[] { next });
            await Task.Yield();
        }

        (await client.ReceiveTextAsync(7)).ShouldBe("payload");
        (await client.AskAsync("and on")).ShouldBe("and on");
        await Eventually.IsTrue(() => proxy.Connections.Single().BytesIn >= 13, "they are counted");
        var connection = proxy.Connections.Single();
        (connection.Client.ToString(), connection.ToldBy).ShouldBe(("203.0.113.7:40000", (IPEndPoint)client.Socket.LocalEndPoint!));
        (connection.Listener, connection.UniqueId, connection.BytesIn).ShouldBe((proxy.Address, binary ? "abc" : null, 13));
    }

    /// <summary>A server that speaks first does so when the header is there, and the client stays silent.</summary>
    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task ServerSpeaksFirst_HeaderAloneIsEnough(TransportKind transport)
    {
        await using var backend = Backend.Named("220 ready");
        await using var proxy = await Proxy.StartAsync(transport, Service.OnFreePort().To(backend).With(Accepting));
        using var client = await proxy.ConnectAsync(Balancer);
        await client.SendAsync(Line);

        (await client.ReceiveTextAsync(9)).ShouldBe("220 ready");
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task Bulk_BehindTheHeader_ArrivesExactly(TransportKind transport)
    {
        byte[] bulk = new byte[8 << 20];
        Random.Shared.NextBytes(bulk);
        await using var echo = Backend.Echo();
        await using var proxy = await Proxy.StartAsync(transport, Service.OnFreePort().To(echo).With(Accepting));
        using var client = await proxy.ConnectAsync(Balancer);
        var sending = Task.Run(async () =>
        {
            await client.SendAsync((byte[])[.. Encoding.ASCII.GetBytes(Line), .. bulk]);
            client.FinishSending();
        }, TestContext.Current.CancellationToken);

        var received = await client.ReceiveToEndAsync();
        await sending;

        received.Bytes.AsSpan().SequenceEqual(bulk).ShouldBeTrue();
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n\r\n")]
    [InlineData("PROXY TCP4 203.0.113.7 198.51.100.1 40000\r\n")]
    [InlineData("PROXY TCP4 203.0.113.7 198.51.100.1 40000 443\n")]
    public async Task NotAHeader_IsResetAndCounted_OnEveryTransport(string text)
    {
        foreach (var row in Transports.All.Where(row => row.Skip is null))
        {
            await using var echo = Backend.Echo();
            await using var proxy = await Proxy.StartAsync(row.Data, Service.OnFreePort().To(echo).With(Accepting));
            using var client = await proxy.ConnectAsync(Balancer);
            await client.SendAsync(text);

            (await client.ReceiveToEndAsync()).End.ShouldBe(StreamEnd.Reset);

            await proxy.EndsWith(EndReason.ProxyHeader);
            echo.Accepted.ShouldBe(0);
        }
    }

    /// <summary>The header is waited for while nothing else is: no endpoint is dialled, and others are served.</summary>
    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task SilentOrSlow_IsResetInTheEnd_AndKeepsNobodyElse(TransportKind transport)
    {
        await using var echo = Backend.Echo();
        await using var proxy = await Proxy.StartAsync(transport, Service.OnFreePort().To(echo).With(Accepting));
        using var silent = await proxy.ConnectAsync(Balancer);
        using var slow = await proxy.ConnectAsync(Balancer);
        await slow.SendAsync("PROXY TCP4 203.0");
        await Eventually.IsTrue(() => proxy.Connections.Count == 2, "both are known");
        using (var other = await proxy.ConnectAsync(Balancer))
        {
            await other.SendAsync(Line);
            (await other.AskAsync("hello")).ShouldBe("hello");
        }

        proxy.Connections.ShouldAllBe(connection => connection.Endpoint == null || !connection.Client.Address.Equals(Balancer));
        (await silent.ReceiveToEndAsync()).End.ShouldBe(StreamEnd.Reset);
        (await slow.ReceiveToEndAsync()).End.ShouldBe(StreamEnd.Reset);
        await proxy.EndsWith(EndReason.ProxyHeader, 2);
        echo.Accepted.ShouldBe(1);
    }

    /// <summary>A check that connects and leaves, as load balancers do, is no wrong header.</summary>
    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task LeavesWithoutAByte_IsNoWrongHeader(TransportKind transport)
    {
        await using var echo = Backend.Echo();
        await using var proxy = await Proxy.StartAsync(transport, Service.OnFreePort().To(echo).With(Accepting));
        using (var check = await proxy.ConnectAsync(Balancer)) check.FinishSending();
        await proxy.EndsWith(EndReason.ClientReset);
        using (var check = await proxy.ConnectAsync(Balancer)) check.Reset();
        await proxy.EndsWith(EndReason.ClientReset, 2);

        using (var cut = await proxy.ConnectAsync(Balancer))
        {
            await cut.SendAsync("PROXY");
            cut.FinishSending();
            (await cut.ReceiveToEndAsync()).End.ShouldBe(StreamEnd.Reset);
        }

        await proxy.EndsWith(EndReason.ProxyHeader);
        echo.Accepted.ShouldBe(0);
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task LocalAndUnknown_AreServedAsTheBalancerItself(TransportKind transport)
    {
        await using var echo = Backend.Echo();
        await using var proxy = await Proxy.StartAsync(transport, Service.OnFreePort().To(echo).With(Accepting));
        foreach (byte[] header in new[] { Local, [.. "PROXY UNKNOWN some words\r\n"u8] })
        {
            using var client = await proxy.ConnectAsync(Balancer);
            await client.SendAsync(header);
            (await client.AskAsync("healthy?")).ShouldBe("healthy?");

            var connection = proxy.Connections.Single();
            (connection.Client, connection.ToldBy).ShouldBe(((IPEndPoint)client.Socket.LocalEndPoint!, null));
            client.Dispose();
            await Eventually.IsTrue(() => proxy.Connections.Count == 0, "it has left");
        }
    }

    /// <summary>Clients inside of the cluster come without a load balancer; a header of theirs is believed by nobody and reaches no Pod.</summary>
    [Theory]
    [MemberData(nameof(Both))]
    public async Task NotListed_IsServedAsItIs_AndItsHeaderIsRefused(TransportKind transport, bool binary)
    {
        await using var silent = await Blackhole.StartAsync();
        await using var echo = Backend.Echo();
        // The first endpoint does not answer: the header has come when the second one does.
        var settings = Accepting with { ConnectTimeout = TimeSpan.FromMilliseconds(300) };
        await using var proxy = await Proxy.StartAsync(transport, Service.OnFreePort().To(echo).With(settings));
        using (var direct = await proxy.ConnectAsync(SomebodyElse)) (await direct.AskAsync("hello")).ShouldBe("hello");
        using (var server = await proxy.ConnectAsync(SomebodyElse)) await Eventually.IsTrue(() => echo.Accepted == 2, "a silent one is dialled for, too");

        await proxy.UpdateAsync(Service.On(proxy.Address).To(silent, echo).With(settings));
        for (int i = 0; i < 2; i++)
        {
            using var forger = await proxy.ConnectAsync(SomebodyElse);
            await forger.SendAsync(binary ? Binary : Encoding.ASCII.GetBytes(Line));
            // Round robin begins with the endpoint that answers at once in one of two cases; then the bytes may follow the dial.
            await EndOfAsync(forger);
        }

        await proxy.EndsWith(EndReason.ProxyHeader);
    }

    /// <summary>The ranges are asked for who is told; the kernel lets the load balancer in, and keeps the others out as before.</summary>
    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task SourceRanges_AreAskedForTheToldClient(TransportKind transport)
    {
        await using var echo = Backend.Echo();
        var service = Service.OnFreePort() with { Kind = ListenerKind.LoadBalancer, SourceRanges = ["203.0.113.0/24", "127.0.0.7/32"] };
        await using var proxy = await Proxy.StartAsync(transport, service.To(echo).With(Accepting));

        (await TryAsync(proxy.Address, SomebodyElse)).ShouldBe(Outcome.Silence);
        (await TryAsync(proxy.Address, IPAddress.Parse("127.0.0.7"))).ShouldBe(Outcome.Connected);
        using (var told = await proxy.ConnectAsync(Balancer))
        {
            await told.SendAsync(Line);
            (await told.AskAsync("hello")).ShouldBe("hello");
        }

        foreach (string outside in new[] { "PROXY TCP4 198.51.100.9 198.51.100.1 1 2\r\n", "PROXY TCP6 2001:db8::1 ::1 1 2\r\n", "PROXY UNKNOWN\r\n" })
        {
            using var refused = await proxy.ConnectAsync(Balancer);
            await refused.SendAsync(outside);
            (await refused.ReceiveToEndAsync()).End.ShouldBe(StreamEnd.Reset, outside);
        }

        await proxy.EndsWith(EndReason.Limit, 3);
        // Mapped, the same address is the same client.
        using (var mapped = await proxy.ConnectAsync(Balancer))
        {
            await mapped.SendAsync("PROXY TCP6 ::ffff:203.0.113.7 ::ffff:198.51.100.1 1 2\r\n");
            (await mapped.AskAsync("hello")).ShouldBe("hello");
        }

        // Its health check comes from itself, in either version.
        foreach (byte[] check in new[] { Local, Encoding.ASCII.GetBytes($"PROXY TCP4 {Balancer} 198.51.100.1 1 2\r\n") })
        {
            using var healthy = await proxy.ConnectAsync(Balancer);
            await healthy.SendAsync(check);
            (await healthy.AskAsync("healthy?")).ShouldBe("healthy?");
        }
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task LimitPerClient_CountsTheToldOnes(TransportKind transport)
    {
        await using var echo = Backend.Echo();
        await using var proxy = await Proxy.StartAsync(
            transport, Service.OnFreePort().To(echo).With(Accepting with { MaxConnectionsPerClient = 1 }));
        using var first = await OpenAsync(proxy, "203.0.113.7");
        using var other = await OpenAsync(proxy, "203.0.113.8");
        using var second = await proxy.ConnectAsync(Balancer);
        await second.SendAsync(Line);

        (await second.ReceiveToEndAsync()).End.ShouldBe(StreamEnd.Reset);
        await proxy.EndsWith(EndReason.Limit);

        first.Dispose();
        await Eventually.IsTrue(() => proxy.Connections.Count == 1, "the first has left");
        using var third = await OpenAsync(proxy, "203.0.113.7");
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task AffinityAndSourceHash_GoByTheToldClient(TransportKind transport)
    {
        await using var a = Backend.Named("a");
        await using var b = Backend.Named("b");
        await using var c = Backend.Named("c");
        var service = Service.OnFreePort().To(a, b, c).With(Accepting) with { AffinityTimeout = TimeSpan.FromHours(3) };
        await using var proxy = await Proxy.StartAsync(transport, service);
        (await AskAsync("203.0.113.7", "203.0.113.7", "203.0.113.7", "203.0.113.7")).Distinct().Count().ShouldBe(1);
        // All come from one load balancer: by its address they would all be at one endpoint.
        (await AskAsync([.. Enumerable.Range(1, 12).Select(last => $"203.0.113.{100 + last}")])).Distinct().Count().ShouldBe(3);

        await proxy.UpdateAsync(service with { AffinityTimeout = null, Settings = Accepting with { Scheduler = SchedulerKind.SourceHash } });
        (await AskAsync("203.0.113.7", "203.0.113.7", "203.0.113.7", "203.0.113.7")).Distinct().Count().ShouldBe(1);
        (await AskAsync([.. Enumerable.Range(1, 30).Select(last => $"203.0.113.{100 + last}")])).Distinct().Count().ShouldBe(3);

        async Task<List<string>> AskAsync(params string[] clients)
        {
            var answers = new List<string>();
            foreach (string address in clients)
            {
                using var client = await proxy.ConnectAsync(Balancer);
                await client.SendAsync($"PROXY TCP4 {address} 198.51.100.1 1 2\r\n");
                answers.Add(await client.ReceiveTextAsync(1));
            }

            return answers;
        }
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task Stop_WhileAHeaderIsAwaited_DoesNotWaitForIt(TransportKind transport)
    {
        await using var echo = Backend.Echo();
        await using var proxy = await Proxy.StartAsync(transport, Service.OnFreePort().To(echo).With(Accepting));
        using var silent = await proxy.ConnectAsync(Balancer);
        await Eventually.IsTrue(() => proxy.Connections.Count == 1, "it is known");

        await proxy.StopAsync();

        (await silent.ReceiveToEndAsync()).End.ShouldBe(StreamEnd.Reset);
    }

    private static async Task<Peer> OpenAsync(Proxy proxy, string told)
    {
        var client = await proxy.ConnectAsync(Balancer);
        await client.SendAsync($"PROXY TCP4 {told} 198.51.100.1 1 2\r\n");
        (await client.AskAsync("hello")).ShouldBe("hello");
        return client;
    }

    /// <summary>Also of a client whose bytes were echoed before its end.</summary>
    private static async Task<StreamEnd> EndOfAsync(Peer peer)
    {
        try
        {
            peer.FinishSending();
        }
        catch (SocketException)
        {
            return StreamEnd.Reset;
        }

        return (await peer.ReceiveToEndAsync()).End;
    }

    private static byte[] Bytes(params string[] hex) => Convert.FromHexString(string.Concat(hex));
}
