using UserProxy.Model;
using UserProxy.Tests.Scheduling;
using UserProxy.Udp;

namespace UserProxy.Tests.Udp;

/// <summary>
/// A server on all addresses of its host answers from another than it was asked at: no client gets what it says to another one, and where hosts are known to be
/// different, ports are shared.
/// </summary>
public sealed class OneHostTests
{
    private const int Clients = 20;

    private readonly SessionRig _rig = new();

    /// <summary>Whether the endpoints of numbers 0 and 1 are the same Pod's, no Pod's, or one of each; of one Service or of two.</summary>
    public static TheoryData<ulong, ulong, bool> MaybeOneHost { get; } = new(
        from pods in ((ulong, ulong)[])[(0, 0), (7, 7), (7, 0), (0, 7)]
        from isOneService in new[] { true, false }
        select new TheoryDataRow<ulong, ulong, bool>(pods.Item1, pods.Item2, isOneService));

    [Theory]
    [MemberData(nameof(MaybeOneHost))]
    public void TryAnswer_FromTheOtherAddress_IsForNobody(ulong pod0, ulong pod1, bool isOneService)
    {
        var asked = AskBoth(pod0, pod1, isOneService);

        asked.Select(target => (target.Pool, target.Port)).Distinct().Count().ShouldBe(2 * Clients);
        foreach (var target in asked) _rig.Answer(FromTheOther(target)).ShouldBeNull();
        _rig.Services.Unexpected.ShouldBe(2 * Clients);
        foreach (var target in asked) _rig.Answer(target).ShouldNotBeNull();
    }

    /// <summary>The rest is towards all of them, and begins anew with what the other address sends.</summary>
    [Theory]
    [MemberData(nameof(MaybeOneHost))]
    public void TryForward_PortWasLeft_RestsForTheOtherAddressToo(ulong pod0, ulong pod1, bool isOneService)
    {
        var (zero, one) = Serve(pod0, pod1, isOneService);
        var left = Enumerable.Range(
            0, 2 * Clients).Select(client => (client % 2 == 0 ? zero : one).Send(client)).Select(target => (target.Pool, target.Port)).ToHashSet();
        left.Count.ShouldBe(2 * Clients);
        _rig.Table.Detach(zero.Sessions, _rig.Now);
        _rig.Table.Detach(one.Sessions, _rig.Now);
        _rig.SweepAfter(TimeSpan.FromSeconds(60) - SessionRig.Tick);

        for (int client = 100; client < 100 + Clients; client++)
        {
            foreach (var service in new[] { zero, one }) left.ShouldNotContain((service.Send(client).Pool, service.Send(client).Port));
        }
    }

    [Fact]
    public void TryAnswer_AfterTheSession_AStrayFromTheOtherAddressBeginsTheRestAnew()
    {
        var (zero, one) = Serve(0, 0, isOneService: false);
        var target = zero.Send(client: 1);
        _rig.Table.Detach(zero.Sessions, _rig.Now);
        _rig.Advance(59);
        _rig.Answer(FromTheOther(target)).ShouldBeNull();
        _rig.Advance(59);

        one.Send(client: 2).Port.ShouldNotBe(target.Port);
        _rig.Advance(1);
        one.Send(client: 3).Port.ShouldBe(target.Port);
    }

    [Fact]
    public void TryForward_DifferentPods_ShareThePorts()
    {
        var asked = AskBoth(7, 8, isOneService: false);
        asked.Select(target => target.Port).Distinct().Count().ShouldBe(Clients);
        _rig.Sockets.Open().ShouldBe(Clients);
    }

    /// <summary>A server answers from the port that it was asked at.</summary>
    [Fact]
    public void TryForward_NoPodsOfTwoPortNumbers_ShareThePorts()
    {
        var one = _rig.Serve(UdpService.Port([Sets.Endpoint(0) with { Pod = 0 }]));
        var other = _rig.Serve(UdpService.Port([new Endpoint(Sets.Endpoint(1).Address, 9_999)]));
        for (int client = 0; client < Clients; client++) one.Send(client).Port.ShouldBe(other.Send(client).Port);
        _rig.Sockets.Open().ShouldBe(Clients);
    }

    /// <summary>The address of a Pod is named without it, or by another: whatever its ports have been used for counts.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(8)]
    public void TryForward_OneAddressUnderTwoNames_NoPlaceIsGivenTwice(ulong otherPod)
    {
        var one = _rig.Serve(UdpService.Port([Sets.Endpoint(0) with { Pod = 7 }]));
        var other = _rig.Serve(UdpService.Port([Sets.Endpoint(0) with { Pod = otherPod }]));
        var places = Enumerable.Range(0, 2 * Clients).Select(client => (client % 2 == 0 ? one : other).Send(client)).ToList();
        places.Distinct().Count().ShouldBe(2 * Clients);
    }

    /// <summary>Flood of one kind; in the other there are ports.</summary>
    [Fact]
    public void TryForward_PortsTowardsPodsAreUsedUp_OthersAreServed()
    {
        _rig.Sockets.Limit = Clients;
        var pods = _rig.Serve(1);
        var others = _rig.Serve(UdpService.Port([Sets.Endpoint(1) with { Pod = 0 }]));
        for (int client = 0; client < 2 * Clients; client++) pods.TrySend(UdpService.Flow(client));
        pods.Counters.Dropped(DatagramDrop.NoPort).ShouldBe(Clients);

        for (int client = 0; client < Clients; client++) others.Send(client);
    }

    private List<UpstreamTarget> AskBoth(ulong pod0, ulong pod1, bool isOneService)
    {
        var (zero, one) = Serve(pod0, pod1, isOneService);
        var asked = new List<UpstreamTarget>();
        for (int client = 0; client < Clients; client++) asked.AddRange([zero.Send(2 * client), one.Send((2 * client) + 1)]);
        asked.Select(target => target.Endpoint).Distinct().Count().ShouldBe(2);
        return asked;
    }

    private (UdpService Zero, UdpService One) Serve(ulong pod0, ulong pod1, bool isOneService)
    {
        var (zero, one) = (Sets.Endpoint(0) with { Pod = pod0 }, Sets.Endpoint(1) with { Pod = pod1 });
        if (!isOneService) return (_rig.Serve(UdpService.Port([zero])), _rig.Serve(UdpService.Port([one])));
        var both = _rig.Serve(UdpService.Port([zero, one]));
        return (both, both);
    }

    private static UpstreamTarget FromTheOther(UpstreamTarget target) =>
        target with { Endpoint = UdpService.Address(target.Endpoint == UdpService.Address(0) ? 1 : 0) };
}
