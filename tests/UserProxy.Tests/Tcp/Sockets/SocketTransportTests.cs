using System.Net;
using System.Net.Sockets;
using UserProxy.FunctionalTests.Support;
using UserProxy.Policy;
using UserProxy.Tcp.Sockets;

namespace UserProxy.Tests.Tcp.Sockets;

public sealed class SocketTransportTests
{
    [Fact]
    public async Task Sockets_AcceptedAndDialled_HaveTheSameOptions()
    {
        await using var transport = new SocketTransport(new SocketTransportOptions { KeepAliveTime = TimeSpan.FromSeconds(61) });
        await using var listener = await transport.BindAsync(new IPEndPoint(IPAddress.Loopback, 0));
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(listener.EndPoint);
        await using var accepted = (SocketConnection)(await listener.AcceptAsync())!;

        var dial = await transport.DialAsync((IPEndPoint)listener.EndPoint, accepted, new(TimeSpan.FromSeconds(90)));

        dial.Outcome.ShouldBe(ConnectOutcome.Connected);
        await using var dialled = (SocketConnection)dial.Connection!;
        foreach (var socket in new[] { accepted.Socket, dialled.Socket })
        {
            socket.NoDelay.ShouldBeTrue();
            Option(socket, SocketOptionLevel.Socket, SocketOptionName.KeepAlive).ShouldNotBe(0);
            Option(socket, SocketOptionLevel.Socket, SocketOptionName.OutOfBandInline).ShouldNotBe(0);
            Option(socket, SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime).ShouldBe(61 - (int)(socket.Handle % 30));
            Option(socket, SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval).ShouldBe(15);
            Option(socket, SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount).ShouldBe(4);
        }
    }

    /// <summary>How long a client was queued is taken from it.</summary>
    [Fact]
    public async Task ReadLeg_ClientThatWasSentNothing_SaysSinceWhenItIsThere()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "only Linux tells");
        await using var transport = new SocketTransport();
        await using var listener = await transport.BindAsync(new IPEndPoint(IPAddress.Loopback, 0));
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(listener.EndPoint);

        await using var accepted = (SocketConnection)(await listener.AcceptAsync())!;

        await Eventually.IsTrue(() => accepted.ReadLeg()!.Value.SinceSent > TimeSpan.Zero, "its time goes on");
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public async Task DialAsync_SendsWithTheHopsThatItIsTold_AndTheAcceptedOneKnowsThem(string address)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "only Linux keeps them");
        await using var transport = new SocketTransport();
        await using var listener = await transport.BindAsync(new IPEndPoint(IPAddress.Parse(address), 0));
        using var client = new Socket(AddressFamilyOf(listener), SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(listener.EndPoint);
        await using var accepted = (SocketConnection)(await listener.AcceptAsync())!;

        var dial = await transport.DialAsync((IPEndPoint)listener.EndPoint, accepted, new(TimeSpan.FromSeconds(90)) { Hops = 9 });

        await using var dialled = dial.Connection.ShouldNotBeNull();
        await using var other = (SocketConnection)(await listener.AcceptAsync())!;
        other.ReadHops().ShouldBe(9);
    }

    [Fact]
    public async Task AcceptAsync_Unbound_YieldsTheQueuedThenNull()
    {
        await using var transport = new SocketTransport();
        await using var listener = await transport.BindAsync(new IPEndPoint(IPAddress.Loopback, 0));
        var clients = Enumerable.Range(0, 10).Select(_ => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)).ToList();
        foreach (var client in clients) client.Connect(listener.EndPoint);

        await listener.UnbindAsync();

        for (int i = 0; i < clients.Count; i++) (await listener.AcceptAsync()).ShouldNotBeNull();
        (await listener.AcceptAsync()).ShouldBeNull();
        (await listener.AcceptAsync()).ShouldBeNull();
        foreach (var client in clients) client.Dispose();
    }

    [Fact]
    public async Task UnbindAsync_AcceptPending_Ends()
    {
        await using var transport = new SocketTransport();
        await using var listener = await transport.BindAsync(new IPEndPoint(IPAddress.Loopback, 0));
        var accepting = listener.AcceptAsync().AsTask();
        accepting.IsCompleted.ShouldBeFalse();

        await listener.UnbindAsync();

        (await accepting.WaitAsync(TimeSpan.FromSeconds(90))).ShouldBeNull();
    }

    [Fact]
    public async Task BindAsync_PortTaken_ThrowsSocketException()
    {
        await using var transport = new SocketTransport();
        await using var first = await transport.BindAsync(new IPEndPoint(IPAddress.Loopback, 0));

        var failure = await Should.ThrowAsync<SocketException>(async () => await transport.BindAsync(first.EndPoint));

        failure.SocketErrorCode.ShouldBe(SocketError.AddressAlreadyInUse);
    }

    private static AddressFamily AddressFamilyOf(Microsoft.AspNetCore.Connections.IConnectionListener listener) => listener.EndPoint.AddressFamily;

    private static int Option(Socket socket, SocketOptionLevel level, SocketOptionName name) => (int)socket.GetSocketOption(level, name)!;
}
