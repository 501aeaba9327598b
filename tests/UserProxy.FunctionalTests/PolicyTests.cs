using System.Net;
using UserProxy.FunctionalTests.Backends;
using UserProxy.FunctionalTests.Support;
using UserProxy.Model;
using UserProxy.Policy;
using UserProxy.Serving;
using static UserProxy.FunctionalTests.Support.Connecting;

namespace UserProxy.FunctionalTests;

/// <summary>Traffic policies: which endpoints serve whom, and what a client meets when there is none for it.</summary>
public sealed class PolicyTests
{
    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task InternalLocal_WithALocalEndpoint_IsServedByItAlone(TransportKind transport)
    {
        await using var elsewhere = Backend.Echo();
        await using var here = Backend.Echo();
        var service = Service.OnFreePort() with { Kind = ListenerKind.ClusterIP };
        await using var proxy = await Proxy.StartAsync(transport, service.ToLocal(1, elsewhere, here));

        for (int i = 0; i < 6; i++)
        {
            using var client = await proxy.ConnectAsync();
            await client.AskAsync("who");
        }

        (elsewhere.Accepted, here.Accepted).ShouldBe((0, 6));
        proxy.Listener.State.ShouldBe(ListenerState.Listening);
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task InternalLocal_WithoutALocalEndpoint_IsRefusedUntilThereIsOne(TransportKind transport)
    {
        await using var echo = Backend.Echo();
        var service = Service.OnFreePort() with { Kind = ListenerKind.ClusterIP };
        await using var proxy = await Proxy.StartAsync(transport, service.ToLocal(0, echo));

        (await TryAsync(proxy.Address)).ShouldBe(Outcome.Refused);
        (proxy.Listener.State, proxy.Listener.Reason).ShouldBe((ListenerState.Refusing, "no endpoint on this node (internalTrafficPolicy Local)"));
        KernelTable.Count(proxy.Address.Port, TcpSocketState.Listen).ShouldBe(0);

        await proxy.UpdateAsync(service.ToLocal(1, echo));
        (await TryAsync(proxy.Address)).ShouldBe(Outcome.Connected);
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task InternalLocal_ToBeDropped_DiscardsEvenTheSynOfThisNode(TransportKind transport)
    {
        await using var echo = Backend.Echo();
        var service = (Service.OnFreePort() with { Kind = ListenerKind.ClusterIP }).With(new ServiceSettings { NoLocalAction = NoLocalAction.Drop });
        await using var proxy = await Proxy.StartAsync(transport, service.ToLocal(0, echo));

        (await TryAsync(proxy.Address)).ShouldBe(Outcome.Silence);
        proxy.Listener.State.ShouldBe(ListenerState.Dropping);
        proxy.Counters.Accepted.ShouldBe(0);

        await proxy.UpdateAsync(service.ToLocal(1, echo));
        (await TryAsync(proxy.Address)).ShouldBe(Outcome.Connected);
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task ExternalLocal_ClientOfThisNode_IsServedFromAllEndpoints(TransportKind transport)
    {
        await using var one = Backend.Echo();
        await using var two = Backend.Echo();
        await using var proxy = await Proxy.StartAsync(transport, Service.OnFreePort().ToLocal(1, one, two));

        for (int i = 0; i < 4; i++)
        {
            using var client = await proxy.ConnectAsync();
            await client.AskAsync("who");
        }

        (one.Accepted, two.Accepted).ShouldBe((2, 2));

        await proxy.UpdateAsync(Service.On(proxy.Address).ToLocal(0, one, two));
        (await TryAsync(proxy.Address)).ShouldBe(Outcome.Connected);
        proxy.Listener.State.ShouldBe(ListenerState.Dropping);
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task ExternalLocal_Outsider_IsServedLocallyOrDroppedAndAnEstablishedOneStays(TransportKind transport)
    {
        await using var network = await NetNamespace.CreateAsync();
        await using var elsewhere = Backend.Echo();
        await using var here = Backend.Echo();
        var service = Service.On(new IPEndPoint(network.Here, FreePort.Next()));
        await using var proxy = await Proxy.StartAsync(transport, service.ToLocal(1, elsewhere, here));
        using var early = await ConnectAsync(network, proxy.Address);
        (await early.AskAsync("early")).ShouldBe("early");
        for (int i = 0; i < 3; i++) (await TryAsync(network.CreateSocket(), proxy.Address)).ShouldBe(Outcome.Connected);
        (elsewhere.Accepted, here.Accepted).ShouldBe((0, 4));

        await proxy.UpdateAsync(service.ToLocal(0, elsewhere, here));

        (await TryAsync(network.CreateSocket(), proxy.Address)).ShouldBe(Outcome.Silence);
        (await TryAsync(proxy.Address)).ShouldBe(Outcome.Connected);
        (await early.AskAsync("still")).ShouldBe("still");
        proxy.Listener.State.ShouldBe(ListenerState.Dropping);

        await proxy.UpdateAsync(service.ToLocal(0, elsewhere, here).With(new ServiceSettings { NoLocalAction = NoLocalAction.Reject }));

        (await TryAsync(network.CreateSocket(), proxy.Address)).ShouldBe(Outcome.Refused);
        (await TryAsync(proxy.Address)).ShouldBe(Outcome.Connected);
        proxy.Listener.State.ShouldBe(ListenerState.Refusing);

        await proxy.UpdateAsync(service.ToLocal(1, elsewhere, here));

        (await TryAsync(network.CreateSocket(), proxy.Address)).ShouldBe(Outcome.Connected);
        (await early.AskAsync("again")).ShouldBe("again");
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task SourceRanges_ChangeLive_PortStaysInListenAndEstablishedConnectionsStay(TransportKind transport)
    {
        await using var echo = Backend.Echo();
        var service = (Service.OnFreePort() with { Kind = ListenerKind.LoadBalancer, SourceRanges = ["127.0.0.2/32"] }).To(echo);
        var allowed = IPAddress.Parse("127.0.0.2");
        var other = IPAddress.Parse("127.0.0.3");
        await using var proxy = await Proxy.StartAsync(transport, service);
        string listening = KernelTable.Inode(proxy.Address.Port);
        using var early = await proxy.ConnectAsync(allowed);
        (await early.AskAsync("early")).ShouldBe("early");
        (await TryAsync(proxy.Address, other)).ShouldBe(Outcome.Silence);

        await proxy.UpdateAsync(service with { SourceRanges = ["127.0.0.3/32"] });

        (await TryAsync(proxy.Address, allowed)).ShouldBe(Outcome.Silence);
        (await TryAsync(proxy.Address, other)).ShouldBe(Outcome.Connected);
        (await early.AskAsync("still")).ShouldBe("still");

        await proxy.UpdateAsync(service with { SourceRanges = [] });

        (await TryAsync(proxy.Address, allowed)).ShouldBe(Outcome.Connected);
        KernelTable.Inode(proxy.Address.Port).ShouldBe(listening);
        proxy.Counters.Closed(EndReason.Limit).ShouldBe(0);
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task SourceRanges_MoreThanAFilterHolds_AreKeptByResets(TransportKind transport)
    {
        await using var echo = Backend.Echo();
        string[] ranges = [.. Enumerable.Range(0, 2_000).Select(number => $"10.{number / 250}.{number % 250}.1/32"), "127.0.0.2/32"];
        var service = Service.OnFreePort() with { Kind = ListenerKind.LoadBalancer, SourceRanges = ranges };
        await using var proxy = await Proxy.StartAsync(transport, service.To(echo));

        (await TryAsync(proxy.Address, IPAddress.Parse("127.0.0.2"))).ShouldBe(Outcome.Connected);
        (await TryAsync(proxy.Address, IPAddress.Parse("127.0.0.3"))).ShouldBe(Outcome.Refused);

        await proxy.EndsWith(EndReason.Limit);
        echo.Accepted.ShouldBe(1);
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task VirtualAddress_NotThereYet_IsListenedOnAndServedAsSoonAsItIs(TransportKind transport)
    {
        Tool.SkipUnlessInstalled("ip");
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "routes need root");
        await using var echo = Backend.Echo();
        string address = $"198.19.{Environment.ProcessId % 250}.{1 + (int)transport}";
        var service = Service.On(new IPEndPoint(IPAddress.Parse(address), 80)) with { Kind = ListenerKind.ClusterIP };
        await using var proxy = await Proxy.StartAsync(transport, service.To(echo));
        proxy.Listener.State.ShouldBe(ListenerState.Listening);

        await Tool.RunAsync("ip", "route", "add", "local", $"{address}/32", "dev", "lo");
        try
        {
            (await TryAsync(proxy.Address)).ShouldBe(Outcome.Connected);
        }
        finally
        {
            await Tool.RunAsync("ip", "route", "del", "local", $"{address}/32", "dev", "lo");
        }
    }

    private static async Task<Peer> ConnectAsync(NetNamespace network, IPEndPoint to)
    {
        var socket = network.CreateSocket();
        using var deadline = new CancellationTokenSource(Eventually.Patience);
        await socket.ConnectAsync(to, deadline.Token);
        return new Peer(socket);
    }
}
