using System.Net;
using UserProxy.Policy;

namespace UserProxy.Tests.Policy;

public class InterfaceAddressesTests
{
    [Fact]
    public void ToServeAt_OfThisMachine_HasLoopbackAndNoLinkLocal_InAFixedOrder()
    {
        var addresses = InterfaceAddresses.ToServeAt();

        addresses.ShouldContain(IPAddress.Loopback);
        addresses.ShouldAllBe(address => !address.IsIPv6LinkLocal);
        addresses.Select(address => address.ToString()).ShouldBeInOrder(SortDirection.Ascending, StringComparer.Ordinal);
    }

    [Fact]
    public void All_OfThisMachine_HasThoseToServeAt() => InterfaceAddresses.ToServeAt().ShouldBeSubsetOf(InterfaceAddresses.All());
}
