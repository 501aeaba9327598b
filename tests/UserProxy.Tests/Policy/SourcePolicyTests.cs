using System.Net;
using System.Net.Sockets;
using UserProxy.Model;
using UserProxy.Policy;
using UserProxy.Scheduling;

namespace UserProxy.Tests.Policy;

public sealed class SourcePolicyTests
{
    private static readonly IPAddress Client = IPAddress.Parse("203.0.113.7"), NodeAddress = IPAddress.Parse("192.0.2.1"), Pod = IPAddress.Parse("10.244.1.5");

    /// <summary>By the setting; without one as Kubernetes promises, which is by the policy of the address.</summary>
    [Theory]
    [InlineData(null, TrafficPolicy.Cluster, TrafficPolicy.Cluster, ListenerKind.NodePort, false)]
    [InlineData(null, TrafficPolicy.Cluster, TrafficPolicy.Local, ListenerKind.NodePort, true)]
    [InlineData(null, TrafficPolicy.Cluster, TrafficPolicy.Local, ListenerKind.LoadBalancer, true)]
    [InlineData(null, TrafficPolicy.Cluster, TrafficPolicy.Local, ListenerKind.ClusterIP, false)]
    [InlineData(null, TrafficPolicy.Local, TrafficPolicy.Cluster, ListenerKind.ClusterIP, true)]
    [InlineData(ClientAddressUse.Node, TrafficPolicy.Local, TrafficPolicy.Local, ListenerKind.NodePort, false)]
    [InlineData(ClientAddressUse.Keep, TrafficPolicy.Cluster, TrafficPolicy.Cluster, ListenerKind.ClusterIP, true)]
    public void IsAsked_BySettingThenByPolicy(ClientAddressUse? use, TrafficPolicy inside, TrafficPolicy outside, ListenerKind kind, bool isAsked)
    {
        var port = Port(use) with { InternalPolicy = inside, ExternalPolicy = outside };

        SourcePolicy.IsAsked(port, kind).ShouldBe(isAsked);
    }

    /// <summary>Nothing is added to a node for endpoints of others.</summary>
    [Theory]
    [InlineData(ClientAddressUse.Keep, true, true)]
    [InlineData(ClientAddressUse.Keep, false, false)]
    [InlineData(null, true, false)]
    [InlineData(ClientAddressUse.Node, true, false)]
    public void IsWanted_WhereAnEndpointIsHere(ClientAddressUse? use, bool isLocal, bool isWanted) =>
        SourcePolicy.IsWanted(Port(use, isLocal)).ShouldBe(isWanted);

    [Theory]
    [InlineData("203.0.113.7", "10.244.1.5", true, AnswerPath.Routed, SourceVerdict.Kept)]
    [InlineData("203.0.113.7", "10.244.1.5", true, AnswerPath.Bridged, SourceVerdict.Kept)]
    [InlineData("203.0.113.7", "10.244.1.5", true, AnswerPath.Elsewhere, SourceVerdict.OtherWay)]
    [InlineData("203.0.113.7", "10.244.1.5", true, AnswerPath.Own, SourceVerdict.OwnClient)]
    [InlineData("203.0.113.255", "10.244.1.5", true, AnswerPath.Nobody, SourceVerdict.SpecialClient)]
    [InlineData("203.0.113.7", "10.244.1.5", false, AnswerPath.Routed, SourceVerdict.Remote)]
    [InlineData("203.0.113.7", "192.0.2.1", true, AnswerPath.Routed, SourceVerdict.OwnEndpoint)]
    [InlineData("192.0.2.1", "10.244.1.5", true, AnswerPath.Routed, SourceVerdict.OwnClient)]
    [InlineData("127.0.0.1", "10.244.1.5", true, AnswerPath.Routed, SourceVerdict.OwnClient)]
    [InlineData("10.96.0.1", "10.244.1.5", true, AnswerPath.Routed, SourceVerdict.OwnClient)]
    [InlineData("10.96.0.2", "10.244.1.5", true, AnswerPath.Routed, SourceVerdict.VirtualIP)]
    [InlineData("10.244.1.5", "10.244.1.5", true, AnswerPath.Routed, SourceVerdict.Hairpin)]
    [InlineData("2001:db8::7", "10.244.1.5", true, AnswerPath.Routed, SourceVerdict.OtherFamily)]
    [InlineData("224.0.0.1", "10.244.1.5", true, AnswerPath.Routed, SourceVerdict.SpecialClient)]
    [InlineData("0.0.0.0", "10.244.1.5", true, AnswerPath.Routed, SourceVerdict.SpecialClient)]
    public void Of_EachCase(string client, string endpoint, bool isLocal, AnswerPath path, SourceVerdict expected)
    {
        var policy = Policy(new Sources(path));
        var caller = new Caller(ListenerKind.ClusterIP, IPAddress.Parse(client), IPAddress.Parse("10.96.0.1"));
        var dialled = new Endpoint(IPAddress.Parse(endpoint), 80) { IsLocal = isLocal };

        policy.Of(Port(ClientAddressUse.Keep), caller, dialled).ShouldBe(expected);

        // What dials go by says the same.
        var state = new EndpointState(dialled.EndPoint) { IsLocal = isLocal };
        var origin = new IPEndPoint(caller.Client, 40000);
        var source = policy.SourceFor(Port(ClientAddressUse.Keep), caller, origin, state);
        source.ShouldBe(expected == SourceVerdict.Kept ? new DialSource(origin, path == AnswerPath.Bridged) : null);
    }

    [Fact]
    public void Of_NotReady_IsUnavailable()
    {
        var policy = Policy(new Sources(AnswerPath.Routed) { Ready = false });

        policy.Of(Port(ClientAddressUse.Keep), new Caller(ListenerKind.NodePort, Client, NodeAddress), new Endpoint(Pod, 80) { IsLocal = true })
            .ShouldBe(SourceVerdict.Unavailable);
    }

    private static SourcePolicy Policy(ITransparentSources sources)
    {
        var own = new OwnAddresses(() => [NodeAddress]);
        own.Refresh();
        return new SourcePolicy(own, sources) { VirtualIPs = new HashSet<IPAddress> { IPAddress.Parse("10.96.0.2") } };
    }

    private static ServicePort Port(ClientAddressUse? use, bool isLocal = true) => new()
    {
        Name = new ServicePortName("d", "web", "", TransportProtocol.Tcp),
        Family = AddressFamily.InterNetwork,
        Settings = new ServiceSettings { ClientAddress = use },
        Listeners = [new ListenAddress(ListenerKind.NodePort, IPAddress.Any, 30000)],
        Endpoints = [new Endpoint(Pod, 80) { IsLocal = isLocal }],
    };

    private sealed class Sources(AnswerPath path) : ITransparentSources
    {
        public bool Ready { get; init; } = true;

        public ValueTask UseAsync(CancellationToken cancellation) => default;

        public bool IsReady(AddressFamily family) => Ready;

        public string? Obstacle(AddressFamily family) => Ready ? null : "no right";

        public AnswerPath PathOf(IPAddress endpoint, IPAddress client) => path;
    }
}
