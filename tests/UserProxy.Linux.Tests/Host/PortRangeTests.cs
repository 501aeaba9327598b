using UserProxy.Linux.Host;

namespace UserProxy.Linux.Tests.Host;

public sealed class PortRangeTests
{
    [Theory]
    [InlineData("32768\t60999\n", "32768-60999")]
    [InlineData("1024 65535", "1024-65535")]
    [InlineData("", "32768-60999")]
    [InlineData("1 2 3", "32768-60999")]
    [InlineData("9 5", "32768-60999")]
    [InlineData("1 70000", "32768-60999")]
    public void Parse_TextOfTheKernel_OrItsDefault(string text, string expected) => PortRange.Parse(text).ToString().ShouldBe(expected);
}
