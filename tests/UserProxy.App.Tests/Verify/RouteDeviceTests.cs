using System.Net;
using System.Net.Sockets;
using UserProxy.App.Verify.Probing;

namespace UserProxy.App.Tests.Verify;

/// <summary>Which interface clients come by, from the routes as the kernel lists them on a little-endian machine.</summary>
public sealed class RouteDeviceTests
{
    private static readonly string[] Four =
    [
        "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT",
        "wlan0\t00000000\t010200C0\t0003\t0\t0\t600\t00000000\t0\t0\t0",
        "eth0\t00000000\t010200C0\t0003\t0\t0\t100\t00000000\t0\t0\t0",
        "eth0\t000200C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0",
        "cali4f2\t050AF40A\t00000000\t0005\t0\t0\t0\tFFFFFFFF\t0\t0\t0",
    ];

    private static readonly string[] Six =
    [
        "fd000000000000000000000000000000 10 00000000000000000000000000000000 00 00000000000000000000000000000000 00000100 00000001 00000000 00000001    eth1",
        "00000000000000000000000000000000 00 00000000000000000000000000000000 00 fe800000000000000000000000000001 00000400 00000001 00000000 00000003    eth0",
        "00000000000000000000000000000000 00 00000000000000000000000000000000 00 00000000000000000000000000000000 ffffffff 00000001 00000000 00200200      lo",
    ];

    [Theory]
    [InlineData("0.0.0.0", "eth0")]
    [InlineData("198.51.100.7", "eth0")]
    [InlineData("10.244.10.5", "cali4f2")]
    [InlineData("10.244.10.6", "eth0")]
    [InlineData("::", "eth0")]
    [InlineData("fd00::7", "eth1")]
    [InlineData("2001:db8::7", "eth0")]
    public void Find_IsTheLongestPrefixOfTheLowestMetric(string address, string device)
    {
        if (!BitConverter.IsLittleEndian) return;
        var to = IPAddress.Parse(address);

        RouteDevice.Find(to.AddressFamily == AddressFamily.InterNetworkV6 ? Six : Four, to).ShouldBe(device);
    }

    [Fact]
    public void Find_WithoutARoute_IsNull()
    {
        RouteDevice.Find(["Iface\tDestination", "nonsense"], IPAddress.Any).ShouldBeNull();
        RouteDevice.Find(["zz 00"], IPAddress.IPv6Any).ShouldBeNull();
        RouteDevice.To(IPAddress.Any, "/nonexistent").ShouldBeNull();
    }

    /// <summary>The client that is asked for comes by its own way, and that may be not known; loopback is none.</summary>
    [Fact]
    public void DeviceOf_IsOfTheClient_OrOfTheDefaultRoute()
    {
        var network = new NodeNetwork([], null, null) { DefaultOfFour = "eth0", DefaultOfSix = "lo" };
        var way = new WayBack(IPAddress.Parse("198.51.100.7"), IPAddress.Parse("192.0.2.1"), "eth0");

        network.DeviceOf(AddressFamily.InterNetwork).ShouldBe("eth0");
        network.DeviceOf(AddressFamily.InterNetworkV6).ShouldBeNull();
        (network with { WayBack = way }).DeviceOf(AddressFamily.InterNetwork).ShouldBeNull();
        (network with { WayBack = way with { Link = "eth1" } }).DeviceOf(AddressFamily.InterNetwork).ShouldBe("eth1");
    }
}
