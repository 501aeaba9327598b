using System.Net;
using UserProxy.Linux.Host;
using UserProxy.Linux.VirtualIPs;

namespace UserProxy.Linux.Tests.VirtualIPs;

public sealed class GuardScriptTests
{
    private static readonly IPAddress Four = IPAddress.Parse("10.96.0.1");
    private static readonly IPAddress Six = IPAddress.Parse("fd96::1");

    [Fact]
    public void Create_Addresses_AreInTheSetsOfTheirFamily()
    {
        string script = GuardScript.Create([Four, Six], new PortRange(32768, 60999));

        script.Split('\n').Count(line => line.Trim() == "elements = { 10.96.0.1 }").ShouldBe(2); // inet and arp
        script.Split('\n').Count(line => line.Trim() == "elements = { fd96::1 }").ShouldBe(1);
        script.ShouldContain("udp dport 32768-60999 accept");
    }

    [Fact]
    public void Create_FirstDeletesWhatWasThere()
    {
        foreach (string table in GuardScript.Tables)
        {
            string script = GuardScript.Create([], new PortRange(1, 2));
            script.IndexOf(
                $"delete table {table}\n", StringComparison.Ordinal).ShouldBeInRange(1, script.IndexOf($"table {table} {{", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Change_Nothing_IsEmpty() => GuardScript.Change([], []).ShouldBeEmpty();

    [Fact]
    public void Change_BothFamilies_TouchesEachSetOnce() => GuardScript.Change([Four], [Six]).ShouldBe("""
        add element inet userproxy v4 { 10.96.0.1 }
        add element arp userproxy v4 { 10.96.0.1 }
        delete element inet userproxy v6 { fd96::1 }

        """);

    [Theory]
    [InlineData("10.96.0.1", "10.96.0.1")]
    [InlineData("::ffff:10.96.0.1", "10.96.0.1")]
    [InlineData("fd96::1", "fd96::1")]
    [InlineData("0.0.0.0", null)]
    [InlineData("127.0.0.1", null)]
    [InlineData("169.254.169.254", null)]
    [InlineData("224.0.0.1", null)]
    [InlineData("255.255.255.255", null)]
    [InlineData("::ffff:127.0.0.1", null)]
    [InlineData("::", null)]
    [InlineData("::1", null)]
    [InlineData("fe80::1", null)]
    [InlineData("fd96::1%3", null)]
    [InlineData("ff02::1", null)]
    public void Normalise_Special_IsNone(string address, string? expected) =>
        (VirtualIPRange.Normalise(IPAddress.Parse(address))?.ToString()).ShouldBe(expected);
}
