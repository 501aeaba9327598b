using System.Net;
using System.Net.Sockets;
using UserProxy.FunctionalTests.Backends;
using UserProxy.FunctionalTests.Support;
using UserProxy.Model;

namespace UserProxy.FunctionalTests;

/// <summary>
/// Two proxies whose Services name each other, with few descriptors. Each end takes forty seconds of waiting, and next to no processor: it may have neighbours,
/// as other limits (<see cref="LimitTests"/>) may not.
/// </summary>
public sealed class DescriptorLoopTests
{
    /// <summary>All clients of all proxies wait for each other: it ends when some of them give up their places.</summary>
    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task LoopOfTwoProxies_ItsClientsTakeAllDescriptors_EndsAndAnotherServiceIsServed(TransportKind transport)
    {
        await using var echo = Backend.Echo();
        var (there, back, other) = (Service.OnFreePort(), Service.OnFreePort(), Service.OnFreePort().To(echo));
        there = there with { Endpoints = [new Endpoint(back.Address.Address, back.Address.Port)] };
        back = back with { Endpoints = [new Endpoint(there.Address.Address, there.Address.Port)] };
        var options = new ProxyOptions { AllowLoopbackEndpoints = true, DrainTimeout = TimeSpan.Zero, DescriptorLimit = 300 };
        await using var first = await Proxy.StartAsync(transport, options, there, other);
        await using var second = await Proxy.StartAsync(transport, options, back);

        // Each may go round 32 times (the hops of a packet), and each proxy has room for 103 connections.
        var looping = Task.WhenAll(Enumerable.Range(0, 10).Select(_ => EndOfAsync(there.Address)));
        // Connections of another Service that end, up to two hundred a second, do not keep those of the loop waiting, and are served meanwhile.
        using var patience = new CancellationTokenSource(Eventually.Patience);
        do
        {
            using var served = await Peer.ConnectAsync(other.Address);
            (await served.AskAsync("hello")).ShouldBe("hello");
            // Flat out they would take the processor from the loop, whose end is waited for.
            await Task.Delay(5);
        }
        while (!looping.IsCompleted && !patience.IsCancellationRequested);

        (await looping.WaitAsync(Eventually.Patience)).ShouldAllBe(end => end == StreamEnd.Reset);
        await Eventually.IsTrue(() => second.HeldDescriptors == 1, "all has been given back");

        static async Task<StreamEnd> EndOfAsync(IPEndPoint address)
        {
            try
            {
                using var client = await Peer.ConnectAsync(address);
                return (await client.ReceiveToEndAsync()).End;
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
            {
                // Before connect(2) has returned.
                return StreamEnd.Reset;
            }
        }
    }
}
