using System.Net;
using System.Net.Sockets;
using UserProxy.Tcp.Sockets;

namespace UserProxy.Tests.Tcp.Sockets;

/// <summary>Who has been let in by the kernel is served, whenever the listener is closed.</summary>
public sealed class ListeningSocketTests
{
    private const int Clients = 10;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task UnbindAsync_ClientsWaitInTheQueue_AreAcceptedAndThenItIsClosed(bool isAccepting)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        socket.Listen();
        var (address, listening) = (socket.LocalEndPoint!, new ListeningSocket(socket));
        var first = isAccepting ? listening.AcceptAsync().AsTask() : null;
        var clients = Enumerable.Range(0, Clients).Select(_ => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)).ToList();
        foreach (var client in clients) client.Connect(address);

        await listening.UnbindAsync();
        await listening.UnbindAsync();

        var accepted = first is null ? [] : new List<Socket> { (await first).ShouldNotBeNull() };
        while (await listening.AcceptAsync() is { } client) accepted.Add(client);
        accepted.Count.ShouldBe(Clients);
        foreach (var server in accepted) server.Send("x"u8);
        foreach (var client in clients) client.Receive(new byte[1]).ShouldBe(1);
        using var late = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        Should.Throw<SocketException>(() => late.Connect(address)).SocketErrorCode.ShouldBe(SocketError.ConnectionRefused);
        await listening.UnbindAsync();
        (await listening.AcceptAsync()).ShouldBeNull();
        foreach (var each in clients.Concat(accepted)) each.Dispose();
    }
}
