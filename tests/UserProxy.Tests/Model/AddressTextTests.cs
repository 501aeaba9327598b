using UserProxy.Model;

namespace UserProxy.Tests.Model;

public class AddressTextTests
{
    [Theory]
    [InlineData("10.0.0.1", "10.0.0.1")]
    [InlineData("010.000.0.01", "10.0.0.1")]
    [InlineData("099.0.0.1", "99.0.0.1")]
    [InlineData("255.255.255.255", "255.255.255.255")]
    [InlineData("fd00::1", "fd00::1")]
    [InlineData("FD00:0:0:0:0:0:0:1", "fd00::1")]
    [InlineData("::ffff:10.0.0.1", "10.0.0.1")]
    [InlineData("::ffff:a00:1", "10.0.0.1")]
    [InlineData("64:ff9b::10.0.0.1", "64:ff9b::a00:1")]
    public void TryParse_Address_IsNormalised(string text, string expected)
    {
        AddressText.TryParse(text, out var address).ShouldBeTrue();
        address.ToString().ShouldBe(expected);
    }

    [Theory]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("10.0.1")]
    [InlineData("10.0.0.0.1")]
    [InlineData("10.0.0.")]
    [InlineData("10..0.1")]
    [InlineData("256.0.0.1")]
    [InlineData("1000.0.0.1")]
    [InlineData("0x0a.0.0.1")]
    [InlineData("+1.0.0.1")]
    [InlineData(" 10.0.0.1")]
    [InlineData("10.0.0.1\n")]
    [InlineData("١.0.0.1")]
    [InlineData("[::1]")]
    [InlineData("[::1]:80")]
    [InlineData("::1%lo")]
    [InlineData("::1%1")]
    [InlineData("fe80::1/64")]
    [InlineData("1:2:3:4:5:6:7:8:9")]
    [InlineData("localhost")]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000010.0.0.1")]
    public void TryParse_NoAddress_IsRefused(string text) => AddressText.TryParse(text, out _).ShouldBeFalse();
}
