using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using UserProxy.Tcp;

namespace UserProxy.Tests.Tcp;

public sealed class DialGuardTests
{
    [Theory]
    [InlineData("10.1.2.3", true)]
    [InlineData("fd00::1", true)]
    [InlineData("127.0.0.1", false)]
    [InlineData("127.9.9.9", false)]
    [InlineData("::1", false)]
    [InlineData("::ffff:127.0.0.1", false)]
    [InlineData("169.254.169.254", false)]
    [InlineData("::ffff:169.254.169.254", false)]
    [InlineData("fe80::1", false)]
    [InlineData("0.0.0.0", false)]
    [InlineData("0.1.2.3", false)]
    [InlineData("::", false)]
    [InlineData("224.0.0.1", false)]
    [InlineData("255.255.255.255", false)]
    [InlineData("ff02::1", false)]
    public void IsAllowedAddress_FromTheApi(string address, bool allowed) =>
        new DialGuard(allowLoopback: false).IsAllowedAddress(IPAddress.Parse(address)).ShouldBe(allowed);

    [Theory]
    [InlineData("127.0.0.1", true)]
    [InlineData("::1", true)]
    [InlineData("169.254.169.254", false)]
    public void IsAllowedAddress_LoopbackAllowed_OpensNothingElse(string address, bool allowed) =>
        new DialGuard(allowLoopback: true).IsAllowedAddress(IPAddress.Parse(address)).ShouldBe(allowed);

    [Fact]
    public void Allows_OwnPortOnLoopback_WouldBeALoop()
    {
        var guard = new DialGuard(allowLoopback: true);
        guard.SetOwnPorts([8080]);

        guard.Allows(new IPEndPoint(IPAddress.Loopback, 8080)).ShouldBeFalse();
        guard.Allows(new IPEndPoint(IPAddress.Loopback, 8081)).ShouldBeTrue();
    }

    [Fact]
    public void Allows_OwnPortOnAnotherHost_IsAnEndpointLikeAnyOther()
    {
        var guard = new DialGuard(allowLoopback: false);
        guard.SetOwnPorts([8080]);

        guard.Allows(new IPEndPoint(IPAddress.Parse("192.0.2.1"), 8080)).ShouldBeTrue();
    }

    [Fact]
    public void Allows_OwnPortOnAnAddressOfThisNode_WouldBeALoop()
    {
        var own = NetworkInterface.GetAllNetworkInterfaces()
            .SelectMany(i => i.GetIPProperties().UnicastAddresses)
            .Select(a => a.Address)
            .FirstOrDefault(a => a.AddressFamily == AddressFamily.InterNetwork && !IPAddress.IsLoopback(a) && !a.ToString().StartsWith("169.254.", StringComparison.Ordinal));
        Assert.SkipWhen(own is null, "this host has no address but loopback");
        var guard = new DialGuard(allowLoopback: false);
        guard.SetOwnPorts([8080]);

        guard.Allows(new IPEndPoint(own, 8080)).ShouldBeFalse();
        guard.Allows(new IPEndPoint(own, 8081)).ShouldBeTrue();
    }
}
