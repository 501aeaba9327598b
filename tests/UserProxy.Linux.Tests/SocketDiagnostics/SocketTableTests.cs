using System.Net;
using System.Net.Sockets;
using UserProxy.Linux.SocketDiagnostics;
using UserProxy.Model;

namespace UserProxy.Linux.Tests.SocketDiagnostics;

/// <summary>The running kernel, both ways of asking it, and both families.</summary>
public sealed class SocketTableTests
{
    public static TheoryData<string, bool> Ways => new() { { "127.0.0.1", true }, { "127.0.0.1", false }, { "::1", true }, { "::1", false } };

    [Theory]
    [MemberData(nameof(Ways))]
    public void OfPort_ListenerWithAWaitingClient_ShowsBoth_AndTheOwnerAfterAccept(string text, bool netlink)
    {
        var address = IPAddress.Parse(text);
        Assert.SkipUnless(address.AddressFamily == AddressFamily.InterNetwork || Socket.OSSupportsIPv6, "this machine has no IPv6");
        using var listener = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(address, 0));
        listener.Listen(7);
        int port = ((IPEndPoint)listener.LocalEndPoint!).Port;
        using var client = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        client.Connect(listener.LocalEndPoint);
        using var table = SocketTable.Open(netlink: netlink);

        // Somebody's client may have the same port at another address.
        var rows = table.OfPort(TransportProtocol.Tcp, port).Where(row => row.Local.Equals(listener.LocalEndPoint)).ToList();

        var listening = rows.Single(row => row.State == SocketState.Listen);
        listening.Local.ShouldBe(listener.LocalEndPoint);
        listening.ReceiveQueue.ShouldBe(1u);
        listening.SendQueue.ShouldBe(netlink ? 7u : null);
        listening.IsOwned.ShouldBeTrue();
        var child = rows.Single(row => row.State == SocketState.Established);
        child.Remote.ShouldBe(client.LocalEndPoint);
        child.IsUnaccepted.ShouldBeTrue();

        using var accepted = listener.Accept();
        var own = (IPEndPoint)client.LocalEndPoint!;
        table.PeersOf(own.Port).Single(row => row.Remote.Equals(own) && row.Local.Equals(listener.LocalEndPoint)).IsOwned.ShouldBeTrue();
        table.OfPort(TransportProtocol.Tcp, port).Single(row => row.State == SocketState.Listen && row.Local.Equals(listener.LocalEndPoint)).ReceiveQueue.ShouldBe(0u);
        table.Source.ShouldBe(netlink ? "sock_diag" : "/proc/net");
        table.Trouble.ShouldBeNull();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void OfPort_Udp_ShowsWhatWaits(bool netlink)
    {
        using var bound = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        bound.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        client.SendTo(new byte[100], bound.LocalEndPoint!);
        using var table = SocketTable.Open(netlink: netlink);

        var row = table.OfPort(TransportProtocol.Udp, ((IPEndPoint)bound.LocalEndPoint!).Port).Single(row => row.Local.Equals(bound.LocalEndPoint));

        row.ReceiveQueue.ShouldBeGreaterThan(100u);
        row.Drops.ShouldBe(0u);
    }

    [Fact]
    public void OfPort_NeitherWayWorks_SaysWhy()
    {
        using var table = SocketTable.Open("/nonexistent", netlink: false);

        table.OfPort(TransportProtocol.Tcp, 80).ShouldBeEmpty();

        table.Trouble.ShouldNotBeNull().ShouldContain("/nonexistent");
    }
}
