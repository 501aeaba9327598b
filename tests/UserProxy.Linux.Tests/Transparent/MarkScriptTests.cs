using System.Net;
using UserProxy.Linux.PortInspection;
using UserProxy.Linux.Transparent;

namespace UserProxy.Linux.Tests.Transparent;

public sealed class MarkScriptTests
{
    [Fact]
    public void AddFlows_OfBothFamilies_GatesFirst_EachOnce()
    {
        string script = MarkScript.AddFlows(
        [
            Flow("10.244.3.12", "10.244.3.11", 6, 40000), Flow("10.244.3.13", "10.244.3.11", 17, 40001), Flow("fd00::12", "fd00::11", 6, 40002),
        ]);

        script.ShouldBe("""
            add element bridge userproxy_clients gates4 { 10.244.3.11 : 02:00:00:00:00:01 }
            add element bridge userproxy_clients flows4 { 10.244.3.12 . 10.244.3.11 . 6 . 40000 . 8080, 10.244.3.13 . 10.244.3.11 . 17 . 40001 . 8080 }
            add element bridge userproxy_clients gates6 { fd00::11 : 02:00:00:00:00:01 }
            add element bridge userproxy_clients flows6 { fd00::12 . fd00::11 . 6 . 40002 . 8080 }

            """);
    }

    [Fact]
    public void AddFlows_None_IsNothing() => MarkScript.AddFlows([]).ShouldBe("");

    [Theory]
    [InlineData("bridge a", "table bridge a {\n\tset s {\n\t}\n}\n")]
    [InlineData("bridge a_b", "table bridge a_b {\n}\n")]
    [InlineData("bridge b", null)]
    public void Cut_IsTheTableAlone(string table, string? expected) =>
        MarkScript.Cut("table bridge a_b {\n}\ntable bridge a {\n\tset s {\n\t}\n}\ntable bridge c {\n}\n", table).ShouldBe(expected);

    private static BridgedFlow Flow(string client, string endpoint, byte protocol, int port)
    {
        var address = IPAddress.Parse(client);
        return new(
            address.GetAddressBytes().Length == 16, protocol, DiagMessages.KeyOf(address), DiagMessages.KeyOf(IPAddress.Parse(endpoint)), new(port, 8080),
            "02:00:00:00:00:01");
    }
}
