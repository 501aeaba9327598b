using System.Net;
using UserProxy.Linux.PortInspection;

namespace UserProxy.Linux.Tests.PortInspection;

public sealed class ProcNetTests
{
    private const string Listener =
        "   0: 00000000000000000000000000000000:7580 00000000000000000000000000000000:0000 0A 00000000:00000001 00:00000000 00000000     0        0 "
            + "28254327 2 0000000091367406 100 0 0 10 0";
    private const string Child =
        "   1: 0000000000000000FFFF00000100007F:7580 0000000000000000FFFF00000100007F:EB56 01 00000000:0000000A 00:00000000 00000000  1000        0 0 1 "
            + "000000009ebc07f4 20 4 30 10 -1";
    private const string Udp =
        "13751: 0100007F:14E9 00000000:0000 07 00000000:00001200 00:00000000 00000000     0        0 28254329 2 000000004438b0a7 7      ";

    [Fact]
    public void ReadLine_Listener_HasQueueAndNoBacklog()
    {
        var row = ProcNet.ReadLine(Listener, udp: false, SocketPorts.At(30080)).ShouldNotBeNull();

        row.ShouldBe(new SocketRow(SocketState.Listen, new IPEndPoint(IPAddress.IPv6Any, 30080), new IPEndPoint(IPAddress.IPv6Any, 0), 1, null, 0, 28254327));
    }

    [Fact]
    public void ReadLine_MappedChild_IsIPv4AndUnaccepted()
    {
        var row = ProcNet.ReadLine(Child, udp: false, SocketPorts.PeersOf(60246)).ShouldNotBeNull();

        row.ShouldBe(new SocketRow(SocketState.Established, IPEndPoint.Parse("127.0.0.1:30080"), IPEndPoint.Parse("127.0.0.1:60246"), 10, 0, 1000, 0));
        row.IsUnaccepted.ShouldBeTrue();
    }

    [Fact]
    public void ReadLine_Udp_HasDrops() => ProcNet.ReadLine(Udp, udp: true, SocketPorts.At(5353)).ShouldNotBeNull().Drops.ShouldBe(7u);

    [Fact]
    public void ReadLine_RequestThatWaitsForAnAck_IsSynReceived() =>
        ProcNet.ReadLine(
            Child.Replace(" 01 ", " 0C ", StringComparison.Ordinal), udp: false, SocketPorts.At(30080))!.Value.State.ShouldBe(SocketState.SynReceived);

    [Theory]
    [InlineData(
        "  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode")]
    [InlineData("")]
    [InlineData("   0: 0100007F:7580 00000000:0000 0A 00000000 00:00000000 00000000     0        0 1 2")]
    [InlineData("   0: 0100007F:17580 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 2")]
    [InlineData("   0: 0100007:7580 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 2")]
    public void ReadLine_NoSocket_IsNone(string line) => ProcNet.ReadLine(line, udp: false, SocketPorts.At(0)).ShouldBeNull();

    [Fact]
    public void ReadLine_OtherPort_IsNone() => ProcNet.ReadLine(Listener, udp: false, SocketPorts.At(30081)).ShouldBeNull();
}
