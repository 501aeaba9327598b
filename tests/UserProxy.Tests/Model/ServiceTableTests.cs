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
    public void Find_DualStackService_OneForEachFamily()
    {
        var four = Port("a");
        var six = Port("a") with { Family = AddressFamily.InterNetworkV6 };
        var table = new ServiceTable(1, [six, four]);
        table.Find(four.Name, AddressFamily.InterNetwork).ShouldBeSameAs(four);
        table.Find(four.Name, AddressFamily.InterNetworkV6).ShouldBeSameAs(six);
        table.Ports[0].ShouldBeSameAs(four);
    }

    [Fact]
    public void Find_UnknownNameOrProtocol_Null()
    {
        var table = new ServiceTable(1, [Port("a")]);
        table.Find(Port("b").Name, AddressFamily.InterNetwork).ShouldBeNull();
        table.Find(Port("a").Name with { Protocol = TransportProtocol.Udp }, AddressFamily.InterNetwork).ShouldBeNull();
        table.Find(Port("a").Name, AddressFamily.InterNetworkV6).ShouldBeNull();
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
