using System.Net;
using System.Net.Sockets;
using UserProxy.FunctionalTests.Backends;
using UserProxy.FunctionalTests.Support;
using UserProxy.Model;
using UserProxy.Policy;
using UserProxy.Serving;

namespace UserProxy.FunctionalTests;

/// <summary>Limits: over them a client is reset and counted, or waits; nothing else suffers.</summary>
[Collection(nameof(Alone))]
public sealed class LimitTests
{
    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task MaxConnections_OneMore_IsResetAndCounted(TransportKind transport)
    {
        await using var echo = Backend.Echo();
        await using var proxy = await Proxy.StartAsync(transport, Service.OnFreePort().To(echo).With(new ServiceSettings { MaxConnections = 2 }));
        using var first = await proxy.ConnectAsync();
        using var second = await proxy.ConnectAsync();
        await first.AskAsync("1");
        await second.AskAsync("2");

        (await proxy.ConnectAndReadToEndAsync()).ShouldBe(StreamEnd.Reset);
        await proxy.EndsWith(EndReason.Limit);

        first.Dispose();
        await Eventually.IsTrue(() => proxy.Status.ActiveConnections == 1, "the first has left");
        using var fourth = await proxy.ConnectAsync();
        (await fourth.AskAsync("4")).ShouldBe("4");
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task MaxConnectionsPerClient_OneMore_IsResetAndAnotherClientIsNot(TransportKind transport)
    {
        await using var echo = Backend.Echo();
        await using var proxy = await Proxy.StartAsync(transport, Service.OnFreePort().To(echo).With(new ServiceSettings { MaxConnectionsPerClient = 1 }));
        using var first = await proxy.ConnectAsync();
        await first.AskAsync("1");

        using var other = await proxy.ConnectAsync(from: IPAddress.Parse("127.0.0.2"));

        (await proxy.ConnectAndReadToEndAsync()).ShouldBe(StreamEnd.Reset);
        (await other.AskAsync("other")).ShouldBe("other");
        await proxy.EndsWith(EndReason.Limit);
        proxy.Counters.Closed(EndReason.Limit).ShouldBe(1);
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task DescriptorLimit_IdleConnectionsOfOneServiceHaveEverything_AnotherIsBoundAndServedAtOnce(TransportKind transport)
    {
        await using var echo = Backend.Echo();
        var (busy, other) = (Service.OnFreePort().To(echo), Service.OnFreePort().To(echo));
        var options = new ProxyOptions { AllowLoopbackEndpoints = true, DrainTimeout = TimeSpan.Zero, DescriptorLimit = 300 };
        await using var proxy = await Proxy.StartAsync(transport, options, busy);
        var idle = new List<Peer>();
        for (int i = 0; i < 150; i++) idle.Add(await proxy.ConnectAsync());
        await Eventually.IsTrue(() => proxy.AcceptPauses > 0, "no descriptor is left for connections");

        await proxy.UpdateAsync(busy, other);

        var listener = proxy.StatusOf(other).Listeners.Single();
        (listener.State, listener.Reason).ShouldBe((ListenerState.Listening, null));
        using var served = await Peer.ConnectAsync(other.Address);
        (await served.AskAsync("hello")).ShouldBe("hello", "the last eighth is for those who have little");
        foreach (var client in idle) client.Dispose();
    }

    /// <summary>A client that waits has been accepted, and has a descriptor that no connection was given.</summary>
    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task DescriptorLimit_ClientsWaitOnManyListeners_OnlySomeOfThemAreKeptAndAllAreServedInTheEnd(TransportKind transport)
    {
        // Of the 236 that may be held 25 are listeners', and an eighth of the rest is not for the busy one. Of the 64 beyond, an eighth may wait, one of them
        // on the busy listener.
        const int others = 24, served = 13, kept = 7;
        await using var echo = Backend.Echo();
        var services = Enumerable.Range(0, others + 1).Select(_ => Service.OnFreePort().To(echo)).ToArray();
        var options = new ProxyOptions { AllowLoopbackEndpoints = true, DrainTimeout = TimeSpan.Zero, DescriptorLimit = 300 };
        await using var proxy = await Proxy.StartAsync(transport, options, services);
        var idle = new List<Peer>();
        for (int i = 0; i < 150; i++) idle.Add(await proxy.ConnectAsync());
        await Eventually.IsTrue(() => proxy.AcceptPauses > 0, "no descriptor is left for connections");

        var waiting = new List<Peer>();
        foreach (var service in services[1..])
        {
            try
            {
                waiting.Add(await Peer.ConnectAsync(service.Address));
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
            {
                // Before connect(2) has returned.
            }
        }

        await Eventually.IsTrue(
            () => services[1..].Sum(service => proxy.StatusOf(service).Counters.Closed(EndReason.Limit)) == others - served - kept, "the others are reset");
        proxy.HeldDescriptors.ShouldBeLessThanOrEqualTo(300 - DescriptorBudget.Untouchable);
        foreach (var client in idle) client.Dispose();
        await Eventually.IsTrue(() => services[1..].Sum(service => proxy.StatusOf(service).ActiveConnections) == served + kept, "who has waited is served");
        foreach (var service in services[1..])
        {
            using var later = await Peer.ConnectAsync(service.Address);
            (await later.AskAsync("hello")).ShouldBe("hello");
        }

        foreach (var client in waiting) client.Dispose();
        await Eventually.IsTrue(() => proxy.HeldDescriptors == services.Length, "all has been given back");
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task DescriptorLimit_ThousandClients_WaitAndAreAllServed(TransportKind transport)
    {
        const int clients = 1000;
        await using var echo = Backend.Echo();
        var options = new ProxyOptions { AllowLoopbackEndpoints = true, DrainTimeout = TimeSpan.Zero, DescriptorLimit = 300 };
        await using var proxy = await Proxy.StartAsync(transport, options, Service.OnFreePort().To(echo));
        var waiting = new List<Peer>();
        for (int i = 0; i < clients; i++) waiting.Add(await proxy.ConnectAsync());
        var first = waiting[0];
        (await first.AskAsync("served")).ShouldBe("served");
        // Seven eighths of (300 - 64 in reserve - 1 listener) / 2; one more is accepted and waits.
        await Eventually.IsTrue(() => proxy.Status.ActiveConnections == 103, "the proxy has taken what it may");
        await Eventually.IsTrue(() => proxy.AcceptPauses > 2, "the accept loop pauses");

        proxy.Status.ActiveConnections.ShouldBe(103);

        // Each leaves when it is served, and makes room for the next.
        await Task.WhenAll(waiting.Select(async client =>
        {
            (await client.AskAsync("hello")).ShouldBe("hello");
            client.Dispose();
        })).WaitAsync(Eventually.Patience);
        await Eventually.IsTrue(() => proxy.Status.ActiveConnections == 0, "all have left");
        proxy.Counters.Accepted.ShouldBe(clients);
    }
}
