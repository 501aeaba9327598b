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

    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(60), Unanswered = TimeSpan.FromSeconds(30) + SessionRig.Grain;

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

    /// <summary>What is owed to a client's port that has gone does not get to another of its ports, for as long as ports rest.</summary>
    [Fact]
    public void Ended_ItsPortRests_AndLateAnswersAreNobodys()
    {
        var left = SendFrom(port: 100);
        var source = SourceOf(left);
        _rig.SweepAfter(Unanswered);
        _service.ShouldHaveEnded((SessionEnd.Unanswered, 1));

        SourceOf(SendFrom(port: 101)).ShouldNotBe(source);
        _rig.SweepAfter(TimeSpan.FromSeconds(1));
        _rig.Answer(left).ShouldBeNull();
        _rig.Services.Unexpected.ShouldBe(1);
        _rig.SweepAfter(Rest - SessionRig.Tick);

        _rig.Sockets.IsOpen(left).ShouldBeTrue("it rests anew from what has come");
        SourceOf(SendFrom(port: 102)).ShouldNotBe(source);
        _rig.SweepAfter(SessionRig.Tick);
        _rig.Sockets.IsOpen(left).ShouldBeFalse();
        SourceOf(SendFrom(port: 103)).ShouldBe(source, "it has rested");
    }

    /// <summary>Its own flow is what late answers are for.</summary>
    [Fact]
    public void Ended_TheSameFlowComesAgain_GoesOnWithItsSocket()
    {
        var before = SendFrom(port: 100);
        _rig.SweepAfter(Unanswered);

        SendFrom(port: 100).ShouldBe(before);

        _rig.Answer(before)!.Value.Client.ShouldBe(UdpService.Flow(1, 100).Client);
        _rig.SweepAfter(Rest - SessionRig.Tick);
        _rig.Sockets.IsOpen(before).ShouldBeTrue();
        _rig.Sockets.Opened.ShouldBe(1);
    }

    /// <summary>What one Service is asked is never answered from another's address.</summary>
    [Fact]
    public void Ended_TheSameClientAsksAnotherService_HasAnotherSocket()
    {
        var other = _rig.Serve(_service.Declared);
        var before = _service.Send(UdpService.Flow(1));
        SourceOf(before).Port.ShouldBe((ushort)40_000);
        _rig.SweepAfter(Unanswered);

        var after = other.Send(UdpService.Flow(1));

        (after == before).ShouldBeFalse();
        SourceOf(after).ShouldNotBe(SourceOf(before));
    }

    /// <summary>No session fails because others rest: they give way, and no other port of the client is given theirs all the same.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ShortOfSockets_RestsGiveWay_AndTheirPortsStillAreNobodyElses(bool isOnAnotherLoop)
    {
        var left = SendFrom(port: 100);
        var source = SourceOf(left);
        _rig.SweepAfter(Unanswered);
        _rig.Sockets.Limit = 1;
        SourceOf(_service.Send(2)).ShouldNotBe(source, "there is no other socket");
        _service.ShouldHaveEnded((SessionEnd.Unanswered, 1));
        _rig.Sockets.Limit = 3;

        SourceOfNext(isOnAnotherLoop).ShouldNotBe(source);

        _service.Has(UdpService.Flow(2)).ShouldBeTrue();
        _service.ShouldHaveDropped();
    }

    /// <summary>Each port that is left is owed something still: better no answer than another's.</summary>
    [Fact]
    public void ShortOfPorts_WhatMustRestIsNotUsed_AndNoSessionPaysForIt()
    {
        _rig.Sockets.Choosable = 2;
        SendFrom(port: 100);
        SendFrom(port: 101);
        _rig.SweepAfter(Unanswered);
        var other = _service.Send(2);

        _service.TrySend(UdpService.Flow(1, 102)).ShouldBeNull();

        _service.ShouldHaveDropped((DatagramDrop.NoPort, 1));
        _service.ShouldHaveEnded((SessionEnd.Unanswered, 2));
        _rig.Answer(other).ShouldNotBeNull();
        SendFrom(port: 101);
        _rig.SweepAfter(Rest);
        SendFrom(port: 102);
    }

    /// <summary>With as many answers as are declared, nothing is owed to the port for long.</summary>
    [Fact]
    public void ShortOfPorts_WhatIsOwedNothing_IsUsedAfterASecond()
    {
        _service.SwapSettings(Keep with { UdpResponses = 1 });
        _rig.Sockets.Choosable = 1;
        _rig.Answer(SendFrom(port: 100)).ShouldNotBeNull();
        _rig.SweepAfter(SessionRig.Linger);
        _service.ShouldHaveEnded((SessionEnd.Responses, 1));

        _service.TrySend(UdpService.Flow(1, 101)).ShouldBeNull();
        _rig.SweepAfter(TimeSpan.FromSeconds(1));

        SendFrom(port: 102);
    }

    private DatagramAddress SourceOf(UpstreamTarget target) => _rig.Sockets.SourceOf(target.Pool, target.Port);

    /// <summary>Of one client; a low port is never the socket's own.</summary>
    private UpstreamTarget SendFrom(int port) => _service.Send(1, port);

    private DatagramAddress SourceOfNext(bool isOnAnotherLoop)
    {
        if (!isOnAnotherLoop) return SourceOf(SendFrom(port: 101));
        var (sockets, sessions) = (new FakeUpstream(), new ListenerSessions(_service.Listener, new object()));
        _rig.Services.CreateTable(loops: 1, sockets).TryForward(sessions, UdpService.Flow(1, 101), 50, _rig.Now, out var target).ShouldBeTrue();
        return sockets.SourceOf(target.Pool, target.Port);
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
