using System.Net;
using UserProxy.Model;
using UserProxy.Policy;

namespace UserProxy.Tests.Policy;

public sealed class DialGuardTests
{
    [Theory]
    [InlineData("10.1.2.3", true)]
    [InlineData("fd00::1", true)]
    [InlineData("127.0.0.1", false)]
    [InlineData("127.9.9.9", false)]
    [InlineData("::1", false)]
    [InlineData("::ffff:127.0.0.1", false)]
    [InlineData("169.254.169.254", false)]
    [InlineData("::ffff:169.254.169.254", false)]
    [InlineData("fe80::1", false)]
    [InlineData("0.0.0.0", false)]
    [InlineData("0.1.2.3", false)]
    [InlineData("::", false)]
    [InlineData("224.0.0.1", false)]
    [InlineData("255.255.255.255", false)]
    [InlineData("ff02::1", false)]
    public void IsAllowedAddress_FromTheApi(string address, bool allowed) =>
        Guard(allowLoopback: false).IsAllowedAddress(IPAddress.Parse(address)).ShouldBe(allowed);

    [Theory]
    [InlineData("127.0.0.1", true)]
    [InlineData("::1", true)]
    [InlineData("169.254.169.254", false)]
    public void IsAllowedAddress_LoopbackAllowed_OpensNothingElse(string address, bool allowed) =>
        Guard(allowLoopback: true).IsAllowedAddress(IPAddress.Parse(address)).ShouldBe(allowed);

    [Theory]
    [InlineData("192.0.2.77", false, false)]
    [InlineData("::ffff:192.0.2.77", false, false)]
    [InlineData("192.0.2.77", true, true)]
    [InlineData("192.0.2.78", false, true)]
    [InlineData("127.0.0.1", true, false)]
    public void IsAllowed_AddressOfThisNode_WhenDeclaredAsHere(string address, bool declaredHere, bool allowed) =>
        Guard(allowLoopback: false).IsAllowed(Shop, Endpoint(address) with { IsLocal = declaredHere }).ShouldBe(allowed);

    [Theory]
    [InlineData("10.1.2.3", false, null)]
    [InlineData("127.0.0.1", false, "a loopback address")]
    [InlineData("169.254.169.254", true, "a link-local address")]
    [InlineData("192.0.2.77", false, "an address of this node, and the endpoint is not declared as on this node")]
    [InlineData("192.0.2.77", true, null)]
    public void RefusalOf_SaysWhy(string address, bool declaredHere, string? why) =>
        Guard(allowLoopback: false).RefusalOf(Shop, Endpoint(address) with { IsLocal = declaredHere }).ShouldBe(why);

    /// <summary>On a control plane node, where the API server's endpoint is the node's own and has no node name.</summary>
    [Theory]
    [InlineData("default", "kubernetes", true)]
    [InlineData("default", "other", false)]
    [InlineData("shop", "kubernetes", false)]
    public void IsAllowed_ApiServerOnThisNode(string space, string name, bool allowed) =>
        Guard(allowLoopback: false).IsAllowed(new(space, name, "https", TransportProtocol.Tcp), Endpoint("192.0.2.77")).ShouldBe(allowed);

    [Fact]
    public void IsAllowed_LoopbackAllowed_OwnAddressesToo() => Guard(allowLoopback: true).IsAllowed(Shop, Endpoint("192.0.2.77")).ShouldBeTrue();

    [Fact]
    public void FaultOf_OwnPortOnLoopback_WouldBeALoop()
    {
        var guard = Guard(allowLoopback: true, NodePort(8080));

        guard.FaultOf(new IPEndPoint(IPAddress.Loopback, 8080)).ShouldBe(ConnectOutcome.Loop);
        guard.FaultOf(new IPEndPoint(IPAddress.Loopback, 8081)).ShouldBeNull();
    }

    [Fact]
    public void FaultOf_OwnPortOnAnotherHost_IsAnEndpointLikeAnyOther()
    {
        var guard = Guard(allowLoopback: false, NodePort(8080));

        guard.FaultOf(new IPEndPoint(IPAddress.Parse("192.0.2.1"), 8080)).ShouldBeNull();
    }

    [Fact]
    public void FaultOf_OwnPortOnAnAddressOfThisNode_WouldBeALoop()
    {
        var guard = Guard(allowLoopback: false, NodePort(8080));

        guard.FaultOf(new IPEndPoint(Own, 8080)).ShouldBe(ConnectOutcome.Loop);
        guard.FaultOf(new IPEndPoint(IPAddress.Parse($"::ffff:{Own}"), 8080)).ShouldBe(ConnectOutcome.Loop);
        guard.FaultOf(new IPEndPoint(Own, 8081)).ShouldBeNull();
    }

    [Theory]
    [InlineData("10.96.0.10")]
    [InlineData("192.0.2.77")]
    [InlineData("fd00::10")]
    public void FaultOf_BoundAtOneAddress_IsALoopThereAtItsOwnPortOnly(string text)
    {
        var address = IPAddress.Parse(text);
        var guard = Guard(allowLoopback: false, new IPEndPoint(address, 80));

        guard.FaultOf(new IPEndPoint(address, 80)).ShouldBe(ConnectOutcome.Loop);
        guard.FaultOf(new IPEndPoint(address, 81)).ShouldBeNull();
        guard.FaultOf(new IPEndPoint(IPAddress.Parse("192.0.2.78"), 80)).ShouldBeNull();
    }

    /// <summary>Somebody else may hold the number in the other family.</summary>
    [Theory]
    [InlineData("0.0.0.0", true, false)]
    [InlineData("::", false, true)]
    public void FaultOf_BoundOnAllOfAFamily_IsALoopInThatFamilyOnly(string wildcard, bool isLoop4, bool isLoop6)
    {
        var guard = Guard(allowLoopback: false, new IPEndPoint(IPAddress.Parse(wildcard), 8080));

        guard.FaultOf(new IPEndPoint(Own, 8080)).ShouldBe(isLoop4 ? ConnectOutcome.Loop : null);
        guard.FaultOf(new IPEndPoint(Own6, 8080)).ShouldBe(isLoop6 ? ConnectOutcome.Loop : null);
        guard.IsOwnListener(new IPEndPoint(Own, 8080)).ShouldBe(isLoop4);
        guard.IsOwnListener(new IPEndPoint(Own6, 8080)).ShouldBe(isLoop6);
    }

    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("192.0.2.77")]
    public void FaultOf_ListenerIsClosed_IsAnEndpointAgain(string address)
    {
        var own = new OwnListeners();
        var guard = new DialGuard(allowLoopback: true, Addresses(), own);
        var bound = new IPEndPoint(IPAddress.Parse(address), 8080);
        guard.FaultOf(new IPEndPoint(Own, 8080)).ShouldBeNull();
        own.Add(bound);
        guard.FaultOf(new IPEndPoint(Own, 8080)).ShouldBe(ConnectOutcome.Loop);
        own.Remove(bound);
        guard.FaultOf(new IPEndPoint(Own, 8080)).ShouldBeNull();
    }

    /// <summary>The next one has bound the address before the one that was closed is forgotten.</summary>
    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("192.0.2.77")]
    public void FaultOf_BoundAgainBeforeItIsForgotten_WouldBeALoop(string address)
    {
        var own = new OwnListeners();
        var guard = new DialGuard(allowLoopback: true, Addresses(), own);
        var bound = new IPEndPoint(IPAddress.Parse(address), 8080);
        own.Add(bound);
        own.Add(bound);
        own.Remove(bound);
        guard.FaultOf(new IPEndPoint(Own, 8080)).ShouldBe(ConnectOutcome.Loop);
        own.Remove(bound);
        guard.FaultOf(new IPEndPoint(Own, 8080)).ShouldBeNull();
    }

    [Theory]
    [InlineData("192.0.2.1", 8080, true)]
    [InlineData("::ffff:192.0.2.1", 8080, true)]
    [InlineData("192.0.2.1", 8081, false)]
    [InlineData("192.0.2.2", 8080, false)]
    public void FaultOf_RouteAloneMakesTheAddressOurs_WouldBeALoop(string address, int port, bool isLoop)
    {
        var asked = new List<IPAddress>();
        var own = new OwnListeners();
        own.Add(NodePort(8080));
        var guard = new DialGuard(allowLoopback: false, new OwnAddresses(() => []), own, address =>
        {
            asked.Add(address);
            return address.Equals(IPAddress.Parse("192.0.2.1"));
        });

        guard.FaultOf(new IPEndPoint(IPAddress.Parse(address), port)).ShouldBe(isLoop ? ConnectOutcome.Loop : null);

        asked.Count.ShouldBe(port == 8080 ? 1 : 0, "the kernel is asked about ports that are served on all addresses alone");
        guard.IsOwnListener(new IPEndPoint(IPAddress.Parse(address), port)).ShouldBeFalse();
        asked.Count.ShouldBe(port == 8080 ? 1 : 0, "the source of a datagram may be forged");
    }

    /// <summary>As of an address and port, and before these are put together.</summary>
    [Theory]
    [InlineData("192.0.2.77", true)]
    [InlineData("::ffff:192.0.2.77", true)]
    [InlineData("10.96.0.10", true)]
    [InlineData("192.0.2.78", false)]
    [InlineData("fd00::77", false)]
    public void IsOwnListener_OfAnEndpoint(string address, bool isOwn)
    {
        var guard = Guard(allowLoopback: false, NodePort(8080), new IPEndPoint(IPAddress.Parse("10.96.0.10"), 8080));

        guard.IsOwnListener(Endpoint(address)).ShouldBe(isOwn);
        guard.IsOwnListener(Endpoint(address) with { Port = 8081 }).ShouldBeFalse();
    }

    private static readonly ServicePortName Shop = new("shop", "web", "", TransportProtocol.Tcp);

    private static Endpoint Endpoint(string address) => new(IPAddress.Parse(address), 8080);

    private static readonly IPAddress Own = IPAddress.Parse("192.0.2.77");

    private static readonly IPAddress Own6 = IPAddress.Parse("fd00::77");

    private static IPEndPoint NodePort(int port) => new(IPAddress.Any, port);

    private static OwnAddresses Addresses()
    {
        var addresses = new OwnAddresses(() => [Own, Own6]);
        addresses.Refresh().ShouldBeTrue();
        return addresses;
    }

    private static DialGuard Guard(bool allowLoopback, params IPEndPoint[] bound)
    {
        var own = new OwnListeners();
        foreach (var listener in bound) own.Add(listener);
        return new DialGuard(allowLoopback, Addresses(), own);
    }
}
