using System.Net;
using System.Net.Sockets;
using UserProxy.Model;
using UserProxy.Policy;

namespace UserProxy.Tests.Policy;

/// <summary>Nothing to send to (docs/semantics.md 6.1 to 6.4) case by case, and source ranges (docs/semantics.md 7.1 to 7.4).</summary>
public sealed class ListenerPlanTests
{
    private static readonly Endpoint Here = new(IPAddress.Parse("10.0.0.1"), 80) { IsLocal = true };
    private static readonly Endpoint Elsewhere = new(IPAddress.Parse("10.0.1.1"), 80);

    public static TheoryData<ListenerKind> Kinds => [.. Enum.GetValues<ListenerKind>()];

    public static TheoryData<ListenerKind> ExternalKinds => [ListenerKind.NodePort, ListenerKind.LoadBalancer, ListenerKind.ExternalIP];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void For_NoEndpointAnywhere_RefusesWhateverThePolicy(ListenerKind kind)
    {
        foreach (var policy in Enum.GetValues<TrafficPolicy>())
        {
            var plan = ListenerPlan.For(Port([], []) with { InternalPolicy = policy, ExternalPolicy = policy }, kind);
            (plan.Audience, plan.State, plan.Reason).ShouldBe((ListenerAudience.Refused, ListenerState.Refusing, ListenerPlan.NoEndpoint));
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void For_ClusterPolicy_ServesEveryone(ListenerKind kind) =>
        ListenerPlan.For(Port([Elsewhere], []), kind).ShouldBe(new(ListenerAudience.Everyone, ListenerState.Listening, null, []));

    [Theory]
    [MemberData(nameof(Kinds))]
    public void For_LocalPolicyWithLocalEndpoint_ServesEveryone(ListenerKind kind) =>
        ListenerPlan.For(Local(Port([Here, Elsewhere], [Here])), kind).Audience.ShouldBe(ListenerAudience.Everyone);

    [Theory]
    [InlineData(null, ListenerAudience.Refused, ListenerState.Refusing)]
    [InlineData(NoLocalAction.Reject, ListenerAudience.Refused, ListenerState.Refusing)]
    [InlineData(NoLocalAction.Drop, ListenerAudience.Nobody, ListenerState.Dropping)]
    public void For_InternalLocalWithoutLocalEndpoint(NoLocalAction? action, object audience, ListenerState state)
    {
        var plan = ListenerPlan.For(Local(Port([Elsewhere], [], action)), ListenerKind.ClusterIP);
        (plan.Audience, plan.State, plan.Reason).ShouldBe(((ListenerAudience)audience, state, ListenerPlan.NoneHereInternal));
    }

    [Theory]
    [MemberData(nameof(ExternalKinds))]
    public void For_ExternalLocalWithoutLocalEndpoint_DropsOutsiders(ListenerKind kind)
    {
        foreach (NoLocalAction? action in new NoLocalAction?[] { null, NoLocalAction.Drop })
        {
            var plan = ListenerPlan.For(Local(Port([Elsewhere], [], action)), kind);
            (plan.Audience, plan.State, plan.Reason).ShouldBe((ListenerAudience.OwnNode, ListenerState.Dropping, ListenerPlan.NoneHereExternal));
        }
    }

    [Theory]
    [MemberData(nameof(ExternalKinds))]
    public void For_ExternalLocalWithoutLocalEndpoint_Reject_LetsThemInToBeReset(ListenerKind kind)
    {
        var plan = ListenerPlan.For(Local(Port([Elsewhere], [], NoLocalAction.Reject)), kind);
        (plan.Audience, plan.State).ShouldBe((ListenerAudience.Everyone, ListenerState.Refusing));
    }

    [Fact]
    public void For_PolicyOfTheOtherKind_DoesNotMatter()
    {
        var port = Port([Elsewhere], []);
        ListenerPlan.For(port with { ExternalPolicy = TrafficPolicy.Local }, ListenerKind.ClusterIP).Audience.ShouldBe(ListenerAudience.Everyone);
        ListenerPlan.For(port with { InternalPolicy = TrafficPolicy.Local }, ListenerKind.NodePort).Audience.ShouldBe(ListenerAudience.Everyone);
    }

    [Theory]
    [InlineData(ListenerKind.LoadBalancer, true)]
    [InlineData(ListenerKind.NodePort, false)]
    [InlineData(ListenerKind.ClusterIP, false)]
    [InlineData(ListenerKind.ExternalIP, false)]
    public void For_SourceRanges_ApplyToLoadBalancersOnly(ListenerKind kind, bool apply)
    {
        var port = Port([Elsewhere], []) with { SourceRanges = [Block("203.0.113.0/24"), Block("2001:db8::/32")] };
        ListenerPlan.For(port, kind).SourceRanges.ShouldBe(apply ? [Block("203.0.113.0/24")] : []);
    }

    [Fact]
    public void For_SourceRangesOfTheOtherFamilyOnly_AreNone() =>
        ListenerPlan.For(Port([Elsewhere], []) with { SourceRanges = [Block("2001:db8::/32")] }, ListenerKind.LoadBalancer).SourceRanges.Count.ShouldBe(0);

    [Fact]
    public void ToAdmission_Served_IsNone() => Admission(Port([Elsewhere], [])).ShouldBeNull();

    [Fact]
    public void ToAdmission_Nobody_LetsNobodyIn()
    {
        var plan = ListenerPlan.For(Local(Port([Elsewhere], [], NoLocalAction.Drop)), ListenerKind.ClusterIP);
        plan.ToAdmission(IPAddress.Parse("10.96.0.1"), Node).ShouldNotBeNull().Admits(IPAddress.Loopback).ShouldBeFalse();
    }

    [Theory]
    [InlineData("192.0.2.1", true)]
    [InlineData("10.244.3.7", true)]
    [InlineData("127.0.0.9", true)]
    [InlineData("198.51.100.1", true)]
    [InlineData("10.244.4.7", false)]
    [InlineData("203.0.113.5", false)]
    public void ToAdmission_OutsidersDropped_LetsThisNodeIn(string client, bool admitted) =>
        Admission(Local(Port([Elsewhere], []))).ShouldNotBeNull().Admits(IPAddress.Parse(client)).ShouldBe(admitted);

    [Theory]
    [InlineData("203.0.113.5", true)]
    [InlineData("203.0.114.5", false)]
    [InlineData("192.0.2.1", false)]
    [InlineData("198.51.100.1", false)]
    public void ToAdmission_SourceRanges_AreNotWidenedForThisNode(string client, bool admitted) =>
        Admission(Port([Elsewhere], []) with { SourceRanges = [Block("203.0.113.0/24")] }).ShouldNotBeNull().Admits(IPAddress.Parse(client)).ShouldBe(admitted);

    [Fact]
    public void ToAdmission_SourceRangesAllowNodes_TheVirtualIPIsOneOfThem() =>
        Admission(Port([Elsewhere], []) with { SourceRanges = [Block("192.0.2.0/24")] }).ShouldNotBeNull().Admits(Virtual).ShouldBeTrue();

    [Fact]
    public void ToAdmission_SourceRangesAndNoLocalEndpoint_BothMustAdmit()
    {
        var admission = Admission(Local(Port([Elsewhere], [])) with { SourceRanges = [Block("10.244.3.0/25")] }).ShouldNotBeNull();
        admission.Admits(IPAddress.Parse("10.244.3.7")).ShouldBeTrue();
        admission.Admits(IPAddress.Parse("10.244.3.200")).ShouldBeFalse();
        admission.Admits(IPAddress.Parse("192.0.2.1")).ShouldBeFalse();
    }

    [Fact]
    public void ToAdmission_SourceRangesAndLoadBalancers_TheKernelLetsBothInAndToldClientsMustBeInTheRanges()
    {
        var accepting = ServiceSettings.Default with { AcceptProxyProtocol = [Block("10.9.0.5/32")] };
        var port = Port([Elsewhere], []) with { SourceRanges = [Block("203.0.113.0/24"), Block("2001:db8::/32")], Settings = accepting };
        var admission = Admission(port).ShouldNotBeNull();

        new[] { "203.0.113.5", "10.9.0.5", "10.9.0.6", "192.0.2.1" }.Select(client => admission.Admits(IPAddress.Parse(client)))
            .ShouldBe([true, true, false, false]);
        // Of either family: a load balancer may tell of both.
        new[] { "203.0.113.5", "10.9.0.5", "2001:db8::1", "2001:db9::1" }.Select(client => admission.AdmitsTold(IPAddress.Parse(client)))
            .ShouldBe([true, false, true, false]);
    }

    [Fact]
    public void ToAdmission_OnlyRangesOfTheOtherFamily_AreAskedForToldClientsAlone()
    {
        var accepting = ServiceSettings.Default with { AcceptProxyProtocol = [Block("10.9.0.5/32")] };
        var admission = Admission(Port([Elsewhere], []) with { SourceRanges = [Block("2001:db8::/32")], Settings = accepting }).ShouldNotBeNull();

        admission.Admits(IPAddress.Parse("203.0.113.5")).ShouldBeTrue();
        admission.AdmitsTold(IPAddress.Parse("203.0.113.5")).ShouldBeFalse();
    }

    /// <summary>Without an endpoint here a load balancer from outside is as an outsider.</summary>
    [Fact]
    public void ToAdmission_LoadBalancersAndNoLocalEndpoint_LetsThisNodeInAlone()
    {
        var accepting = ServiceSettings.Default with { AcceptProxyProtocol = [Block("10.9.0.5/32")] };
        var admission = Admission(Local(Port([Elsewhere], [])) with { SourceRanges = [Block("192.0.2.0/24")], Settings = accepting }).ShouldNotBeNull();

        admission.Admits(IPAddress.Parse("10.9.0.5")).ShouldBeFalse();
        admission.Admits(IPAddress.Parse("192.0.2.1")).ShouldBeTrue();
    }

    [Fact]
    public void For_LoadBalancersOfAUdpPort_ChangeNothing()
    {
        var accepting = ServiceSettings.Default with { AcceptProxyProtocol = [Block("10.9.0.5/32")] };
        var port = Port([Elsewhere], []) with { SourceRanges = [Block("203.0.113.0/24")] };
        port = port with { Name = port.Name with { Protocol = TransportProtocol.Udp } };

        ListenerPlan.For(port with { Settings = accepting }, ListenerKind.LoadBalancer).ShouldBe(ListenerPlan.For(port, ListenerKind.LoadBalancer));
    }

    private static readonly IPAddress Virtual = IPAddress.Parse("198.51.100.1");

    private static readonly NodeScope Node = new([IPAddress.Parse("192.0.2.1"), IPAddress.Parse("fd00::1")], [Block("10.244.3.0/24")]);

    private static Admission? Admission(ServicePort port) => ListenerPlan.For(port, ListenerKind.LoadBalancer).ToAdmission(Virtual, Node);

    private static CidrBlock Block(string text) => CidrBlock.TryParse(text, out var block) ? block : throw new ArgumentException(text);

    private static ServicePort Local(ServicePort port) => port with { InternalPolicy = TrafficPolicy.Local, ExternalPolicy = TrafficPolicy.Local };

    private static ServicePort Port(ValueList<Endpoint> cluster, ValueList<Endpoint> local, NoLocalAction? action = null) => new()
    {
        Name = new("shop", "web", "http", TransportProtocol.Tcp),
        Family = AddressFamily.InterNetwork,
        Settings = new() { NoLocalAction = action },
        Endpoints = cluster,
        ClusterEndpoints = cluster,
        LocalEndpoints = local,
        HasEndpoints = cluster.Count > 0,
    };
}
