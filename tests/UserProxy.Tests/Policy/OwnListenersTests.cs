using System.Net;
using System.Net.Sockets;
using UserProxy.Policy;

namespace UserProxy.Tests.Policy;

public sealed class OwnListenersTests
{
    [Fact]
    public void HasPort_AtAnyAddressOfTheFamily_UntilTheLastIsClosed()
    {
        var own = new OwnListeners();
        IPEndPoint everywhere = new(IPAddress.Any, 8080), somewhere = new(IPAddress.Parse("10.96.0.10"), 8080);
        own.HasPort(AddressFamily.InterNetwork, 8080).ShouldBeFalse();
        own.Add(everywhere);
        own.Add(somewhere);
        own.Remove(everywhere);
        own.HasPort(AddressFamily.InterNetwork, 8080).ShouldBeTrue();
        own.HasPort(AddressFamily.InterNetwork, 8081).ShouldBeFalse();
        own.HasPort(AddressFamily.InterNetworkV6, 8080).ShouldBeFalse();
        own.Remove(somewhere);
        own.HasPort(AddressFamily.InterNetwork, 8080).ShouldBeFalse();
    }
}
