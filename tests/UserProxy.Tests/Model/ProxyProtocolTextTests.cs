using System.Net;
using UserProxy.Model;

namespace UserProxy.Tests.Model;

public sealed class ProxyProtocolTextTests
{
    [Theory]
    [InlineData("none", "none")]
    [InlineData("crc32c", "crc32c")]
    [InlineData("service-name, crc32c", "crc32c,service-name")]
    [InlineData("crc32c,crc32c", "crc32c")]
    public void Options_AreReadAndShown(string text, string shown)
    {
        ProxyProtocolText.TryParseOptions(text, out var options).ShouldBeTrue();
        ProxyProtocolText.Of(options).ShouldBe(shown);
    }

    [Theory]
    [InlineData("")]
    [InlineData("crc32c,")]
    [InlineData("none,crc32c")]
    [InlineData("CRC32C")]
    public void Options_OthersAreNone(string text) => ProxyProtocolText.TryParseOptions(text, out _).ShouldBeFalse();

    [Theory]
    [InlineData("10.0.0.5/32", "10.0.0.5/32")]
    [InlineData("10.0.0.0/8, fd00::/8", "10.0.0.0/8,fd00::/8")]
    [InlineData("none", "none")]
    public void Balancers_AreReadAndShown(string text, string shown)
    {
        ProxyProtocolText.TryParseBalancers(text, out var balancers).ShouldBeTrue();
        ProxyProtocolText.Of(balancers).ShouldBe(shown);
    }

    [Theory]
    [InlineData("")]
    [InlineData("10.0.0.5")]
    [InlineData("10.0.0.0/8,")]
    [InlineData("10.0.0.0/33")]
    [InlineData("none,10.0.0.0/8")]
    public void Balancers_OthersAreNone(string text) => ProxyProtocolText.TryParseBalancers(text, out _).ShouldBeFalse();

    [Theory]
    [InlineData("v1", true)]
    [InlineData("v2", true)]
    [InlineData("none", true)]
    [InlineData("V1", false)]
    [InlineData("", false)]
    [InlineData("2", false)]
    public void Version_IsReadAndShown(string text, bool known)
    {
        ProxyProtocolText.TryParseVersion(text, out var version).ShouldBe(known);
        if (known) ProxyProtocolText.Of(version).ShouldBe(text);
    }

    [Theory]
    [InlineData("10.0.0.5", true)]
    [InlineData("::ffff:10.0.0.5", true)]
    [InlineData("10.0.0.6", false)]
    [InlineData("fd00::5", true)]
    public void IsBalancer_OfEitherFamily(string address, bool listed)
    {
        ProxyProtocolText.TryParseBalancers("10.0.0.5/32,fd00::/8", out var balancers).ShouldBeTrue();
        (ServiceSettings.Default with { AcceptProxyProtocol = balancers }).IsBalancer(IPAddress.Parse(address)).ShouldBe(listed);
        ServiceSettings.Default.IsBalancer(IPAddress.Parse(address)).ShouldBeFalse();
    }
}
