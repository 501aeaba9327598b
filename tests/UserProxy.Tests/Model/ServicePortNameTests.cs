using UserProxy.Model;

namespace UserProxy.Tests.Model;

public class ServicePortNameTests
{
    [Theory]
    [InlineData("http", "shop/web:http")]
    [InlineData("", "shop/web")]
    public void ToString_PortNamedOrNot_AsKubectlWritesIt(string port, string expected) =>
        new ServicePortName("shop", "web", port, TransportProtocol.Tcp).ToString().ShouldBe(expected);

    [Fact]
    public void CompareTo_MixedNames_OrdinalByNamespaceNamePortProtocol()
    {
        ServicePortName[] sorted =
        [
            new("B", "z", "z", TransportProtocol.Udp),
            new("a", "a", "", TransportProtocol.Tcp),
            new("a", "a", "", TransportProtocol.Udp),
            new("a", "a", "b", TransportProtocol.Tcp),
            new("a", "b", "a", TransportProtocol.Tcp),
            new("a-b", "a", "a", TransportProtocol.Tcp),
            new("b", "a", "a", TransportProtocol.Tcp),
        ];
        sorted.Reverse().Order().ShouldBe(sorted);
    }

    [Fact]
    public void Equals_SameNumberOtherProtocol_AreTwoPorts() =>
        new ServicePortName("a", "dns", "dns", TransportProtocol.Tcp).ShouldNotBe(new("a", "dns", "dns", TransportProtocol.Udp));
}
