using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using UserProxy.FunctionalTests.Backends;
using UserProxy.FunctionalTests.Support;
using UserProxy.Model;
using UserProxy.Policy;
using UserProxy.Syncing;

namespace UserProxy.FunctionalTests;

/// <summary>Listeners of virtual IPs do not wait for them and are closed before they go, and trouble with them costs nobody else.</summary>
[Collection(nameof(Alone))]
public sealed class VirtualIPTests
{
    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task Changes_ListenersDoNotWaitForAddresses_AndAreClosedBeforeTheyGo(TransportKind transport)
    {
        await using var echo = Backend.Echo();
        int port = FreePort.Next();
        var first = ClusterIP("127.77.0.1", port).To(echo);
        var second = ClusterIP("127.77.0.2", port).To(echo);
        var target = new Recorder(port);
        await using var proxy = await Proxy.StartAsync(transport, target, first);
        await proxy.UpdateAsync(first, second);
        // The listener of the one is closed in between.
        await proxy.UpdateAsync(second with { Endpoints = [] });
        await proxy.UpdateAsync(second);
        await proxy.UpdateAsync(Service.OnFreePort().To(echo));

        target.Calls.ShouldBe(
        [
            "127.77.0.1; listening: 1",
            "127.77.0.1 127.77.0.2; listening: 2",
            "127.77.0.2; listening: 0",
            "; listening: 0",
        ]);
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task Failure_IsTriedAgain_AndEverythingIsServedMeanwhile(TransportKind transport)
    {
        await using var echo = Backend.Echo();
        var virtualOne = ClusterIP("127.77.0.3", FreePort.Next()).To(echo);
        var nodePort = Service.OnFreePort().To(echo);
        var target = new Recorder(0) { FailuresLeft = 1 };
        await using var proxy = await Proxy.StartAsync(transport, target, virtualOne, nodePort);

        (await Connecting.TryAsync(nodePort.Address)).ShouldBe(Connecting.Outcome.Connected);
        (await Connecting.TryAsync(virtualOne.Address)).ShouldBe(Connecting.Outcome.Connected);
        await Eventually.IsTrue(() => target.Calls.Count == 2, "it is tried again");
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task EndpointIsAVirtualAddressOfOurOwn_IsNotDialled(TransportKind transport)
    {
        await using var echo = Backend.Echo();
        var target = ClusterIP("127.77.0.4", FreePort.Next()).To(echo);
        var loop = Service.OnFreePort() with { Endpoints = [new Endpoint(target.Address.Address, target.Address.Port)] };
        await using var proxy = await Proxy.StartAsync(transport, loop, target);

        (await proxy.ConnectAndReadToEndAsync()).ShouldBe(StreamEnd.Reset);

        proxy.StatusOf(target).Counters.Accepted.ShouldBe(0);
        (await Connecting.TryAsync(target.Address)).ShouldBe(Connecting.Outcome.Connected);
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task AddressOfTwoServices_FirstHasIt_TheOtherSaysSoAndGetsItWhenItIsFree(TransportKind transport)
    {
        await using var a = Backend.Named("a");
        await using var b = Backend.Named("b");
        var first = ClusterIP("127.77.0.5", FreePort.Next()).To(a) with { Name = "a" };
        var second = first.To(b) with { Name = "b" };
        await using var proxy = await Proxy.StartAsync(transport, second);
        (await AskAsync(second.Address)).ShouldBe("b");

        await proxy.UpdateAsync(first, second);

        (await AskAsync(second.Address)).ShouldBe("a");
        var status = proxy.StatusOf(second).Listeners.Single();
        (status.State, status.Reason).ShouldBe((ListenerState.Failed, "the address belongs to test/a"));

        await proxy.UpdateAsync(second);
        (await AskAsync(second.Address)).ShouldBe("b");
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task Peek_SaysWhereTheNextConnectionGoes(TransportKind transport)
    {
        await using var a = Backend.Echo();
        await using var b = Backend.Echo();
        await using var c = Backend.Echo();
        var service = Service.OnFreePort().To(a, b, c);
        await using var proxy = await Proxy.StartAsync(transport, service);
        for (int i = 0; i < 6; i++)
        {
            var expected = proxy.Peek(service, IPAddress.Loopback).ShouldNotBeNull();
            var backend = new[] { a, b, c }.Single(each => each.EndPoint.Equals(expected));
            int before = backend.Accepted;
            using var client = await proxy.ConnectAsync();
            await client.AskAsync("who");
            backend.Accepted.ShouldBe(before + 1);
        }

        var local = service.ToLocal(0, a, b, c);
        await proxy.UpdateAsync(local);
        proxy.Peek(local, IPAddress.Parse("203.0.113.1")).ShouldBeNull();
        proxy.Peek(local, IPAddress.Loopback).ShouldNotBeNull();
    }

    private static Service ClusterIP(string address, int port) =>
        Service.On(new IPEndPoint(IPAddress.Parse(address), port)) with { Kind = ListenerKind.ClusterIP, Name = address };

    private static async Task<string> AskAsync(IPEndPoint address)
    {
        using var client = await Peer.ConnectAsync(address);
        return await client.ReceiveTextAsync(1);
    }

    /// <summary>Notes each call, with how many sockets listen on the port by then.</summary>
    private sealed class Recorder(int port) : IVirtualIPs
    {
        public ConcurrentQueue<string> Calls { get; } = [];

        public int FailuresLeft { get; set; }

        public ValueTask ApplyAsync(IReadOnlySet<IPAddress> wanted, CancellationToken cancellationToken)
        {
            string addresses = string.Join(' ', wanted.Select(address => address.ToString()).Order());
            Calls.Enqueue($"{addresses}; listening: {KernelTable.Count(port, TcpSocketState.Listen)}");
            return FailuresLeft-- > 0 ? throw new SocketException((int)SocketError.AccessDenied) : default;
        }
    }
}
