using System.Net;
using System.Net.Sockets;
using UserProxy.FunctionalTests.Backends;
using UserProxy.FunctionalTests.Support;
using UserProxy.Policy;

namespace UserProxy.FunctionalTests;

/// <summary>A port that cannot be had is reported and tried again; the others are served.</summary>
[Collection(nameof(Alone))]
public sealed class PortTests
{
    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task PortTaken_ThenFreed_OthersAreServedAndItIsServedSoon(TransportKind transport)
    {
        await using var echo = Backend.Echo();
        var taken = Service.OnFreePort().To(echo);
        var other = Service.OnFreePort().To(echo);
        using var holder = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        holder.Bind(taken.Address);
        holder.Listen();
        await using var proxy = await Proxy.StartAsync(transport, taken, other);

        var status = proxy.StatusOf(taken).Listeners.Single();
        status.State.ShouldBe(ListenerState.Failed);
        status.Reason.ShouldBe("the port is taken");
        using (var client = await Peer.ConnectAsync(other.Address)) (await client.AskAsync("other")).ShouldBe("other");

        holder.Dispose();

        await Eventually.IsTrue(
            () => proxy.StatusOf(taken).Listeners.Single() is { State: ListenerState.Listening, Reason: null }, "the freed port is served");
        using (var client = await Peer.ConnectAsync(taken.Address)) (await client.AskAsync("taken")).ShouldBe("taken");
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task SecondProxy_OnTheSamePort_DoesNotShareIt(TransportKind transport)
    {
        // SO_REUSEPORT on either would let both listen and split the clients in silence.
        await using var echo = Backend.Echo();
        var service = Service.OnFreePort().To(echo);
        await using var first = await Proxy.StartAsync(transport, service);
        await using var second = await Proxy.StartAsync(transport, service);

        second.Status.Listeners.Single().State.ShouldBe(ListenerState.Failed);
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task PortWithTimeWaits_AfterARestart_IsBoundAtOnce(TransportKind transport)
    {
        await using var backend = Backend.Named("bye");
        var service = Service.OnFreePort().To(backend);
        await using (var proxy = await Proxy.StartAsync(transport, service))
        {
            using var client = await proxy.ConnectAsync();
            await client.ReceiveToEndAsync();
            client.FinishSending();
            await Eventually.IsTrue(() => KernelTable.Count(service.Address.Port, TcpSocketState.TimeWait) > 0, "the proxy's side holds a TIME_WAIT");
        }

        await using var again = await Proxy.StartAsync(transport, service);
        again.Status.Listeners.Single().State.ShouldBe(ListenerState.Listening);
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task PortMoves_FromOneServiceToAnotherInOneTable_IsServedByTheNewOne(TransportKind transport)
    {
        await using var a = Backend.Named("a");
        await using var b = Backend.Named("b");
        var before = Service.OnFreePort().To(a);
        await using var proxy = await Proxy.StartAsync(transport, before);

        await proxy.UpdateAsync(before.To(b) with { Name = "another" });

        using var client = await Peer.ConnectAsync(new IPEndPoint(IPAddress.Loopback, before.Address.Port));
        (await client.ReceiveTextAsync(1)).ShouldBe("b");
    }
}
