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
