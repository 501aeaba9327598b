using System.Net;
using UserProxy.Linux.Netlink;
using UserProxy.Linux.VirtualIPs;

namespace UserProxy.Linux.Tests.Netlink;

public sealed class RouteLookupTests
{
    /// <summary>127.0.0.0/8 is the one AnyIP route that every node has; no interface has 127.9.9.9.</summary>
    [Theory]
    [InlineData("127.0.0.1", true)]
    [InlineData("127.9.9.9", true)]
    [InlineData("::1", true)]
    [InlineData("192.0.2.99", false)]
    [InlineData("2001:db8::99", false)]
    [InlineData("224.0.0.1", false)]
    public void IsLocal_AsTheKernelRoutes(string address, bool isLocal) => RouteLookup.IsLocal(IPAddress.Parse(address)).ShouldBe(isLocal);

    [Fact]
    public void WriteLookup_WithPorts_HasThemInNetworkOrder()
    {
        var buffer = new byte[256];

        int length = RouteMessages.WriteLookup(buffer, IPAddress.Parse("192.0.2.1"), sequence: 1, protocol: 6, source: 30080, target: 8080);

        Convert.ToHexString(buffer.AsSpan(0, length)[^24..]).ShouldBe("05001B0006000000" + "06001C0075800000" + "06001D001F900000");
        BitConverter.ToInt32(buffer).ShouldBe(length);
    }
}
