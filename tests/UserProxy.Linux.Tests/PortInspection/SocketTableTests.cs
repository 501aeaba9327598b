using System.Net;
using System.Net.Sockets;
using UserProxy.Linux.PortInspection;
using UserProxy.Model;

namespace UserProxy.Linux.Tests.PortInspection;

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
        table.OfPort(
            TransportProtocol.Tcp, port).Single(row => row.State == SocketState.Listen && row.Local.Equals(listener.LocalEndPoint)).ReceiveQueue.ShouldBe(0u);
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

    /// <summary>A file of /proc/net is read in pieces, and what comes and goes between them moves rows: seen on a busy machine.</summary>
    [Fact]
    public void OfPort_FileHasARowTwice_IsOneSocket()
    {
        const string Waiting = ":1F90 0100007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 0 1 0000000000000000 20 4 0 10 -1";
        const string Listener = ":1F90 00000000:0000 0A 00000000:00000001 00:00000000 00000000     0        0 {0} 1 0000000000000000 100 0 0 10 0";
        var folder = Directory.CreateTempSubdirectory();
        File.WriteAllLines(
            Path.Combine(folder.FullName, "tcp"),
            [
                "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode",
                "   0: 0100007F" + Listener.Replace("{0}", "71", StringComparison.Ordinal),
                "   1: 0100007F" + Listener.Replace("{0}", "72", StringComparison.Ordinal),
                "   2: 0100007F" + Waiting,
                "   3: 0100007F" + Waiting,
            ]);
        using var table = SocketTable.Open(folder.FullName, netlink: false);

        var rows = table.OfPort(TransportProtocol.Tcp, 8080);

        rows.Select(row => (row.State, row.Inode)).ShouldBe([(SocketState.Listen, 71), (SocketState.Listen, 72), (SocketState.Established, 0)]);
        folder.Delete(recursive: true);
    }

    [Fact]
    public void OfPort_NeitherWayWorks_SaysWhy()
    {
        using var table = SocketTable.Open("/nonexistent", netlink: false);

        table.OfPort(TransportProtocol.Tcp, 80).ShouldBeEmpty();

        table.Trouble.ShouldNotBeNull().ShouldContain("/nonexistent");
    }
}
