using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using UserProxy.FunctionalTests.Backends;
using UserProxy.FunctionalTests.Support;
using UserProxy.Model;
using UserProxy.Policy;
using UserProxy.Tracing;

namespace UserProxy.FunctionalTests.Tracing;

/// <summary>What a reader of the feed is told of connections is what both of their ends saw.</summary>
public sealed class TraceTests
{
    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task ThousandConnections_FourTuples_AreThoseOfBothEnds(TransportKind transport)
    {
        const int connections = 1000, atOnce = 20;
        // Each client tells its own end to the endpoint, which notes its own two ends beside it.
        var seen = new ConcurrentDictionary<string, (string Local, string Remote)>();
        await using var backend = Backend.Run(async peer =>
        {
            int length = (await peer.ReceiveAsync(1))[0];
            string client = await peer.ReceiveTextAsync(length);
            seen[client] = ($"{peer.Socket.LocalEndPoint}", $"{peer.Socket.RemoteEndPoint}");
            await peer.SendAsync("ok");
            await peer.ReceiveToEndAsync();
        });
        await using var proxy = await Proxy.StartAsync(transport, Service.OnFreePort().To(backend));
        using var followed = Followed.By(proxy);
        var asking = Enumerable.Range(0, atOnce).Select(async _ =>
        {
            for (int i = 0; i < connections / atOnce; i++)
            {
                using var client = await proxy.ConnectAsync();
                string own = $"{client.Socket.LocalEndPoint}";
                await client.SendAsync(new[] { (byte)own.Length });
                (await TellAsync(client, own)).ShouldBe("ok");
                client.FinishSending();
                await client.ReceiveToEndAsync();
            }
        });
        await Task.WhenAll(asking);

        var ends = await followed.EndsAsync(connections);

        followed.Lost.ShouldBe(0);
        seen.Count.ShouldBe(connections);
        ends.Select(end => end.Flow.Id).Distinct().Count().ShouldBe(connections);
        foreach (var end in ends)
        {
            var (local, remote) = seen[$"{end.Flow.Client}"];
            var dial = followed.Of(end.Flow).OfType<DialEvent>().ShouldHaveSingleItem();
            (end.Flow.Listener, dial.Endpoint.ToString(), dial.Local?.ToString()).ShouldBe((proxy.Address, local, remote));
            (end.Endpoint?.ToString(), end.Local?.ToString(), end.Reason).ShouldBe((local, remote, "client_fin"));
            followed.Of(end.Flow).Select(happened => happened.GetType().Name).ShouldBe(
                [nameof(ArrivalEvent), nameof(DecisionEvent), nameof(DialEvent), nameof(FirstByteEvent), nameof(FirstByteEvent), nameof(EndEvent)]);
            followed.Of(end.Flow).Select(happened => happened.After).ShouldBeInOrder();
        }

        static async Task<string> TellAsync(Peer client, string own)
        {
            await client.SendAsync(own);
            return await client.ReceiveTextAsync(2);
        }
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task OneConnection_FirstBytesAndBothLegs_AreTold(TransportKind transport)
    {
        const int much = 3_000_000;
        await using var backend = Backend.Run(async peer =>
        {
            await peer.ReceiveAsync(1);
            await peer.SendAsync(new byte[much]);
            peer.FinishSending();
            await peer.ReceiveToEndAsync();
        });
        await using var proxy = await Proxy.StartAsync(transport, Service.OnFreePort().To(backend));
        using var followed = Followed.By(proxy);
        using var client = await proxy.ConnectAsync();
        await client.SendAsync("?");
        (await client.ReceiveToEndAsync()).Bytes.Length.ShouldBe(much);
        client.FinishSending();

        var end = (await followed.EndsAsync(1)).Single();

        (end.Reason, end.BytesIn, end.BytesOut).ShouldBe(("backend_fin", 1, much));
        followed.Of<FirstByteEvent>().Select(first => first.ToEndpoint).ShouldBe([true, false]);
        end.FirstByteIn!.Value.ShouldBeLessThanOrEqualTo(end.FirstByteOut!.Value);
        end.FirstByteOut.Value.ShouldBeLessThanOrEqualTo(end.After);
        foreach (var leg in new[] { end.ClientLeg!.Value, end.EndpointLeg!.Value })
        {
            leg.Rtt.ShouldBeGreaterThan(TimeSpan.Zero);
            leg.CongestionWindow.ShouldBeGreaterThan(0u);
            leg.SegmentSize.ShouldBeGreaterThan(500u);
        }

        var arrival = followed.Of<ArrivalEvent>().Single();
        arrival.Queued!.Value.ShouldBeLessThan(Eventually.Patience);
        arrival.Time.ShouldBe(DateTimeOffset.UtcNow, Eventually.Patience);
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task FirstEndpointRefuses_TwoDialsAndWhyTheOther(TransportKind transport)
    {
        await using var dead = Backend.Refusing();
        await using var echo = Backend.Echo();
        await using var proxy = await Proxy.StartAsync(transport, Service.OnFreePort().To(dead, echo));
        using var followed = Followed.By(proxy);
        for (int i = 0; i < 2; i++)
        {
            using var client = await proxy.ConnectAsync();
            (await client.AskAsync("hello")).ShouldBe("hello");
            client.FinishSending();
            await client.ReceiveToEndAsync();
        }

        var ends = await followed.EndsAsync(2);

        var retried = ends.Select(end => followed.Of(end.Flow)).First(events => events.OfType<DialEvent>().Count() == 2);
        retried.OfType<DialEvent>().Select(dial => (dial.Attempt, dial.Endpoint, dial.Outcome, dial.Local is null)).ShouldBe(
            [(1, dead.EndPoint, ConnectOutcome.Refused, true), (2, echo.EndPoint, ConnectOutcome.Connected, false)]);
        var decisions = retried.OfType<DecisionEvent>().ToList();
        decisions.Select(decision => (decision.Attempt, decision.Chosen)).ShouldBe([(1, dead.EndPoint), (2, echo.EndPoint)]);
        decisions[0].Others.ShouldBe([new PassedOver(echo.EndPoint, PassedOverReason.NotChosen)]);
        decisions[1].Others.ShouldBe([new PassedOver(dead.EndPoint, PassedOverReason.Tried)]);
        (decisions[0].Scheduler, decisions[0].Policy, decisions[0].IsLocalOnly, decisions[0].MoreOthers).ShouldBe(
            (SchedulerKind.RoundRobin, TrafficPolicy.Cluster, false, 0));
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task ClientIsPinned_DecisionSaysWhere(TransportKind transport)
    {
        await using var one = Backend.Echo();
        await using var two = Backend.Echo();
        await using var proxy = await Proxy.StartAsync(transport, Service.OnFreePort().To(one, two) with { AffinityTimeout = TimeSpan.FromHours(1) });
        using var followed = Followed.By(proxy);
        for (int i = 0; i < 2; i++)
        {
            using var client = await proxy.ConnectAsync();
            await client.AskAsync("hello");
            client.FinishSending();
            await client.ReceiveToEndAsync();
            await followed.EndsAsync(i + 1);
        }

        var decisions = followed.Of<DecisionEvent>().ToList();

        decisions[0].Pin.ShouldBeNull();
        decisions[1].Pin.ShouldBe(decisions[0].Chosen);
        decisions[1].Chosen.ShouldBe(decisions[0].Chosen);
        decisions[1].Others.Single().Reason.ShouldBe(PassedOverReason.PinnedElsewhere);
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task EveryCheapEnd_HasItsReason(TransportKind transport)
    {
        await using var backend = Backend.Run(async peer =>
        {
            switch (await peer.ReceiveTextAsync(1))
            {
                case "f":
                    peer.FinishSending();
                    await peer.ReceiveToEndAsync();
                    break;
                case "r":
                    peer.Reset();
                    break;
                default:
                    await peer.SendAsync("!");
                    await peer.ReceiveToEndAsync();
                    break;
            }
        });
        await using var dead = Backend.Refusing();
        var (main, idle, lost, full) = (
            Service.OnFreePort().To(backend), Service.OnFreePort().To(backend).With(new ServiceSettings { IdleTimeout = TimeSpan.FromSeconds(1) }),
            Service.OnFreePort().To(dead), Service.OnFreePort().To(backend).With(new ServiceSettings { MaxConnections = 1 }));
        await using var proxy = await Proxy.StartAsync(transport, main, idle, lost, full);
        using var followed = Followed.By(proxy);
        int ended = 0;

        (await EndOfAsync(main, "x", client => client.FinishSending())).ShouldBe("client_fin");
        (await EndOfAsync(main, "f", client => client.FinishSending())).ShouldBe("backend_fin");
        (await EndOfAsync(main, "x", client => client.Reset())).ShouldBe("client_rst");
        (await EndOfAsync(main, "r", _ => { })).ShouldBe("backend_rst");
        (await EndOfAsync(idle, "x", _ => { })).ShouldBe("idle");
        (await EndOfAsync(lost, "x", _ => { })).ShouldBe("no_endpoint");
        followed.Of<EndEvent>().Last().Endpoint.ShouldBe(dead.EndPoint);
        using (var first = await Peer.ConnectAsync(full.Address))
        {
            await first.AskAsync("!");
            (await EndOfAsync(full, "x", _ => { })).ShouldBe("limit");
        }

        async Task<string> EndOfAsync(Service service, string says, Action<Peer> finish)
        {
            try
            {
                using var client = await Peer.ConnectAsync(service.Address);
                await client.SendAsync(says);
                if (says == "x" && service == main) await client.ReceiveAsync(1);
                if (says == "f") await client.ReceiveToEndAsync();
                finish(client);
                return (await followed.EndsAsync(++ended))[ended - 1].Reason;
            }
            catch (SocketException)
            {
                // Reset before it has said anything.
                return (await followed.EndsAsync(++ended))[ended - 1].Reason;
            }
        }
    }

    /// <summary>Nobody takes what is told: it is lost, counted, and no client notices.</summary>
    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task ReaderTakesNothing_LosesEventsAndTrafficGoesOn(TransportKind transport)
    {
        await using var echo = Backend.Echo();
        await using var proxy = await Proxy.StartAsync(transport, Service.OnFreePort().To(echo));
        using var reader = proxy.Traces.TryOpen(new TraceFilter())!;
        const int connections = 2000;
        await Task.WhenAll(Enumerable.Range(0, 20).Select(async _ =>
        {
            for (int i = 0; i < connections / 20; i++)
            {
                using var client = await proxy.ConnectAsync();
                (await client.AskAsync("hello")).ShouldBe("hello");
                client.FinishSending();
                await client.ReceiveToEndAsync();
            }
        }));
        await proxy.EndsWith(Serving.EndReason.ClientFin, connections);
        // The last end is told after it was counted.
        long lost = 0;
        await Eventually.IsTrue(() => (lost += reader.TakeLost()) >= (6 * connections) - TraceReader.Capacity, "all is told");

        var kept = reader.Take(int.MaxValue);

        kept.Count.ShouldBe(TraceReader.Capacity);
        (lost + reader.TakeLost()).ShouldBe((6 * connections) - TraceReader.Capacity);
        using var late = await proxy.ConnectAsync();
        await late.AskAsync("hello");
        await Eventually.IsTrue(() => reader.Take(100).OfType<DialEvent>().Any(), "what is taken makes room");
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task Filters_LetOthersPass(TransportKind transport)
    {
        await using var echo = Backend.Echo();
        var (one, two) = (Service.OnFreePort().To(echo), Service.OnFreePort().To(echo));
        await using var proxy = await Proxy.StartAsync(transport, one, two);
        using var ofService = Followed.By(proxy, new TraceFilter { Service = port => port.Name == two.PortName });
        using var ofClient = Followed.By(proxy, new TraceFilter { Clients = new CidrBlock(IPAddress.Parse("127.0.0.2"), 32) });
        using var first = Followed.By(proxy, new TraceFilter { Count = 1 });
        foreach (string from in new[] { "127.0.0.3", "127.0.0.2" })
        {
            foreach (var service in new[] { one, two })
            {
                using var client = await Peer.ConnectAsync(service.Address, IPAddress.Parse(from));
                await client.AskAsync("hello");
                client.FinishSending();
                await client.ReceiveToEndAsync();
            }
        }

        (await ofService.EndsAsync(2)).Select(end => end.Flow.Service).Distinct().ShouldBe([two.PortName]);
        (await ofClient.EndsAsync(2)).Select(end => end.Flow.Client.Address.ToString()).Distinct().ShouldBe(["127.0.0.2"]);
        (await first.EndsAsync(1)).Select(end => (end.Flow.Service, end.Flow.Client.Address.ToString())).ShouldBe([(one.PortName, "127.0.0.3")]);
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task ReaderLeaves_NothingIsToldAnyMore(TransportKind transport)
    {
        await using var echo = Backend.Echo();
        await using var proxy = await Proxy.StartAsync(transport, Service.OnFreePort().To(echo));
        var readers = Enumerable.Range(0, TraceFeed.MostReaders).Select(_ => proxy.Traces.TryOpen(new TraceFilter())!).ToList();
        proxy.Traces.TryOpen(new TraceFilter()).ShouldBeNull();
        using var client = await proxy.ConnectAsync();
        await client.AskAsync("hello");

        foreach (var reader in readers) reader.Dispose();
        client.FinishSending();
        await client.ReceiveToEndAsync();
        await proxy.EndsWith(Serving.EndReason.ClientFin);

        proxy.Traces.IsRead.ShouldBeFalse();
        readers.ShouldAllBe(reader => reader.Take(1).Count == 0);
        using var again = proxy.Traces.TryOpen(new TraceFilter());
        again.ShouldNotBeNull();
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task ToldClient_IsTheClient_AndFits(TransportKind transport)
    {
        await using var echo = Backend.Echo();
        var balancer = new CidrBlock(IPAddress.Parse("127.0.0.5"), 32);
        await using var proxy = await Proxy.StartAsync(
            transport, Service.OnFreePort().To(echo).With(new ServiceSettings { AcceptProxyProtocol = [balancer] }));
        using var followed = Followed.By(proxy, new TraceFilter { Clients = new CidrBlock(IPAddress.Parse("203.0.113.0"), 24), ClientPort = 40000 });
        using (var other = await proxy.ConnectAsync()) await other.AskAsync("hello");
        using var client = await proxy.ConnectAsync(balancer.Address);
        await client.SendAsync("PROXY TCP4 203.0.113.7 198.51.100.1 40000 443\r\n");
        (await client.AskAsync("hello")).ShouldBe("hello");
        client.FinishSending();
        await client.ReceiveToEndAsync();

        var flow = (await followed.EndsAsync(1)).Single().Flow;

        (flow.Client.ToString(), flow.ToldBy?.Address.ToString(), flow.Listener).ShouldBe(("203.0.113.7:40000", "127.0.0.5", proxy.Address));
    }

    [Fact]
    public async Task UdpSession_BeginsWithThePortThatTheEndpointSees_AndEndsWithItsReason()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "UDP is Linux's");
        await using var echo = DatagramBackend.Named("pod", DatagramBackend.OnLoopback());
        var settings = new ServiceSettings { UdpResponses = 1 };
        await using var proxy = await Proxy.StartAsync(TransportKind.Sockets, Service.OnFreePort().To(echo).With(settings));
        using var followed = Followed.By(proxy);
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        using var client = DatagramClient.Connect(socket, proxy.Address.Address, proxy.Address.Port);
        (await client.AskAsync()).ShouldBe("pod");

        var end = (await followed.EndsAsync(1)).Single();

        var began = followed.Of<SessionEvent>().Single();
        (end.Flow.Client, end.Flow.Listener, began.Endpoint).ShouldBe((new IPEndPoint(IPAddress.Loopback, client.Port), proxy.Address, echo.EndPoint));
        echo.TakeSources().Single().ShouldBe(new IPEndPoint(IPAddress.Loopback, began.LocalPort!.Value).Serialize().ToString());
        followed.Of<DecisionEvent>().Single().Chosen.ShouldBe(echo.EndPoint);
        (end.Reason, end.BytesIn, end.BytesOut, end.DatagramsIn, end.DatagramsOut, end.LocalPort).ShouldBe(("responses", 1, 5, 1, 1, began.LocalPort));
    }
}
