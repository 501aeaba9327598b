using System.Net;
using System.Net.Sockets;
using UserProxy.Serving;
using UserProxy.Tcp;
using UserProxy.Tcp.Sockets;

namespace UserProxy.Tests.Tcp.Sockets;

public sealed class PipeRelayTests
{
    /// <summary>
    /// SO_ERROR is told once: whoever looked before the relay ran has taken it. The other side's FIN has been passed on when the end is read.
    /// </summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ErrorWasTakenBefore_AndTheOtherSideHasFinished_IsAResetAllTheSame(bool clientResets)
    {
        await using var transport = new SocketTransport();
        await using var listener = await transport.BindAsync(new IPEndPoint(IPAddress.Loopback, 0));
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        using var backend = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(listener.EndPoint);
        var toClient = (SocketConnection)(await listener.AcceptAsync())!;
        await backend.ConnectAsync(listener.EndPoint);
        var toBackend = (SocketConnection)(await listener.AcceptAsync())!;
        var (resetting, finishing, broken) = clientResets ? (client, backend, toClient) : (backend, client, toBackend);

        resetting.Close(timeout: 0);
        broken.Socket.Poll(TimeSpan.FromSeconds(90), SelectMode.SelectRead).ShouldBeTrue();
        broken.TakeReset().ShouldBeTrue();
        finishing.Shutdown(SocketShutdown.Send);
        (broken == toClient ? toBackend : toClient).Socket.Poll(TimeSpan.FromSeconds(90), SelectMode.SelectRead).ShouldBeTrue();
        var result = await transport.CreateRelay(toClient, toBackend, new RelayOptions(TimeSpan.FromHours(2), TimeSpan.FromHours(1))).RunAsync();

        result.Reason.ShouldBe(clientResets ? EndReason.ClientReset : EndReason.BackendReset);
        Should.Throw<SocketException>(() => finishing.Receive(new byte[1])).SocketErrorCode.ShouldBe(SocketError.ConnectionReset);
    }
}
