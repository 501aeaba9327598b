using System.Net;
using System.Net.Sockets;
using UserProxy.Model;

namespace UserProxy.Tests.Model;

public class ServiceTableTests
{
    [Fact]
    public void Equals_SameContentOtherRevisionAndOrder_Equal()
    {
        var one = new ServiceTable(1, [Port("a"), Port("b")]);
        var other = new ServiceTable(2, [Port("b"), Port("a")]);
        one.ShouldBe(other);
        one.GetHashCode().ShouldBe(other.GetHashCode());
    }

    [Fact]
    public void Equals_OneEndpointDiffers_NotEqual()
    {
        var one = new ServiceTable(1, [Port("a")]);
        one.ShouldNotBe(new ServiceTable(1, [Port("a", weight: 2)]));
        one.ShouldNotBe(new ServiceTable(1, [Port("a", ready: false)]));
        one.ShouldNotBe(ServiceTable.Empty);
    }

    [Fact]
    public void Equals_IssueMore_NotEqual()
    {
        var issue = new TableIssue("Service shop/a", "BadValue", "weight 0 is not in 1 to 65535");
        new ServiceTable(1, [Port("a")]).ShouldNotBe(new ServiceTable(1, [Port("a")], [issue]));
        new ServiceTable(1, [Port("a")], [issue]).ShouldBe(new ServiceTable(1, [Port("a")], [issue with { }]));
    }

    [Fact]
    public void Ports_OfADualStackService_AreSortedByFamily()
    {
        var four = Port("a");
        var six = Port("a") with { Family = AddressFamily.InterNetworkV6 };

        var table = new ServiceTable(1, [six, four]);

        table.Ports[0].ShouldBeSameAs(four);
        table.Ports[1].ShouldBeSameAs(six);
    }

    /// <summary>Built from fresh objects each time, so that only equality of content can make two of them equal.</summary>
    private static ServicePort Port(string name, int weight = 1, bool ready = true)
    {
        var endpoint = new Endpoint(IPAddress.Parse("10.0.0.1"), 8080) { Weight = weight, Ready = ready };
        return new()
        {
            Name = new("shop", name, "http", TransportProtocol.Tcp),
            Family = AddressFamily.InterNetwork,
            Listeners = [new(ListenerKind.ClusterIP, IPAddress.Parse("10.96.0.1"), 80)],
            Endpoints = [endpoint],
            ClusterEndpoints = ready ? [endpoint] : [],
        };
    }
}
