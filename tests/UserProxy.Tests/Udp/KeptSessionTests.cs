using System.Net;
using System.Net.Sockets;
using UserProxy.Model;
using UserProxy.Policy;
using UserProxy.Tests.Scheduling;
using UserProxy.Udp;

namespace UserProxy.Tests.Udp;

/// <summary>Sessions whose endpoint sees the client's address: how they begin, and that they end when it is not kept any more.</summary>
public sealed class KeptSessionTests
{
    private static readonly ServiceSettings Keep = new() { ClientAddress = ClientAddressUse.Keep };

    private readonly Sources _sources = new();
    private readonly SessionRig _rig;
    private readonly UdpService _service;

    public KeptSessionTests()
    {
        _rig = new SessionRig(sources: _sources);
        _service = _rig.Serve(UdpService.Port([Sets.Endpoint(1) with { IsLocal = true }], Keep));
    }

    [Fact]
    public void SettingIsNode_EndsNow_AndTheNextDatagramComesFromTheNode()
    {
        _service.Send(1).Pool.IsKept.ShouldBeTrue();

        _service.SwapSettings(Keep with { ClientAddress = ClientAddressUse.Node });
        _service.Revalidate();

        _service.ShouldHaveEnded((SessionEnd.ClientAddress, 1));
        _service.Send(1).Pool.IsKept.ShouldBeFalse();
    }

    [Fact]
    public void SettingStays_GoesOn()
    {
        var before = _service.Send(1);

        _service.SwapSettings(Keep with { MaxConnections = 5 });
        _service.Revalidate();

        _service.Send(1).ShouldBe(before);
    }

    /// <summary>Rules are gone for good: answers go past the node, and only the client knows that it is not answered.</summary>
    [Fact]
    public void GivenUp_TheNextDatagramComesFromTheNode()
    {
        _service.Send(1).Pool.IsKept.ShouldBeTrue();

        (_sources.Ready, _sources.Why) = (false, "no right");

        _service.Send(1).Pool.IsKept.ShouldBeFalse();
        _service.ShouldHaveEnded((SessionEnd.ClientAddress, 1));
    }

    /// <summary>After a hand-over it may take a moment; what the predecessor has added is there still.</summary>
    [Fact]
    public void NotYetFoundOut_GoesOn()
    {
        var before = _service.Send(1);

        _sources.Ready = false;
        _service.Revalidate();

        _service.Send(1).ShouldBe(before);
    }

    [Fact]
    public void Refused_EndsNoOtherSession()
    {
        _service.Send(1);
        _rig.Sockets.Refuses = true;

        _service.TrySend(UdpService.Flow(2)).ShouldBeNull();

        _service.Has(UdpService.Flow(1)).ShouldBeTrue();
        _service.ShouldHaveEnded();
        _service.ShouldHaveDropped((DatagramDrop.SendFailed, 1));
    }

    [Fact]
    public void NoneLeft_TheLeastMakesRoom()
    {
        _service.Send(1);
        _rig.Sockets.Limit = 1;

        _service.Send(2).Pool.IsKept.ShouldBeTrue();

        _service.ShouldHaveEnded((SessionEnd.EvictedPort, 1));
    }

    private sealed class Sources : ITransparentSources
    {
        public bool Ready { get; set; } = true;

        public string? Why { get; set; }

        public ValueTask UseAsync(CancellationToken cancellation) => default;

        public bool IsReady(AddressFamily family) => Ready;

        public string? Obstacle(AddressFamily family) => Why;

        public AnswerPath PathOf(IPAddress endpoint, IPAddress client) => AnswerPath.Routed;
    }
}
