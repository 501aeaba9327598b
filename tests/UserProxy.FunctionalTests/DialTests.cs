using System.Diagnostics;
using System.Net.Sockets;
using UserProxy.FunctionalTests.Backends;
using UserProxy.FunctionalTests.Support;
using UserProxy.Model;
using UserProxy.Policy;
using UserProxy.Serving;

namespace UserProxy.FunctionalTests;

/// <summary>Endpoints that do not answer: another one does, or the client is told at once.</summary>
[Collection(nameof(Alone))]
public sealed class DialTests
{
    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task OneOfThreeRefuses_ThousandClients_AllAreServed(TransportKind transport)
    {
        await using var a = Backend.Named("answer");
        await using var b = Backend.Named("answer");
        await using var dead = Backend.Refusing();
        await using var proxy = await Proxy.StartAsync(transport, Service.OnFreePort().To(a, b, dead));

        int served = 0;
        await Parallel.ForAsync(0, 1000, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (_, _) =>
        {
            using var client = await proxy.ConnectAsync();
            if (await client.ReceiveTextAsync(6) == "answer") Interlocked.Increment(ref served);
        });

        served.ShouldBe(1000);
        proxy.Counters.ConnectFailures(ConnectOutcome.Refused).ShouldBeGreaterThan(0);
        // Its time may just be over: then the next who come to it put it aside again.
        await Eventually.IsTrue(
            async () =>
            {
                if (proxy.Status.ReadEndpoints().Single(e => e.Endpoint == dead.Endpoint).AsideFor is not null) return true;
                using var client = await proxy.ConnectAsync();
                await client.ReceiveTextAsync(6);
                return false;
            },
            "it is put aside");
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task OneOfTwoIsSilent_OtherClientsDoNotWait(TransportKind transport)
    {
        await using var silent = await Blackhole.StartAsync();
        await using var healthy = Backend.Named("answer");
        var settings = new ServiceSettings { ConnectTimeout = TimeSpan.FromMinutes(10) };
        await using var proxy = await Proxy.StartAsync(transport, Service.OnFreePort().To(silent, healthy).With(settings));
        var clients = new List<Peer>();
        for (int i = 0; i < 40; i++) clients.Add(await proxy.ConnectAsync());

        // Round robin sends half of them to the silent one, where they wait for as long as this test lives.
        int answered = 0;
        var asking = clients.Select(async client =>
        {
            if (await client.ReceiveTextAsync(6) == "answer") Interlocked.Increment(ref answered);
        }).ToList();
        await Eventually.IsTrue(() => Volatile.Read(ref answered) == 20, "the others are answered meanwhile");

        // The last client may still be on its way to its endpoint.
        await Eventually.IsTrue(
            () => proxy.Status.ReadEndpoints().Single(e => e.Endpoint.EndPoint.Equals(silent.EndPoint)).ActiveConnections == 20,
            "the other half waits for the silent one");
        foreach (var client in clients) client.Reset();
        await Task.WhenAll(asking).ContinueWith(_ => { }, TaskScheduler.Default);
        await proxy.EndsWith(EndReason.ClientReset, 20);
    }

    /// <summary>Its queue was full for a moment. A client that dials it himself is served when his kernel repeats the SYN, after 1 s.</summary>
    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task OnlyEndpointIsBusyForAMoment_ClientIsServedByTheRepeatedSyn(TransportKind transport)
    {
        await using var busy = await Blackhole.StartAsync();
        // Less than the kernel waits before it repeats a SYN, and often enough for a slow machine.
        var settings = new ServiceSettings { ConnectTimeout = TimeSpan.FromMilliseconds(700), ConnectAttempts = 100 };
        await using var proxy = await Proxy.StartAsync(transport, Service.OnFreePort().To(busy).With(settings));
        using var client = await proxy.ConnectAsync();
        await client.SendAsync("question");
        await Eventually.IsTrue(() => proxy.Status.ReadEndpoints()[0].ActiveConnections == 1, "the dial is under way");

        await using var awake = busy.WakeUp(Backend.EchoAsync);

        (await client.ReceiveTextAsync(8)).ShouldBe("question");
        (proxy.Counters.ConnectFailures(ConnectOutcome.TimedOut), proxy.Counters.ConnectRetries).ShouldBe((0, 0), "it was one dial");
    }

    /// <summary>Only the whole time ends it, and the client's trouble counts against the endpoint once.</summary>
    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task OnlyEndpointIsSilent_IsDialledOnceForAllAttempts(TransportKind transport)
    {
        await using var silent = await Blackhole.StartAsync();
        var settings = new ServiceSettings { ConnectTimeout = TimeSpan.FromMilliseconds(200), ConnectAttempts = 3 };
        await using var proxy = await Proxy.StartAsync(transport, Service.OnFreePort().To(silent).With(settings));
        var watch = Stopwatch.StartNew();

        (await proxy.ConnectAndReadToEndAsync()).ShouldBe(StreamEnd.Reset);

        watch.Elapsed.ShouldBeGreaterThan(TimeSpan.FromMilliseconds(590));
        await proxy.EndsWith(EndReason.NoEndpoint);
        proxy.Counters.ConnectFailures(ConnectOutcome.TimedOut).ShouldBe(1);
        proxy.Status.ReadEndpoints()[0].FailedConnects.ShouldBe(1);
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task EndpointResetsAfterTheHandshake_WasConnected(TransportKind transport)
    {
        const int Clients = 200;
        await using var resetting = Backend.Run(peer =>
        {
            peer.Reset();
            return Task.CompletedTask;
        });
        await using var proxy = await Proxy.StartAsync(transport, Service.OnFreePort().To(resetting));

        await Parallel.ForAsync(0, Clients, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (_, _) =>
            (await proxy.ConnectAndReadToEndAsync()).ShouldBe(StreamEnd.Reset));

        await proxy.EndsWith(EndReason.BackendReset, Clients);
        resetting.Accepted.ShouldBe(Clients);
        var endpoint = proxy.Status.ReadEndpoints()[0];
        (endpoint.FailedConnects, endpoint.TotalConnections, endpoint.AsideFor is not null).ShouldBe((0, Clients, false));
        proxy.Counters.ConnectRetries.ShouldBe(0);
    }

    /// <summary>
    /// The dial itself may be told of the reset, and nobody else is then: the end of what comes from the endpoint must not look like a FIN, after the client's
    /// own FIN too.
    /// </summary>
    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task EndpointResetsAfterTheHandshake_ClientThatHasFinished_IsReset(TransportKind transport)
    {
        const int Clients = 400;
        await using var resetting = Backend.Run(async peer =>
        {
            await peer.SendAsync("all that came before");
            peer.Reset();
        });
        await using var proxy = await Proxy.StartAsync(transport, Service.OnFreePort().To(resetting));

        await Parallel.ForAsync(0, Clients, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (_, _) =>
            (await proxy.ConnectAndReadToEndAsync(finishesSending: true)).ShouldBe(StreamEnd.Reset));

        await proxy.EndsWith(EndReason.BackendReset, Clients);
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task AllRefuse_ClientIsResetAtOnce(TransportKind transport)
    {
        await using var dead1 = Backend.Refusing();
        await using var dead2 = Backend.Refusing();
        // Nothing may wait for this one.
        var settings = new ServiceSettings { ConnectTimeout = TimeSpan.FromMinutes(10) };
        await using var proxy = await Proxy.StartAsync(transport, Service.OnFreePort().To(dead1, dead2).With(settings));

        for (int i = 0; i < 10; i++) (await proxy.ConnectAndReadToEndAsync()).ShouldBe(StreamEnd.Reset);

        await proxy.EndsWith(EndReason.NoEndpoint, 10);
    }

    /// <summary>
    /// The epoll transport holds the handshake's ACK back for the client's first bytes: where the client waits for the backend's, there are none.
    /// </summary>
    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task BackendSpeaksFirst_ItsGreetingDoesNotWaitForADelayedAck(TransportKind transport)
    {
        await using var backend = Backend.Run(async peer =>
        {
            await peer.SendAsync("220 ready");
            await peer.ReceiveToEndAsync();
        });
        await using var proxy = await Proxy.StartAsync(transport, Service.OnFreePort().To(backend));

        await Eventually.IsTrue(
            async () =>
            {
                var watch = Stopwatch.StartNew();
                using var client = await proxy.ConnectAsync();
                (await client.ReceiveTextAsync(9)).ShouldBe("220 ready");
                // The kernel's timer would send it after 200 ms (TCP_DELACK_MAX), each time. A busy machine needs more tries.
                return watch.Elapsed < TimeSpan.FromMilliseconds(150);
            },
            "a greeting that did not wait");
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task NoEndpoint_ConnectIsRefused_AndServedOnceThereIsOne(TransportKind transport)
    {
        await using var echo = Backend.Echo();
        var service = Service.OnFreePort();
        await using var proxy = await Proxy.StartAsync(transport, service);

        var refused = await Should.ThrowAsync<SocketException>(() => proxy.ConnectAsync());
        refused.SocketErrorCode.ShouldBe(SocketError.ConnectionRefused);
        proxy.Status.Listeners.Single().State.ShouldBe(ListenerState.Refusing);

        await proxy.UpdateAsync(service.To(echo));
        using (var client = await proxy.ConnectAsync()) (await client.AskAsync("there?")).ShouldBe("there?");

        await proxy.UpdateAsync(service);
        await Should.ThrowAsync<SocketException>(() => proxy.ConnectAsync());
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task ClientResetsDuringTheDial_DialIsGivenUp(TransportKind transport)
    {
        await using var silent = await Blackhole.StartAsync();
        var settings = new ServiceSettings { ConnectTimeout = TimeSpan.FromSeconds(30) };
        await using var proxy = await Proxy.StartAsync(transport, Service.OnFreePort().To(silent).With(settings));
        var client = await proxy.ConnectAsync();
        await client.SendAsync("bytes that wait must not hide the reset");
        await Eventually.IsTrue(() => proxy.Status.ReadEndpoints()[0].ActiveConnections == 1, "the dial is under way");

        client.Reset();

        await proxy.EndsWith(EndReason.ClientReset);
        var endpoint = proxy.Status.ReadEndpoints()[0];
        (endpoint.ActiveConnections, endpoint.FailedConnects).ShouldBe((0, 0));
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task ClientFinishesDuringTheDial_StillGetsItsAnswer(TransportKind transport)
    {
        await using var silent = await Blackhole.StartAsync();
        await using var echo = Backend.Echo();
        var settings = new ServiceSettings { ConnectTimeout = TimeSpan.FromMilliseconds(500) };
        await using var proxy = await Proxy.StartAsync(transport, Service.OnFreePort().To(silent, echo).With(settings));
        // Two in a row: one of them meets the silent endpoint first.
        for (int i = 0; i < 2; i++)
        {
            using var client = await proxy.ConnectAsync();
            await client.SendAsync("question");
            client.FinishSending();

            var received = await client.ReceiveToEndAsync();

            (received.Bytes.Length, received.End).ShouldBe((8, StreamEnd.Fin));
        }

        proxy.Counters.ConnectFailures(ConnectOutcome.TimedOut).ShouldBeGreaterThan(0);
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task BytesSentBeforeTheBackendIsThere_ArriveOnceAtTheOneThatAnswers(TransportKind transport)
    {
        var request = new byte[20_000];
        Random.Shared.NextBytes(request);
        await using var dead = Backend.Refusing();
        await using var silent = await Blackhole.StartAsync();
        await using var echo = Backend.Echo();
        var settings = new ServiceSettings { ConnectTimeout = TimeSpan.FromMilliseconds(300) };
        await using var proxy = await Proxy.StartAsync(transport, Service.OnFreePort().To(dead, silent, echo).With(settings));
        for (int i = 0; i < 3; i++)
        {
            using var client = await proxy.ConnectAsync();
            await client.SendAsync(request);
            client.FinishSending();

            var received = await client.ReceiveToEndAsync();

            received.Bytes.AsSpan().SequenceEqual(request).ShouldBeTrue();
        }

        proxy.Counters.ConnectRetries.ShouldBeGreaterThanOrEqualTo(3);
        echo.Accepted.ShouldBe(3);
    }
}
