using System.Net;
using System.Net.Sockets;
using UserProxy.Linux.Host;
using UserProxy.Linux.PortInspection;
using UserProxy.Model;

namespace UserProxy.Linux.Tests.PortInspection;

public sealed class PortHoldersTests
{
    private const ulong Inode = 7;

    [Theory]
    [InlineData("0.0.0.0", "10.96.0.1", true)] // a daemon on all addresses keeps a ClusterIP's port
    [InlineData("10.0.0.1", "10.96.0.1", false)]
    [InlineData("10.0.0.1", "0.0.0.0", true)]
    [InlineData("::", "10.96.0.1", true)]
    [InlineData("::1", "0.0.0.0", false)]
    [InlineData("fd00::1", "::", true)]
    [InlineData("0.0.0.0", "fd00::1", false)]
    public void Of_HolderAndWish_AreInEachOthersWay(string held, string wanted, bool expected)
    {
        var holders = Holders(TransportProtocol.Tcp, held);

        holders.Of(TransportProtocol.Tcp, IPAddress.Parse(wanted), 80).Any().ShouldBe(expected);
        holders.Of(TransportProtocol.Udp, IPAddress.Parse(wanted), 80).ShouldBeEmpty();
        holders.Of(TransportProtocol.Tcp, IPAddress.Parse(wanted), 81).ShouldBeEmpty();
    }

    [Fact]
    public void Of_OwnerIsKnown_IsNamed() =>
        Holders(TransportProtocol.Tcp, "0.0.0.0").Of(TransportProtocol.Tcp, IPAddress.Loopback, 80).ShouldHaveSingleItem().Owner!.Name.ShouldBe("nginx");

    [Theory]
    [InlineData(32767, "", false)]
    [InlineData(32768, "", true)]
    [InlineData(40000, "40000", false)]
    [InlineData(40000, "1-2,39999-40001", false)]
    [InlineData(40000, "39999,40001", true)]
    public void IsEphemeral_RangeAndReservation_Decide(int port, string reserved, bool expected) =>
        new PortHolders([], new SocketOwners(), new PortRange(32768, 60999), reserved).IsEphemeral(port).ShouldBe(expected);

    [Theory]
    [InlineData(SocketType.Stream, ProtocolType.Tcp, TransportProtocol.Tcp)]
    [InlineData(SocketType.Dgram, ProtocolType.Udp, TransportProtocol.Udp)]
    public void Read_OwnSocket_IsFoundWithItsOwner(SocketType type, ProtocolType kind, TransportProtocol protocol)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, type, kind);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        if (type == SocketType.Stream) socket.Listen();
        int port = ((IPEndPoint)socket.LocalEndPoint!).Port;

        var holder = PortHolders.Read(TimeSpan.FromSeconds(30)).Of(protocol, IPAddress.Loopback, port).ShouldHaveSingleItem();

        holder.Local.ShouldBe(socket.LocalEndPoint);
        holder.Owner!.Pid.ShouldBe(Environment.ProcessId);
    }

    private static PortHolders Holders(TransportProtocol protocol, string address)
    {
        var row = new SocketRow(SocketState.Listen, new IPEndPoint(IPAddress.Parse(address), 80), new IPEndPoint(IPAddress.Any, 0), 0, 128, 0, Inode);
        var owners = new SocketOwners();
        owners.Add(Inode, new SocketOwner(1, "nginx", 0, 1, null));
        return new PortHolders([(protocol, row)], owners, new PortRange(32768, 60999), "");
    }
}
