using System.Net;
using UserProxy.Linux.Netlink;

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
}
