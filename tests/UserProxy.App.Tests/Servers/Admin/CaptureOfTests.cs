using System.Net;
using UserProxy.App.Servers.Admin;
using UserProxy.Model;

namespace UserProxy.App.Tests.Servers.Admin;

public sealed class CaptureOfTests
{
    [Theory]
    [InlineData(
        "192.0.2.7:51234", "10.0.0.5:30080", "tcp and host 192.0.2.7 and host 10.0.0.5 and port 51234 and port 30080",
        "ip.addr == 192.0.2.7 && ip.addr == 10.0.0.5 && tcp.port == 51234 && tcp.port == 30080")]
    [InlineData(
        "127.0.0.1:51234", "127.0.0.1:80", "tcp and host 127.0.0.1 and port 51234 and port 80",
        "ip.addr == 127.0.0.1 && tcp.port == 51234 && tcp.port == 80")]
    [InlineData(
        "[fe80::1%3]:1", "[2001:db8::5]:2", "tcp and host fe80::1 and host 2001:db8::5 and port 1 and port 2",
        "ipv6.addr == fe80::1 && ipv6.addr == 2001:db8::5 && tcp.port == 1 && tcp.port == 2")]
    public void Leg_Tcp(string one, string other, string tcpdump, string wireshark)
    {
        var filter = CaptureOf.Leg(TransportProtocol.Tcp, IPEndPoint.Parse(one), IPEndPoint.Parse(other));

        (filter.Tcpdump, filter.Wireshark).ShouldBe((tcpdump, wireshark));
    }

    [Fact]
    public void Leg_UdpOfWhichOnlyThePortIsKnown()
    {
        var filter = CaptureOf.Leg(TransportProtocol.Udp, new IPEndPoint(IPAddress.Any, 40000), IPEndPoint.Parse("10.244.1.7:53"));

        (filter.Tcpdump, filter.Wireshark).ShouldBe(
            ("udp and host 10.244.1.7 and port 40000 and port 53", "ip.addr == 10.244.1.7 && udp.port == 40000 && udp.port == 53"));
    }
}
