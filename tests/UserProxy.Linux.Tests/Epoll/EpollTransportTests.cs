using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using UserProxy.Linux.Epoll;
using UserProxy.Linux.Loops;
using UserProxy.Linux.Tests.Loops;
using UserProxy.Policy;

namespace UserProxy.Linux.Tests.Epoll;

public sealed class EpollTransportTests() : LoopTransportTests(loops => EpollTransport.Create(loops, NullLogger.Instance))
{
    /// <summary>The loop hears of the handshake and of the RST at once: the endpoint was there.</summary>
    [Fact]
    public async Task DialAsync_ResetBeforeTheLoopLooks_WasConnected()
    {
        await using var listener = await Transport.BindAsync(new IPEndPoint(IPAddress.Loopback, 0));
        using var client = await ConnectAsync(listener.EndPoint);
        await using var accepted = (LoopConnection)(await listener.AcceptAsync())!;
        using var backend = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        backend.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        backend.Listen();

        var dial = await DialAsync(accepted, (IPEndPoint)backend.LocalEndPoint!, new(TimeSpan.FromSeconds(90)), whileTheLoopIsBusy: () =>
        {
            using var peer = backend.Accept();
            peer.LingerState = new LingerOption(true, 0);
        });

        dial.Outcome.ShouldBe(ConnectOutcome.Connected);
        await using var dialled = (LoopConnection)dial.Connection!;
        dialled.IsBroken.ShouldBeTrue();
    }
}
